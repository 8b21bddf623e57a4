//! Affinity v1: what each user likes, from what they did with posts.
//!
//! Events are partitioned by user as they come in, 16 bytes each ([`events`]); sorted within a partition and told
//! once each ([`log`]); walked user by user ([`walk`]), added up ([`sums`]) and weighed ([`profile`]). The order of
//! every sum is fixed by the ids of the posts and the times of the events, so the results are the same bits whatever
//! the order of rows, the chunks and the threads.

#![allow(
    clippy::missing_errors_doc,
    reason = "every error is a fault of an argument, or an interruption"
)]

pub mod decay;
pub mod events;
pub mod exclusions;
pub mod ids;
pub mod log;
pub mod parts;
pub mod posts;
pub mod profile;
pub mod reach;
pub mod settings;
pub mod sums;
pub mod table;
pub mod tallies;
pub mod top;
pub mod walk;
