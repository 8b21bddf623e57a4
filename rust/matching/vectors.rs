//! Vectors of people, side by side within each block, so that one viewer meets sixteen at once.

use super::lanes::{LANES, Lanes, place};

/// One number of each of sixteen people: a line of the cache.
#[derive(Debug, Clone, Copy, Default)]
#[repr(align(64))]
pub struct Row(pub Lanes);

/// Vectors, each scaled by a power of two so that its length is in [1, 2): cosines stay what they are.
#[derive(Debug, Default)]
pub struct Vectors {
    width: usize,
    /// Block by block, dimension by dimension.
    values: Vec<Row>,
}

impl Vectors {
    /// Vectors of zeros.
    #[must_use]
    pub fn zeros(people: usize, width: usize) -> Self {
        Self {
            width,
            values: vec![Row::default(); people.div_ceil(LANES) * width],
        }
    }

    /// Dimension by dimension, the numbers of the people of a block.
    #[inline(always)]
    #[must_use]
    pub fn block(&self, at: usize) -> &[Row] {
        &self.values[at * self.width..][..self.width]
    }

    /// The numbers of one person.
    pub fn of(&self, position: usize) -> impl Iterator<Item = f32> + Clone + '_ {
        let (block, lane) = place(position);
        self.block(block).iter().map(move |row| row.0[lane])
    }

    /// 1 / the length of the numbers of one person; 0 for zeros.
    #[must_use]
    pub fn inverse_length(&self, position: usize) -> f64 {
        let square: f64 = self.of(position).map(|x| f64::from(x) * f64::from(x)).sum();
        if square > 0.0 {
            1.0 / square.sqrt()
        } else {
            0.0
        }
    }

    /// The numbers of one person, at length 1; or zeros.
    #[must_use]
    pub fn unit(&self, position: usize) -> Vec<f32> {
        let scale = self.inverse_length(position);
        self.of(position)
            .map(|x| (f64::from(x) * scale) as f32)
            .collect()
    }

    /// Put in one person, and tell 1 / the length as stored; 0 for a row of zeros.
    pub fn set(&mut self, position: usize, row: &[f32]) -> f32 {
        let length = row
            .iter()
            .map(|&x| f64::from(x) * f64::from(x))
            .sum::<f64>()
            .sqrt();
        if length == 0.0 {
            return 0.0;
        }
        let scale = (-length.log2().floor()).exp2();
        let (block, lane) = place(position);
        for (to, &x) in self.values[block * self.width..].iter_mut().zip(row) {
            to.0[lane] = (f64::from(x) * scale) as f32;
        }
        (1.0 / (length * scale)) as f32
    }

    /// Bytes on the heap.
    #[must_use]
    pub fn nbytes(&self) -> usize {
        size_of_val(&*self.values)
    }
}
