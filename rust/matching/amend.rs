//! An index kept up to date in place: who has changed leaves the old slot and stands behind everybody else.

use std::collections::HashMap;

use super::blocks::Block;
use super::build::people_of;
use super::enter::{Entrance, Part};
use super::error::{Error, Result};
use super::exceptions::Exceptions;
use super::index::{MatchIndex, NOBODY, Record};
use super::interests::Interests;
use super::lanes::{LANES, place};
use super::order::{Person, Tree};
use super::population::Population;

/// The extent of the index as it was built.
#[derive(Debug, Clone, Copy, Default)]
pub struct Built {
    /// Positions.
    pub people: usize,
    /// Nodes of the tree.
    pub nodes: usize,
    /// Segments of the tree.
    pub segments: usize,
    /// Classes.
    pub classes: usize,
}

impl MatchIndex {
    /// Put `people` in the place of the rows of the same number, in addition to everybody as the index was built.
    ///
    /// `rows`, strictly ascending, are all rows that differ from that, or are new; what was amended before and is not
    /// among them is an error. There are `total` rows from now on. Sparse columns of `people` name rows of the index.
    pub fn amend(&mut self, rows: &[u32], people: &Population<'_>, total: usize) -> Result<()> {
        self.check_amendment(rows, people, total)?;
        self.cut_back();
        self.homes.grow(total);
        self.positions.resize(total, NOBODY);
        for &row in rows {
            let home = self.homes.of[row as usize] as usize;
            if home < self.built.people {
                self.retire(home);
            }
            self.positions[row as usize] = NOBODY;
        }
        let start = self.blocks.len() * LANES;
        let mut order = self.newcomers(people);
        let tree = Tree::build(&mut order);
        self.tree.append(tree, start as u32);
        for (at, person) in order.iter().enumerate() {
            self.positions[rows[person.row as usize] as usize] = (start + at) as u32;
        }
        let moved = rows.iter().map(|&row| (row, self.positions[row as usize]));
        self.homes.move_to(moved);
        self.amended.clear();
        self.amended.extend_from_slice(rows);
        self.enter_behind(people, rows, &order)
    }

    fn check_amendment(&self, rows: &[u32], people: &Population<'_>, total: usize) -> Result<()> {
        people.check_among(total)?;
        if rows.len() != people.len() {
            let rule = format!("must be {}, the number of people", people.len());
            return Err(Error::argument("len(rows)", rows.len(), &rule));
        }
        if total < self.positions.len() || u32::try_from(total).is_err() {
            let rule = format!(
                "must be {} or more, and below 4294967296",
                self.positions.len()
            );
            return Err(Error::argument("total", total, &rule));
        }
        if let Some(at) = rows.windows(2).position(|pair| pair[0] >= pair[1]) {
            return Err(Error::element(
                "rows",
                at + 1,
                rows[at + 1],
                "must ascend, without repeats",
            ));
        }
        if rows.last().is_some_and(|&row| row as usize >= total) {
            let rule = format!("must be below {total}, the number of people");
            return Err(Error::element(
                "rows",
                rows.len() - 1,
                rows[rows.len() - 1],
                &rule,
            ));
        }
        if let Some(row) = self
            .amended
            .iter()
            .find(|row| rows.binary_search(row).is_err())
        {
            let rule = format!("must hold row {row}, which was amended before");
            return Err(Error::argument("rows", "others", &rule));
        }
        for (name, mine, theirs) in [
            ("traits", self.quiz.width(), people.trait_count),
            (
                "rating_attributes",
                self.attributes.width(),
                people.attribute_count,
            ),
        ] {
            if mine != theirs {
                let rule = format!("must be {mine}, as in the index");
                return Err(Error::argument(&format!("{name}.shape[1]"), theirs, &rule));
            }
        }
        let codes = people.interests.values;
        match codes.iter().position(|&code| !self.ranks.knows(code)) {
            Some(at) => Err(Error::element(
                "interest_codes",
                at,
                codes[at],
                "must be known to the index",
            )),
            None => Ok(()),
        }
    }

    /// Forget earlier amendments.
    fn cut_back(&mut self) {
        let Built {
            people,
            nodes,
            segments,
            classes,
        } = self.built;
        self.tree.nodes.truncate(nodes);
        self.tree.segments.truncate(segments);
        self.classes.truncate(classes);
        self.blocks.truncate(people.div_ceil(LANES));
        // Slots of a block that nobody has come with the first amendment.
        let padded = people.next_multiple_of(LANES);
        self.class_of.resize(padded, 0);
        self.ages.resize(padded, 0);
        self.rows.resize(padded, 0);
        self.records.resize(padded, Record::default());
        self.degrees.resize(padded, [0.0; 2]);
        self.limits_km.resize(padded, 0.0);
        self.quiz.resize(padded);
        self.attributes.resize(padded);
        self.preferences.resize(padded);
        self.interests.resize(padded);
        self.exceptions.resize(padded);
    }

    /// Let nobody meet whoever stood here when the index was built: no age suits.
    fn retire(&mut self, position: usize) {
        let (block, lane) = place(position);
        (self.blocks[block].from[lane], self.blocks[block].to[lane]) = (255, 0);
    }

    /// Those among the people who can be matched, with their classes.
    fn newcomers(&mut self, people: &Population<'_>) -> Vec<Person> {
        let known = self.classes.iter().zip(0..);
        let mut numbers: HashMap<(u8, u64), u32> = known.map(|(&class, at)| (class, at)).collect();
        people_of(people, &mut numbers, &mut self.classes)
    }

    fn enter_behind(&mut self, p: &Population<'_>, rows: &[u32], order: &[Person]) -> Result<()> {
        let entrance = Entrance {
            population: p,
            settings: &self.settings,
            ranks: &self.ranks,
            goals: &self.goals,
            homes: &self.homes.of,
            rows,
        };
        let (blocks, people) = (order.len().div_ceil(LANES), self.records.len());
        let (first, after) = (self.blocks.len(), people + order.len());
        self.blocks.resize(first + blocks, Block::default());
        self.records.resize(after, Record::default());
        self.quiz.resize(after);
        self.attributes.resize(after);
        self.preferences.resize(after);
        self.class_of
            .extend(order.iter().map(|person| person.class));
        self.ages.extend(order.iter().map(|person| person.age));
        self.rows
            .extend(order.iter().map(|person| rows[person.row as usize]));
        let own = || order.iter().map(|person| person.row as usize);
        self.degrees
            .extend(own().map(|row| [p.latitude[row], p.longitude[row]]));
        self.limits_km
            .extend(own().map(|row| p.max_distance_km[row]));
        let part = Part {
            people: order,
            blocks: &mut self.blocks[first..],
            records: &mut self.records[people..],
            quiz: self.quiz.after(first),
            attributes: self.attributes.after(first),
            preferences: self.preferences.after(first),
        };
        let (interests, exceptions): (Interests, Exceptions) = part.enter(&entrance);
        self.exceptions.append(&exceptions);
        self.interests.append(&interests)
    }
}
