//! How an index is made of a population.

use std::collections::HashMap;

use super::blocks::Block;
use super::error::Result;
use super::exceptions::Exceptions;
use super::index::{MatchIndex, NOBODY, Record, flag};
use super::interests::Interests;
use super::lanes::{LANES, place, set_bits};
use super::order::{Person, Tree};
use super::places::{chord_limit, fixed_point};
use super::population::{ADULT_AGE, OPEN, Population};
use super::settings::Settings;
use super::tile::seeks;
use super::vectors::Vectors;

impl MatchIndex {
    /// Check the population, and prepare it.
    pub fn build(population: &Population<'_>, settings: &Settings) -> Result<Self> {
        settings.check()?;
        population.check()?;
        let p = population;
        let (mut people, classes) = people(p);
        let tree = Tree::build(&mut people);
        let n = people.len();
        let mut positions = vec![NOBODY; p.len()];
        for (position, person) in people.iter().enumerate() {
            positions[person.row as usize] = position as u32;
        }
        let rows: Vec<u32> = people.iter().map(|person| person.row).collect();
        let mut blocks = vec![Block::default(); n.div_ceil(LANES)];
        let interests = Interests::build(&p.interests, &rows, |position, common| {
            let (block, lane) = place(position);
            for (word, bits) in blocks[block].interests.iter_mut().zip(common) {
                word[lane] = bits;
            }
        })?;
        let by_row = |of: fn(&Population<'_>, usize) -> f32| -> Vec<f32> {
            rows.iter().map(|&row| of(p, row as usize)).collect()
        };
        let mut index = Self {
            settings: *settings,
            interests,
            class_of: people.iter().map(|person| person.class).collect(),
            ages: people.iter().map(|person| person.age).collect(),
            records: Vec::with_capacity(n),
            blocks,
            quiz: Vectors::zeros(n, p.trait_count),
            attributes: Vectors::zeros(n, p.attribute_count),
            preferences: Vectors::zeros(n, p.attribute_count),
            degrees: rows
                .iter()
                .map(|&r| [p.latitude[r as usize], p.longitude[r as usize]])
                .collect(),
            limits_km: by_row(|p, row| p.max_distance_km[row]),
            goals: goals_by_rarity(p.goals),
            exceptions: Exceptions::build(p, settings, &rows, &positions),
            positions,
            tree,
            classes,
        };
        for (position, person) in people.iter().enumerate() {
            index.enter(p, person, position);
        }
        Ok(index)
    }

    /// Enter one person into the records, the blocks and the vectors.
    fn enter(&mut self, p: &Population<'_>, person: &Person, position: usize) {
        let row = person.row as usize;
        let traits = &p.traits[row * p.trait_count..][..p.trait_count];
        let quiz_scale = self.quiz.set(position, traits);
        let attributes = row * p.attribute_count..(row + 1) * p.attribute_count;
        let fit_scale = self
            .attributes
            .set(position, &p.rating_attributes[attributes.clone()]);
        let prefers = self
            .preferences
            .set(position, &p.rating_preference[attributes]);
        let mut goals = 0;
        for (place, &goal) in self.goals.iter().enumerate() {
            goals |= (p.goals[row] >> goal & 1) << place;
        }
        let interest_count = p.interests.row(row).len() as u16;
        let mut flags = 0;
        for (flag, holds) in [
            (flag::PLACED, person.point.is_some()),
            (flag::QUIZ, quiz_scale > 0.0),
            (flag::AGES, p.min_age[row] != OPEN && p.max_age[row] != OPEN),
            (flag::RATED, p.rated[row] != 0),
            (flag::ATTRIBUTES, fit_scale > 0.0),
            (flag::PREFERENCE, prefers > 0.0),
        ] {
            flags |= if holds { flag } else { 0 };
        }
        flags |= flag::completeness(flags, interest_count > 0 && p.goal_count[row] > 0);
        let record = Record {
            id: p.ids[row],
            goals,
            row: person.row,
            quality: p.rating_quality[row],
            days: p.days_since_joined[row],
            interest_count,
            goal_count: p.goal_count[row],
            flags,
        };
        let (block, lane) = place(position);
        let block = &mut self.blocks[block];
        for (axis, c) in person.point.unwrap_or_default().into_iter().enumerate() {
            block.point[axis][lane] = c;
        }
        block.beyond[lane] = person.reach;
        block.age[lane] = person.age;
        (block.from[lane], block.to[lane]) = wanted(p.min_age[row], p.max_age[row]);
        let (low, high) = (f32::from(p.min_age[row]), f32::from(p.max_age[row]));
        block.age_middle[lane] = f32::midpoint(low, high);
        block.age_slope[lane] = if flags & flag::AGES == 0 {
            -1.0
        } else {
            (1.0 / (f64::from((high - low) / 2.0).max(0.0) + 1.0)) as f32
        };
        block.interest_count[lane] = f32::from(interest_count);
        block.goals[lane] = goals;
        block.goal_count[lane] = f32::from(record.goal_count);
        block.quiz_scale[lane] = quiz_scale;
        block.fit_scale[lane] = fit_scale;
        block.base[lane] = base(&self.settings, &record);
        block.rare |= u16::from(!self.interests.of(position).is_empty()) << lane;
        for (gender, mask) in block.seeks.iter_mut().enumerate() {
            *mask |= u16::from(seeks(p.seeking[row], gender as u8)) << lane;
        }
        self.records.push(record);
    }
}

/// The part of the score that depends on the candidate alone.
fn base(s: &Settings, record: &Record) -> f32 {
    let w = &s.weights;
    let newness = (-f64::from(record.days) / s.newness_scale_days).exp();
    let quality = w.rating_quality * f64::from(record.quality);
    (0.5 * w.quiz + 0.5 * w.rating_fit + quality + w.newness * newness) as f32
}

/// Everybody who can be matched, and the classes that they fall into.
fn people(p: &Population<'_>) -> (Vec<Person>, Vec<(u8, u64)>) {
    let mut numbers: HashMap<(u8, u64), u32> = HashMap::new();
    let mut classes = Vec::new();
    let mut people = Vec::new();
    for row in 0..p.len() {
        if p.active[row] == 0 || p.age[row] < ADULT_AGE {
            continue;
        }
        let class = (p.gender[row], p.seeking[row]);
        let number = *numbers.entry(class).or_insert_with(|| {
            classes.push(class);
            classes.len() as u32 - 1
        });
        let placed = p.placed[row] != 0;
        people.push(Person {
            row: row as u32,
            point: placed.then(|| fixed_point(p.latitude[row], p.longitude[row])),
            gender: p.gender[row],
            class: number,
            age: p.age[row],
            reach: if placed {
                chord_limit(p.max_distance_km[row])
            } else {
                f32::INFINITY
            },
        });
    }
    (people, classes)
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

fn goals_by_rarity(goals: &[u64]) -> [u8; 64] {
    let mut holders = [0_u64; 64];
    for &mask in goals {
        set_bits(mask).for_each(|goal| holders[goal] += 1);
    }
    let mut ordered: [u8; 64] = std::array::from_fn(|goal| goal as u8);
    ordered.sort_by_key(|&goal| holders[goal as usize]);
    ordered
}
