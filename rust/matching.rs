//! Match score v1: the exact best k candidates of each viewer, with the reasons.
//!
//! `index` puts people in spatial order; `meet` brings a tile of viewers together with everybody who may be near;
//! `score` scores the pairs that pass, `topk` keeps the best, `facts` tells why; `top` runs it all on threads.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod blocks;
mod build;
pub mod error;
mod facts;
pub mod index;
mod interests;
mod lanes;
mod lists;
mod masks;
mod meet;
mod order;
mod pairs;
mod places;
pub mod population;
mod reasons;
mod score;
pub mod settings;
pub mod simd;
mod sinks;
mod tile;
pub mod top;
mod topk;
mod vector;
mod vectors;
