//! The kernels of feedscore: pure functions of slices. No clock, no I/O, no globals.

#[cfg(feature = "python")]
mod py;
