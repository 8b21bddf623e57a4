//! Feed rank v1: which posts each user sees next, and in which order.
//!
//! `build` puts posts into the order of what they are worth to everybody, the `index`; `viewer` knows what a user may not
//! see and likes; `walk` goes down that order and scores candidates, on a `board` of 512 posts at a time; `best` keeps
//! those that can still make it, `spread` keeps authors apart, and `rank` runs it all on threads.

#![allow(
    clippy::missing_errors_doc,
    reason = "every error is a fault of an argument, or an interruption"
)]
#![allow(
    clippy::inline_always,
    reason = "what runs under a target feature must be inlined to be compiled for it"
)]

mod best;
mod blocks;
mod board;
mod build;
mod checks;
mod codes;
mod entry;
pub mod index;
mod lists;
mod marks;
pub mod posts;
pub mod rank;
pub mod settings;
mod spread;
pub mod users;
mod viewer;
mod walk;

/// Most candidates of one user.
pub const MAX_CANDIDATES: usize = 500;
/// Of these, most that are picked because of their creators.
pub const CREATOR_CANDIDATES: usize = 150;
/// Most that are picked because of their topics.
pub const TOPIC_CANDIDATES: usize = 150;
