//! A part of the people enters the index: the numbers of each in the form that scoring reads.

use super::blocks::Block;
use super::exceptions::Exceptions;
use super::index::{Record, flag};
use super::interests::{Interests, Ranks};
use super::lanes::{place, set_bits};
use super::order::Person;
use super::population::{OPEN, Population};
use super::settings::Settings;
use super::tile::seeks;
use super::vectors::VectorsMut;

/// What everybody's entry needs.
#[derive(Debug)]
pub struct Entrance<'a> {
    /// The population.
    pub population: &'a Population<'a>,
    /// What scores are made of.
    pub settings: &'a Settings,
    /// Ranks of interests.
    pub ranks: &'a Ranks,
    /// Place from rare to common -> goal.
    pub goals: &'a [u8; 64],
    /// Row -> the position that others remember somebody by.
    pub homes: &'a [u32],
    /// Row of the population -> row of the index; empty where they are the same.
    pub rows: &'a [u32],
}

impl Entrance<'_> {
    /// The row of the index.
    fn row_of(&self, row: u32) -> u32 {
        self.rows.get(row as usize).copied().unwrap_or(row)
    }
}

/// Neighbours in the order, from the first lane of a block on, and the columns that are theirs.
#[derive(Debug)]
#[allow(missing_docs)] // as in MatchIndex
pub struct Part<'a> {
    pub people: &'a [Person],
    pub blocks: &'a mut [Block],
    pub records: &'a mut [Record],
    pub quiz: VectorsMut<'a>,
    pub attributes: VectorsMut<'a>,
    pub preferences: VectorsMut<'a>,
}

impl Part<'_> {
    /// Fill in the columns, and give the lists of these people.
    pub fn enter(mut self, entrance: &Entrance<'_>) -> (Interests, Exceptions) {
        let (p, settings) = (entrance.population, entrance.settings);
        let mut interests = Interests::new(self.people.len());
        let mut exceptions = Exceptions::new(self.people.len());
        for (at, person) in self.people.iter().enumerate() {
            let row = person.row as usize;
            let common = interests.push(p.interests.row(row), entrance.ranks);
            let home = entrance.homes[entrance.row_of(person.row) as usize];
            exceptions.push(p, settings, row, home, entrance.homes);
            let (block, lane) = place(at);
            let block = &mut self.blocks[block];
            for (word, bits) in block.interests.iter_mut().zip(common) {
                word[lane] = bits;
            }
            block.rare |= u16::from(!interests.of(at).is_empty()) << lane;
            self.enter_numbers(entrance, person, at);
        }
        (interests, exceptions)
    }

    /// Enter one person into the records, the blocks and the vectors.
    fn enter_numbers(&mut self, entrance: &Entrance<'_>, person: &Person, at: usize) {
        let (p, row) = (entrance.population, person.row as usize);
        let traits = &p.traits[row * p.trait_count..][..p.trait_count];
        let attributes = row * p.attribute_count..(row + 1) * p.attribute_count;
        let preference = &p.rating_preference[attributes.clone()];
        let attributes = &p.rating_attributes[attributes];
        let quiz_scale = self.quiz.set(at, traits);
        let fit_scale = self.attributes.set(at, attributes);
        let prefers = self.preferences.set(at, preference) > 0.0;
        let (block, lane) = place(at);
        let block = &mut self.blocks[block];
        block.quiz_scale[lane] = quiz_scale;
        block.fit_scale[lane] = fit_scale;
        let vectors = [quiz_scale > 0.0, fit_scale > 0.0, prefers];
        let record = record(entrance, person, vectors);
        for (axis, c) in person.point.unwrap_or_default().into_iter().enumerate() {
            block.point[axis][lane] = c;
        }
        block.beyond[lane] = person.reach;
        block.age[lane] = person.age;
        (block.from[lane], block.to[lane]) = wanted(p.min_age[row], p.max_age[row]);
        let (low, high) = (f32::from(p.min_age[row]), f32::from(p.max_age[row]));
        block.age_middle[lane] = f32::midpoint(low, high);
        block.age_slope[lane] = if record.flags & flag::AGES == 0 {
            -1.0
        } else {
            (1.0 / (f64::from((high - low) / 2.0).max(0.0) + 1.0)) as f32
        };
        block.interest_count[lane] = f32::from(record.interest_count);
        block.goals[lane] = record.goals;
        block.goal_count[lane] = f32::from(record.goal_count);
        block.base[lane] = base(entrance.settings, &record);
        for (gender, mask) in block.seeks.iter_mut().enumerate() {
            *mask |= u16::from(seeks(p.seeking[row], gender as u8)) << lane;
        }
        self.records[at] = record;
    }
}

/// The record of one person, who has quiz vector, rating attributes, rating preference or not.
fn record(entrance: &Entrance<'_>, person: &Person, vectors: [bool; 3]) -> Record {
    let (p, row) = (entrance.population, person.row as usize);
    let mut goals = 0;
    if p.goals[row] != 0 {
        for (place, &goal) in entrance.goals.iter().enumerate() {
            goals |= (p.goals[row] >> goal & 1) << place;
        }
    }
    let interest_count = p.interests.row(row).len() as u16;
    let mut flags = 0;
    for (flag, holds) in [
        (flag::PLACED, person.point.is_some()),
        (flag::QUIZ, vectors[0]),
        (flag::AGES, p.min_age[row] != OPEN && p.max_age[row] != OPEN),
        (flag::RATED, p.rated[row] != 0),
        (flag::ATTRIBUTES, vectors[1]),
        (flag::PREFERENCE, vectors[2]),
    ] {
        flags |= if holds { flag } else { 0 };
    }
    flags |= flag::completeness(flags, interest_count > 0 && p.goal_count[row] > 0);
    Record {
        id: p.ids[row],
        goals,
        quality: p.rating_quality[row],
        days: p.days_since_joined[row],
        interest_count,
        goal_count: p.goal_count[row],
        flags,
    }
}

/// The part of the score that depends on the candidate alone.
fn base(s: &Settings, record: &Record) -> f32 {
    let w = &s.weights;
    let newness = (-f64::from(record.days) / s.newness_scale_days).exp();
    let quality = w.rating_quality * f64::from(record.quality);
    (0.5 * w.quiz + 0.5 * w.rating_fit + quality + w.newness * newness) as f32
}

/// The years that somebody wants, as bytes; (255, 0) for a range that is empty.
fn wanted(min_age: i16, max_age: i16) -> (u8, u8) {
    let from = if min_age == OPEN { 0 } else { min_age };
    let to = if max_age == OPEN {
        255
    } else {
        max_age.min(255)
    };
    if from > to {
        (255, 0)
    } else {
        (from as u8, to as u8)
    }
}

/// Goals from the one with fewest holders on; ties by goal.
#[must_use]
pub fn goals_by_rarity(p: &Population<'_>) -> [u8; 64] {
    let mut holders = [0_i64; 64];
    match p.goal_people {
        Some(people) => holders.copy_from_slice(people),
        None => {
            for &mask in p.goals {
                set_bits(mask).for_each(|goal| holders[goal] += 1);
            }
        }
    }
    let mut ordered: [u8; 64] = std::array::from_fn(|goal| goal as u8);
    ordered.sort_by_key(|&goal| holders[goal as usize]);
    ordered
}
