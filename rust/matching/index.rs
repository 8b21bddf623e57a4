//! The index: everybody who can be matched, in spatial order, in the form that scoring reads.

use std::collections::HashMap;

use super::error::Result;
use super::interests::{Interests, each_bit};
use super::lanes::LANES;
use super::order::{Person, Tree};
use super::places::{chord_limits, fixed_point};
use super::population::{ADULT_AGE, OPEN, Population};
use super::record::{Ages, Name, OwnedSparse, Record, Vectors, flag};
use super::settings::Settings;

/// A population prepared for match scoring. "Position" is a place in the spatial order of those who can be matched.
#[derive(Debug)]
pub struct MatchIndex {
    /// What the scores are made of.
    pub settings: Settings,
    /// Position -> row of the population.
    pub rows: Vec<u32>,
    /// Row of the population -> position; `NOBODY` for those who cannot be matched.
    pub positions: Vec<u32>,
    /// Id rank -> who it is.
    pub by_id: Vec<Name>,
    /// Squared chord, in units, from which on proximity counts for nothing: below 1e-9.
    pub far: f64,
    /// The boxes to walk.
    pub tree: Tree,
    /// Class -> (gender, what is sought).
    pub classes: Vec<(u8, u64)>,
    /// Position -> class.
    pub class_of: Vec<u32>,
    /// Position -> ages.
    pub ages: Vec<Ages>,
    /// Position -> what scoring reads.
    pub records: Vec<Record>,
    /// Position -> quiz vector.
    pub quiz: Vectors,
    /// Position -> rating attributes.
    pub attributes: Vectors,
    /// Position -> rating preference.
    pub preferences: Vectors,
    /// Position -> degrees, for exact distances.
    pub degrees: Vec<[f64; 2]>,
    /// Position -> the person's distance limit.
    pub limits_km: Vec<f32>,
    /// Position -> interests.
    pub interests: Interests,
    /// Place from rare to common -> goal; ties by goal.
    pub goals: [u8; 64],
    /// Row -> rows it never sees.
    pub excluded: OwnedSparse<u32>,
    /// Row -> rows it hid, each with what is left of the score.
    pub hidden: OwnedSparse<(u32, f32)>,
}

/// Stands in `MatchIndex::positions` for a person who cannot be matched.
pub const NOBODY: u32 = u32::MAX;

impl MatchIndex {
    /// Check the population, and prepare it.
    pub fn build(population: &Population<'_>, settings: &Settings) -> Result<Self> {
        settings.check()?;
        population.check()?;
        let p = population;
        let (mut people, classes) = people(p);
        let tree = Tree::build(&mut people);
        let rows: Vec<u32> = people.iter().map(|person| person.row).collect();
        let mut positions = vec![NOBODY; p.len()];
        for (position, &row) in rows.iter().enumerate() {
            positions[row as usize] = position as u32;
        }
        let name = |(position, &row): (usize, &u32)| Name {
            id: p.ids[row as usize],
            row,
            position: position as u32,
        };
        let mut by_id: Vec<Name> = rows.iter().enumerate().map(name).collect();
        by_id.sort_unstable_by_key(|name| name.id);
        let mut index = Self {
            settings: *settings,
            far: far(settings),
            interests: Interests::build(&p.interests, &rows)?,
            class_of: people.iter().map(|person| person.class).collect(),
            ages: rows.iter().map(|&row| ages(p, row as usize)).collect(),
            records: Vec::with_capacity(rows.len()),
            quiz: Vectors {
                width: p.trait_count.next_multiple_of(LANES),
                values: Vec::new(),
            },
            attributes: Vectors {
                width: p.attribute_count.next_multiple_of(2),
                values: Vec::new(),
            },
            preferences: Vectors {
                width: p.attribute_count.next_multiple_of(2),
                values: Vec::new(),
            },
            degrees: rows
                .iter()
                .map(|&r| [p.latitude[r as usize], p.longitude[r as usize]])
                .collect(),
            limits_km: rows
                .iter()
                .map(|&r| p.max_distance_km[r as usize])
                .collect(),
            goals: goals_by_rarity(p.goals),
            excluded: OwnedSparse {
                offsets: p.excluded.offsets.to_vec(),
                values: p.excluded.values.to_vec(),
            },
            hidden: OwnedSparse {
                offsets: p.hidden.offsets.to_vec(),
                values: hidden(p, settings),
            },
            rows,
            positions,
            by_id,
            tree,
            classes,
        };
        index
            .quiz
            .values
            .reserve_exact(index.rows.len() * index.quiz.width);
        index
            .attributes
            .values
            .reserve_exact(index.rows.len() * index.attributes.width);
        index
            .preferences
            .values
            .reserve_exact(index.rows.len() * index.preferences.width);
        for person in &people {
            index.push_record(p, person);
        }
        for (rank, name) in index.by_id.iter().enumerate() {
            index.records[name.position as usize].id_rank = rank as u32;
        }
        Ok(index)
    }

