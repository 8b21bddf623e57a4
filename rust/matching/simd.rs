//! The instruction sets that the same loops are compiled for, and the choice among them at run time.
//!
//! There is one body; each path is an instance of it, with every operation on numbers in the same order, so the bits are
//! the same. The unsafe code here is the call of an instance after its instruction set was found.

#[cfg(target_arch = "x86_64")]
use super::avx2::Avx2;
use super::error::{Error, Result};
use super::facts::Facts;
use super::index::MatchIndex;
use super::lists::{Lists, write_list};
use super::meet::{Sink, meet};
use super::score::Constants;
use super::tile::Tile;
use super::topk::Entry;
use super::vector::Plain;

/// An instruction set that this machine has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Path(Set);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    /// What every machine of the architecture has.
    Plain,
    /// 256-bit vectors.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// 256-bit vectors with the masks and registers of AVX-512.
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Path {
    /// What this machine has, best first.
    #[must_use]
    pub fn available() -> Vec<Self> {
        #[allow(unused_mut)]
        let mut paths = vec![Self(Set::Plain)];
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx2")
                && is_x86_feature_detected!("bmi1")
                && is_x86_feature_detected!("bmi2")
                && is_x86_feature_detected!("lzcnt")
                && is_x86_feature_detected!("popcnt")
            {
                paths.insert(0, Self(Set::Avx2));
                if is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vl")
                {
                    paths.insert(0, Self(Set::Avx512));
                }
            }
        }
        paths
    }

    /// The name that Python uses.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self.0 {
            Set::Plain => "plain",
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => "avx512",
        }
    }

    /// The path of that name, or the best one.
    pub fn choose(name: Option<&str>) -> Result<Self> {
        let paths = Self::available();
        let Some(name) = name else {
            return Ok(paths[0]);
        };
        paths
            .iter()
            .copied()
            .find(|path| path.name() == name)
            .ok_or_else(|| {
                let names: Vec<_> = paths.iter().map(|path| path.name()).collect();
                Error::argument(
                    "simd",
                    name,
                    &format!("this machine has {}", names.join(", ")),
                )
            })
    }

    /// Run `meet` on this path.
    pub fn meet(
        self,
        index: &MatchIndex,
        constants: &Constants,
        tile: &mut Tile,
        sink: &mut impl Sink,
    ) {
        match self.0 {
            Set::Plain => meet::<Plain>(index, constants, tile, sink),
            // SAFETY: `Set::Avx2` is only made by `available`, which found the features of `meet_avx2`.
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => unsafe { meet_avx2(index, constants, tile, sink) },
            // SAFETY: `Set::Avx512` is only made by `available`, which found the features of `meet_avx512`.
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => unsafe { meet_avx512(index, constants, tile, sink) },
        }
    }

    /// Run `write_list` on this path.
    pub fn write_list(
        self,
        index: &MatchIndex,
        facts: Option<&Facts>,
        entries: &[Entry],
        list: &mut Lists<'_>,
    ) {
        match self.0 {
            Set::Plain => write_list::<Plain>(index, facts, entries, list),
            // SAFETY: `Set::Avx2` is only made by `available`, which found the features of `write_list_avx2`.
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => unsafe { write_list_avx2(index, facts, entries, list) },
            // SAFETY: `Set::Avx512` is only made by `available`, which found the features of `write_list_avx512`.
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => unsafe { write_list_avx512(index, facts, entries, list) },
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn write_list_avx2(
    index: &MatchIndex,
    facts: Option<&Facts>,
    entries: &[Entry],
    list: &mut Lists<'_>,
) {
    write_list::<Avx2>(index, facts, entries, list);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512dq,avx512vl")]
fn write_list_avx512(
    index: &MatchIndex,
    facts: Option<&Facts>,
    entries: &[Entry],
    list: &mut Lists<'_>,
) {
    write_list::<Avx2>(index, facts, entries, list);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn meet_avx2(index: &MatchIndex, constants: &Constants, tile: &mut Tile, sink: &mut impl Sink) {
    meet::<Avx2>(index, constants, tile, sink);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512dq,avx512vl")]
fn meet_avx512(index: &MatchIndex, constants: &Constants, tile: &mut Tile, sink: &mut impl Sink) {
    meet::<Avx2>(index, constants, tile, sink);
}
