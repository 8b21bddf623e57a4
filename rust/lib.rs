//! The kernels of feedscore: pure functions of slices. No clock, no I/O, no globals.

pub mod affinity;
pub mod feed_rank;
pub mod matching;
pub mod pgcopy;
#[cfg(feature = "python")]
mod py;
pub mod text;
pub mod threads;
pub mod trending;
