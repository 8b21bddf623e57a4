//! Affinity v1: what each user likes, from what they did with posts.
//!
//! Events that may count are picked from columns ([`pick`]) and held by partition of their users, 16 bytes each
//! ([`keys`], [`log`]); brought together by user and sorted ([`people`]); judged and weighed ([`walk`]), added up
//! ([`likes`]) and drafted; and, once it is known how many share each liking, weighed again and listed ([`profile`],
//! [`table_of_profiles`]). The order of every sum is fixed by the ids of authors and posts and the times of the events,
//! so the results are the same bits whatever the order of rows, the chunks, the threads and the instruction set.

#![allow(
    clippy::needless_bitwise_bool,
    reason = "no branch shall depend on what nobody can foresee"
)]
#![allow(
    clippy::inline_always,
    reason = "what is called by work on a path has to be compiled for that path"
)]
#![allow(
    clippy::missing_errors_doc,
    reason = "every error is a fault of an argument, or an interruption"
)]

mod ahead;
pub mod decay;
pub mod entropy;
pub mod events;
pub mod exclusions;
pub mod ids;
pub mod keys;
pub mod likes;
pub mod log;
pub mod parts;
pub mod people;
pub mod pick;
pub mod posts;
pub mod profile;
pub mod reach;
pub mod settings;
pub mod sort;
pub mod sums;
pub mod table;
pub mod table_of_profiles;
pub mod tallies;
pub mod top;
pub mod topics;
pub mod walk;