    /// The number of people who can be matched.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether nobody can be matched.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Bytes on the heap.
    #[must_use]
    pub fn nbytes(&self) -> usize {
        size_of_val(&*self.rows)
            + size_of_val(&*self.positions)
            + size_of_val(&*self.by_id)
            + size_of_val(&*self.tree.nodes)
            + size_of_val(&*self.tree.segments)
            + size_of_val(&*self.classes)
            + size_of_val(&*self.class_of)
            + size_of_val(&*self.ages)
            + size_of_val(&*self.records)
            + size_of_val(&*self.quiz.values)
            + size_of_val(&*self.attributes.values)
            + size_of_val(&*self.preferences.values)
            + size_of_val(&*self.degrees)
            + size_of_val(&*self.limits_km)
            + self.interests.nbytes()
            + size_of_val(&*self.excluded.offsets)
            + size_of_val(&*self.excluded.values)
            + size_of_val(&*self.hidden.offsets)
            + size_of_val(&*self.hidden.values)
    }

    fn push_record(&mut self, p: &Population<'_>, person: &Person) {
        let row = person.row as usize;
        let quiz_scale = self
            .quiz
            .push(&p.traits[row * p.trait_count..][..p.trait_count]);
        let attributes = row * p.attribute_count..(row + 1) * p.attribute_count;
        let fit_scale = self
            .attributes
            .push(&p.rating_attributes[attributes.clone()]);
        let prefers = self.preferences.push(&p.rating_preference[attributes]);
        let (s, w) = (&self.settings, &self.settings.weights);
        let newness = (-f64::from(p.days_since_joined[row]) / s.newness_scale_days).exp();
        let base = 0.5 * w.quiz
            + 0.5 * w.rating_fit
            + w.rating_quality * f64::from(p.rating_quality[row])
            + w.newness * newness;
        let (low, high) = (f32::from(p.min_age[row]), f32::from(p.max_age[row]));
        let (within, beyond) = match person.point {
            Some(_) => chord_limits(p.max_distance_km[row]),
            None => (f32::INFINITY, f32::INFINITY),
        };
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
        self.records.push(Record {
            point: person.point.unwrap_or_default(),
            within,
            beyond,
            age_middle: f32::midpoint(low, high),
            age_slope: (1.0 / (f64::from((high - low) / 2.0).max(0.0) + 1.0)) as f32,
            quiz_scale,
            fit_scale,
            base: base as f32,
            goals,
            quality: p.rating_quality[row],
            days: p.days_since_joined[row],
            id_rank: 0,
            interest_count,
            goal_count: p.goal_count[row],
            flags,
        });
    }
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
            class: number,
            age: p.age[row],
            reach: if placed {
                chord_limits(p.max_distance_km[row]).1
            } else {
                f32::INFINITY
            },
        });
    }
    (people, classes)
}

fn far(settings: &Settings) -> f64 {
    let km = settings.proximity_scale_km * (settings.weights.proximity.max(1e-9) * 1e9).ln();
    f64::from(chord_limits(km as f32).1)
}

fn ages(p: &Population<'_>, row: usize) -> Ages {
    let from = if p.min_age[row] == OPEN {
        0
    } else {
        p.min_age[row]
    };
    let to = if p.max_age[row] == OPEN {
        255
    } else {
        p.max_age[row].min(255)
    };
    let (from, to) = if from > to {
        (255, 0)
    } else {
        (from as u8, to as u8)
    };
    Ages {
        age: p.age[row],
        from,
        to,
    }
}

fn goals_by_rarity(goals: &[u64]) -> [u8; 64] {
    let mut holders = [0_u64; 64];
    for &mask in goals {
        each_bit(mask, |goal| holders[goal] += 1);
    }
    let mut ordered: [u8; 64] = std::array::from_fn(|goal| goal as u8);
    ordered.sort_by_key(|&goal| holders[goal as usize]);
    ordered
}

fn hidden(p: &Population<'_>, settings: &Settings) -> Vec<(u32, f32)> {
    let left = |days: f32| {
        1.0 - settings.hide_strength * (-f64::from(days) / settings.hide_scale_days).exp()
    };
    p.hidden
        .values
        .iter()
        .zip(p.hidden_days)
        .map(|(&row, &days)| (row, left(days) as f32))
        .collect()
}
