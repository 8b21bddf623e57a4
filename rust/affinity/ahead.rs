//! Asking for memory before it is needed.

/// Lines of cache that are asked for at once.
const LINES: usize = 6;
const LINE_BYTES: usize = 64;

/// Ask for one thing.
#[inline(always)]
pub fn ask<T>(thing: &T) {
    line(std::ptr::from_ref(thing).cast());
}

/// Ask for the first of some things, up to so many lines.
#[inline(always)]
pub fn ask_all<T>(things: &[T]) {
    let lines = std::mem::size_of_val(things)
        .div_ceil(LINE_BYTES)
        .min(LINES);
    for at in 0..lines {
        line(things.as_ptr().cast::<u8>().wrapping_add(at * LINE_BYTES));
    }
}

#[inline(always)]
fn line(address: *const u8) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: every x86-64 has the instruction, and it reads nothing that is not there.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}
