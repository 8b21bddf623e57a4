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

    /// Dimensions.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Keep those of the first people only, in whole blocks, or have zeros for some more.
    pub fn resize(&mut self, people: usize) {
        let rows = people.div_ceil(LANES) * self.width;
        self.values.resize(rows, Row::default());
    }

    /// The vectors from a block on, to be filled in.
    pub fn after(&mut self, block: usize) -> VectorsMut<'_> {
        VectorsMut {
            width: self.width,
            values: &mut self.values[block * self.width..],
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

    /// Some blocks at a time, to be filled in.
    pub fn parts(&mut self, blocks: usize) -> impl Iterator<Item = VectorsMut<'_>> {
        let width = self.width;
        let mut rest = self.values.as_mut_slice();
        std::iter::repeat_with(move || {
            let taken = std::mem::take(&mut rest);
            let (values, others) = taken.split_at_mut(taken.len().min(blocks * width));
            rest = others;
            VectorsMut { width, values }
        })
    }

    /// Bytes on the heap.
    #[must_use]
    pub fn nbytes(&self) -> usize {
        size_of_val(&*self.values)
    }
}

/// The vectors of some blocks, to be filled in.
#[derive(Debug)]
pub struct VectorsMut<'a> {
    width: usize,
    values: &'a mut [Row],
}

impl VectorsMut<'_> {
    /// Put in one person, and tell 1 / the length as stored; 0 for a row of zeros.
    pub fn set(&mut self, position: usize, row: &[f32]) -> f32 {
        let length = length(row);
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
}

/// The length of a vector: the squares are added in four sums, so that none waits long for another.
fn length(row: &[f32]) -> f64 {
    let mut sums = [0.0; 4];
    let square = |x: f32| f64::from(x) * f64::from(x);
    let (fours, rest) = row.as_chunks::<4>();
    for four in fours {
        for (sum, &x) in sums.iter_mut().zip(four) {
            *sum += square(x);
        }
    }
    for (sum, &x) in sums.iter_mut().zip(rest) {
        *sum += square(x);
    }
    (sums[0] + sums[1] + (sums[2] + sums[3])).sqrt()
}
