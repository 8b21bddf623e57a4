//! Sets of places of one user at a time, and lists of places that are met on the way down.

use super::blocks::{BLOCK, Block};

/// A set of places that is emptied without touching all of it.
#[derive(Debug)]
pub struct Marks {
    pub blocks: Vec<Block>,
    touched: Vec<u32>,
}

/// Places that ascend, and are asked for block by block.
#[derive(Debug)]
pub struct Stream<'a> {
    left: &'a [u32],
    /// what the user gives them
    pub weight: f32,
}

impl Marks {
    /// An empty set of places in so many blocks.
    pub fn new(blocks: usize) -> Self {
        Self {
            blocks: vec![Block::default(); blocks],
            touched: Vec::new(),
        }
    }

    /// Put a place in.
    #[inline(always)]
    pub fn insert(&mut self, place: u32) {
        self.blocks[place as usize / BLOCK].insert(place as usize);
        self.touched.push(place);
    }

    /// Whether a place is in.
    #[inline(always)]
    pub fn contains(&self, place: u32) -> bool {
        self.blocks[place as usize / BLOCK].contains(place as usize)
    }

    /// Places put in since it was empty; those put in twice count twice.
    pub fn touched(&self) -> &[u32] {
        &self.touched
    }

    /// Take everything out.
    #[inline(always)]
    pub fn clear(&mut self) {
        for &place in &self.touched {
            self.blocks[place as usize / BLOCK].remove_word(place as usize);
        }
        self.touched.clear();
    }
}

impl<'a> Stream<'a> {
    /// All these places, of one weight.
    #[inline(always)]
    pub fn new(left: &'a [u32], weight: f32) -> Self {
        Self { left, weight }
    }

    /// Call with the places of a block and of those before it, and leave the later ones.
    #[inline(always)]
    pub fn each(&mut self, block: usize, mut call: impl FnMut(usize)) {
        let end = (block + 1) * BLOCK;
        while let Some((&place, rest)) = self.left.split_first() {
            if place as usize >= end {
                break;
            }
            call(place as usize);
            self.left = rest;
        }
    }
}
