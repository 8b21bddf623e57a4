//! The instruction sets that the same loops are compiled for, and the choice among them at run time.
//!
//! There is one body; each path is an instance of it, with every operation on numbers in the same order, so the bits are
//! the same. The unsafe code here is the call of an instance after its instruction set was found.

#[cfg(target_arch = "x86_64")]
use super::avx2::Avx2;
#[cfg(target_arch = "x86_64")]
use super::avx512::Avx512;
use super::error::{Error, Result};
use super::vector::{Plain, Vector};

/// What can be done on any path.
pub trait Work {
    /// Do it with vectors of this kind. To be inlined, so that all of it is compiled for the path.
    fn run<V: Vector>(&mut self);
}

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
    /// 512-bit vectors, as machines have them since Ice Lake and Zen 4.
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
                    && is_x86_feature_detected!("avx512vpopcntdq")
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

    /// Do some work on this path.
    pub fn run(self, work: &mut impl Work) {
        match self.0 {
            Set::Plain => work.run::<Plain>(),
            // SAFETY: `Set::Avx2` is only made by `available`, which found the features of `on_avx2`.
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => unsafe { on_avx2(work) },
            // SAFETY: `Set::Avx512` is only made by `available`, which found the features of `on_avx512`.
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => unsafe { on_avx512(work) },
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn on_avx2(work: &mut impl Work) {
    work.run::<Avx2>();
}

#[cfg(target_arch = "x86_64")]
#[target_feature(
    enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512dq,avx512vl,avx512vpopcntdq"
)]
fn on_avx512(work: &mut impl Work) {
    work.run::<Avx512>();
}
