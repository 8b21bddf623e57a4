//! Feed rank v1: which posts each user sees next, and in which order.
//!
//! `index` puts posts into the order of what they are worth to everybody; `viewer` marks what a user may not see and
//! likes; `walk` goes down that order and scores the candidates that can still make it; `best` keeps these, `spread`
//! keeps authors apart, and `rank` runs it all on threads.

#![allow(
    clippy::missing_errors_doc,
    reason = "every error is a fault of an argument, or an interruption"
)]

mod best;
mod blocks;
mod checks;
mod codes;
pub mod index;
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
