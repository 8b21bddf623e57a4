//! Match score v1: the exact best k candidates of each viewer, with the reasons.
//!
//! `build` puts people in spatial order, in `blocks`; `meet` brings a tile of viewers together with everybody who may be
//! near; `score` scores the pairs that pass, `shortlist` keeps the best, `facts` tells why; `top` runs it all on threads.

#![allow(
    clippy::needless_range_loop,
    reason = "l is the lane in several arrays at once"
)]
#![allow(clippy::needless_bitwise_bool, reason = "vectors have no short cuts")]
#![allow(
    clippy::float_cmp,
    reason = "whole numbers, and ties of equal bits, are meant"
)]
#![allow(
    clippy::inline_always,
    reason = "what runs under a target feature must be inlined to be compiled for it"
)]
#![allow(
    clippy::cast_ptr_alignment,
    reason = "loads and stores of vectors here are those that need no alignment"
)]
#![allow(
    clippy::missing_errors_doc,
    reason = "every error is a fault of an argument, or an interruption"
)]

mod amend;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod blocks;
mod build;
mod check;
mod enter;
pub mod error;
mod evidence;
mod exceptions;
mod facts;
mod homes;
pub mod index;
mod interests;
pub(crate) mod lanes;
mod lists;
mod masks;
mod meet;
mod nearness;
mod order;
mod outlet;
mod places;
pub mod population;
mod ranking;
mod reasons;
mod score;
pub mod seen_by;
mod series;
pub mod settings;
mod shared;
mod shares;
mod shortlist;
pub mod simd;
mod sinks;
#[cfg(target_arch = "x86_64")]
mod sort512;
mod steps;
mod tile;
mod tiles;
pub mod top;
pub(crate) mod vector;
mod vectors;
