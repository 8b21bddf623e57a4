//! How an index is made of a population.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::amend::Built;
use super::blocks::Block;
use super::enter::{Entrance, Part, goals_by_rarity};
use super::error::Result;
use super::exceptions::Exceptions;
use super::homes::Homes;
use super::index::{MatchIndex, NOBODY, Record};
use super::interests::{Interests, Ranks};
use super::lanes::LANES;
use super::order::{Person, Tree};
use super::places::{chord_limit, fixed_point};
use super::population::{ADULT_AGE, Population};
use super::settings::Settings;
use super::shares::{beside, share};
use super::vectors::Vectors;
use crate::threads::thread_count;

/// Blocks whose people enter the index in one go.
const PART: usize = 128;

impl MatchIndex {
    /// Check the population, and prepare it, on all cores.
    pub fn build(population: &Population<'_>, settings: &Settings) -> Result<Self> {
        settings.check()?;
        population.check_lengths()?;
        let p = population;
        let mut classes = Vec::new();
        // What is put in order while values are checked may be wrong; it is not used then.
        let put_in_order = || {
            let mut people = people_of(p, &mut HashMap::new(), &mut classes);
            let tree = Tree::build(&mut people);
            (people, tree)
        };
        let (checked, (people, tree)) = beside(|| p.check_values(p.len()), put_in_order);
        checked?;
        let n = people.len();
        let mut positions = vec![NOBODY; p.len()];
        for (position, person) in people.iter().enumerate() {
            positions[person.row as usize] = position as u32;
        }
        let rows = || people.iter().map(|person| person.row as usize);
        let mut index = Self {
            settings: *settings,
            interests: Interests::new(n),
            class_of: people.iter().map(|person| person.class).collect(),
            ages: people.iter().map(|person| person.age).collect(),
            rows: people.iter().map(|person| person.row).collect(),
            records: vec![Record::default(); n],
            blocks: vec![Block::default(); n.div_ceil(LANES)],
            quiz: Vectors::zeros(n, p.trait_count),
            attributes: Vectors::zeros(n, p.attribute_count),
            preferences: Vectors::zeros(n, p.attribute_count),
            degrees: rows()
                .map(|row| [p.latitude[row], p.longitude[row]])
                .collect(),
            limits_km: rows().map(|row| p.max_distance_km[row]).collect(),
            goals: goals_by_rarity(p),
            exceptions: Exceptions::new(n),
            homes: Homes::new(&positions, n.next_multiple_of(LANES)),
            ranks: match p.interest_people {
                Some(people) => Ranks::by_holders(people),
                None => Ranks::of(p.interests.values),
            },
            built: Built {
                people: n,
                nodes: tree.nodes.len(),
                segments: tree.segments.len(),
                classes: classes.len(),
            },
            amended: Vec::new(),
            positions,
            tree,
            classes,
        };
        index.enter(p, &people)?;
        Ok(index)
    }

    /// Enter everybody, part by part, on all cores.
    fn enter(&mut self, population: &Population<'_>, people: &[Person]) -> Result<()> {
        let entrance = Entrance {
            population,
            settings: &self.settings,
            ranks: &self.ranks,
            goals: &self.goals,
            homes: &self.homes.of,
            rows: &[],
        };
        let parts = people
            .chunks(PART * LANES)
            .zip(self.blocks.chunks_mut(PART))
            .zip(self.records.chunks_mut(PART * LANES))
            .zip(self.quiz.parts(PART))
            .zip(self.attributes.parts(PART))
            .zip(self.preferences.parts(PART))
            .map(
                |(((((people, blocks), records), quiz), attributes), preferences)| Part {
                    people,
                    blocks,
                    records,
                    quiz,
                    attributes,
                    preferences,
                },
            );
        let entered = Mutex::new(Vec::new());
        let threads = thread_count(0, people.len().div_ceil(PART * LANES));
        share(threads, parts.enumerate(), |(at, part)| {
            let lists = part.enter(&entrance);
            let mut entered = entered.lock().unwrap_or_else(PoisonError::into_inner);
            entered.push((at, lists));
        });
        let mut entered = entered.into_inner().unwrap_or_else(PoisonError::into_inner);
        entered.sort_unstable_by_key(|&(at, _)| at);
        for (_, (interests, exceptions)) in entered {
            self.interests.append(&interests)?;
            self.exceptions.append(&exceptions);
        }
        Ok(())
    }
}

/// Everybody who can be matched, and the classes that they fall into, with their numbers.
pub fn people_of(
    p: &Population<'_>,
    numbers: &mut HashMap<(u8, u64), u32>,
    classes: &mut Vec<(u8, u64)>,
) -> Vec<Person> {
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
    people
}
