//! The check that the columns of a population are what they should be.

use super::error::{Error, Result};
use super::population::{
    MAX_INTERESTS, MAX_RATING_ATTRIBUTES, MAX_TRAITS, OPEN, Population, Sparse,
};

impl Population<'_> {
    /// Refuse what the kernel cannot score of some people of a larger population, `people` in all, whose sparse columns
    /// name rows of that one: the first fault, named with its argument, place and value.
    pub fn check_among(&self, people: usize) -> Result<()> {
        self.check_lengths()?;
        self.check_values(people)
    }

    /// The same, once the lengths are known to be right; a population of its own is all there are.
    pub fn check_values(&self, people: usize) -> Result<()> {
        self.check_people()?;
        self.check_places()?;
        self.check_numbers()?;
        self.check_sparse(people)?;
        self.check_rarity()
    }

    /// Refuse columns that do not fit each other.
    pub fn check_lengths(&self) -> Result<()> {
        let n = self.len();
        if u32::try_from(n).is_err() || n == u32::MAX as usize {
            return Err(Error::argument("len(ids)", n, "must be below 4294967295"));
        }
        if self.trait_count > MAX_TRAITS {
            return Err(Error::argument(
                "traits.shape[1]",
                self.trait_count,
                "must be at most 64",
            ));
        }
        if self.attribute_count > MAX_RATING_ATTRIBUTES {
            let rule = "must be at most 16";
            return Err(Error::argument(
                "rating_attributes.shape[1]",
                self.attribute_count,
                rule,
            ));
        }
        for (name, length, width) in [
            ("active", self.active.len(), 1),
            ("age", self.age.len(), 1),
            ("gender", self.gender.len(), 1),
            ("seeking", self.seeking.len(), 1),
            ("min_age", self.min_age.len(), 1),
            ("max_age", self.max_age.len(), 1),
            ("placed", self.placed.len(), 1),
            ("latitude", self.latitude.len(), 1),
            ("longitude", self.longitude.len(), 1),
            ("max_distance_km", self.max_distance_km.len(), 1),
            ("traits", self.traits.len(), self.trait_count),
            (
                "interest_offsets",
                self.interests.offsets.len().wrapping_sub(1),
                1,
            ),
            ("goals", self.goals.len(), 1),
            ("goal_count", self.goal_count.len(), 1),
            ("rating_quality", self.rating_quality.len(), 1),
            ("rated", self.rated.len(), 1),
            (
                "rating_preference",
                self.rating_preference.len(),
                self.attribute_count,
            ),
            (
                "rating_attributes",
                self.rating_attributes.len(),
                self.attribute_count,
            ),
            ("days_since_joined", self.days_since_joined.len(), 1),
            (
                "excluded_offsets",
                self.excluded.offsets.len().wrapping_sub(1),
                1,
            ),
            (
                "hidden_offsets",
                self.hidden.offsets.len().wrapping_sub(1),
                1,
            ),
        ] {
            if length != n * width {
                let more = usize::from(name.ends_with("_offsets"));
                let rule = format!("must be {} for {n} people", n * width + more);
                return Err(Error::argument(
                    &format!("len({name})"),
                    length.wrapping_add(more),
                    &rule,
                ));
            }
        }
        Ok(())
    }

    fn check_people(&self) -> Result<()> {
        let mut ids = self.ids.to_vec();
        ids.sort_unstable();
        if let Some(pair) = ids.windows(2).find(|pair| pair[0] == pair[1]) {
            let place = self.ids.iter().rposition(|&id| id == pair[0]).unwrap_or(0);
            return Err(Error::element("ids", place, pair[0], "must be unique"));
        }
        each("gender", self.gender, |&g| g <= 63, "must be at most 63")?;
        each(
            "seeking",
            self.seeking,
            |&s| s & 1 == 0,
            "must not have bit 0 set",
        )?;
        each(
            "min_age",
            self.min_age,
            |&a| a >= OPEN,
            "must be 0 or more, or -1 for no limit",
        )?;
        each(
            "max_age",
            self.max_age,
            |&a| a >= OPEN,
            "must be 0 or more, or -1 for no limit",
        )?;
        for (place, (&count, &goals)) in self.goal_count.iter().zip(self.goals).enumerate() {
            if u32::from(count) < goals.count_ones() {
                let rule = format!("must be at least the {} bits of goals", goals.count_ones());
                return Err(Error::element("goal_count", place, count, &rule));
            }
        }
        Ok(())
    }

    fn check_places(&self) -> Result<()> {
        for (name, values, bound, rule) in [
            ("latitude", self.latitude, 90.0, "must be within -90 and 90"),
            (
                "longitude",
                self.longitude,
                180.0,
                "must be within -180 and 180",
            ),
        ] {
            let mut pairs = values.iter().zip(self.placed);
            if let Some(place) =
                pairs.position(|(v, &placed)| placed != 0 && !(-bound..=bound).contains(v))
            {
                return Err(Error::element(name, place, values[place], rule));
            }
        }
        each(
            "max_distance_km",
            self.max_distance_km,
            |&d| d >= 0.0,
            "must be 0 or more",
        )
    }

    fn check_numbers(&self) -> Result<()> {
        for (name, values) in [
            ("traits", self.traits),
            ("rating_preference", self.rating_preference),
            ("rating_attributes", self.rating_attributes),
        ] {
            each(name, values, |v| v.is_finite(), "must be finite")?;
        }
        let rule = "must be within 0 and 1";
        each(
            "rating_quality",
            self.rating_quality,
            |q| (0.0..=1.0).contains(q),
            rule,
        )?;
        let since = |d: &f32| *d >= 0.0 && d.is_finite();
        each(
            "days_since_joined",
            self.days_since_joined,
            since,
            "must be 0 or more and finite",
        )?;
        each(
            "hidden_days",
            self.hidden_days,
            since,
            "must be 0 or more and finite",
        )
    }

    fn check_rarity(&self) -> Result<()> {
        if let Some(goals) = self.goal_people
            && goals.len() != 64
        {
            return Err(Error::argument(
                "len(goal_people)",
                goals.len(),
                "must be 64",
            ));
        }
        if let Some(people) = self.interest_people {
            let rule = format!(
                "must be below {}, the length of interest_people",
                people.len()
            );
            let known = |&code: &u16| usize::from(code) < people.len();
            each("interest_codes", self.interests.values, known, &rule)?;
        }
        Ok(())
    }

    fn check_sparse(&self, people: usize) -> Result<()> {
        check_offsets("interest", "interest_codes", &self.interests)?;
        check_offsets("excluded", "excluded_rows", &self.excluded)?;
        check_offsets("hidden", "hidden_rows", &self.hidden)?;
        if self.hidden_days.len() != self.hidden.values.len() {
            let rule = format!(
                "must be {}, the length of hidden_rows",
                self.hidden.values.len()
            );
            return Err(Error::argument(
                "len(hidden_days)",
                self.hidden_days.len(),
                &rule,
            ));
        }
        for (name, column) in [
            ("excluded_rows", &self.excluded),
            ("hidden_rows", &self.hidden),
        ] {
            let rule = format!("must be below {people}, the number of people");
            each(name, column.values, |&row| (row as usize) < people, &rule)?;
        }
        for row in 0..self.len() {
            let held = self.interests.row(row).len();
            if held > MAX_INTERESTS {
                let rule = format!("row {row}: at most {MAX_INTERESTS} a person");
                return Err(Error::argument("number of interest_codes", held, &rule));
            }
            ascending("interest_codes", &self.interests, row, true)?;
            ascending("excluded_rows", &self.excluded, row, false)?;
            ascending("hidden_rows", &self.hidden, row, true)?;
        }
        Ok(())
    }
}

/// Refuse the first element that breaks a rule.
fn each<T: std::fmt::Display>(
    name: &str,
    values: &[T],
    holds: impl Fn(&T) -> bool,
    rule: &str,
) -> Result<()> {
    match values.iter().position(|v| !holds(v)) {
        Some(place) => Err(Error::element(name, place, &values[place], rule)),
        None => Ok(()),
    }
}

fn check_offsets<T>(prefix: &str, values_name: &str, column: &Sparse<'_, T>) -> Result<()> {
    let name = format!("{prefix}_offsets");
    let offsets = column.offsets;
    if offsets[0] != 0 {
        return Err(Error::element(&name, 0, offsets[0], "must be 0"));
    }
    if let Some(place) = offsets.windows(2).position(|pair| pair[0] > pair[1]) {
        return Err(Error::element(
            &name,
            place + 1,
            offsets[place + 1],
            "must not descend",
        ));
    }
    let last = offsets.len() - 1;
    if usize::try_from(offsets[last]) != Ok(column.values.len()) {
        let rule = format!(
            "must be {}, the length of {values_name}",
            column.values.len()
        );
        return Err(Error::element(&name, last, offsets[last], &rule));
    }
    Ok(())
}

fn ascending<T: Ord + std::fmt::Display>(
    name: &str,
    column: &Sparse<'_, T>,
    row: usize,
    strictly: bool,
) -> Result<()> {
    let values = column.row(row);
    match values
        .windows(2)
        .position(|pair| pair[0] > pair[1] || (strictly && pair[0] == pair[1]))
    {
        Some(at) => {
            let place = column.offsets[row] as usize + at + 1;
            let rule = format!(
                "must ascend within row {row}{}",
                if strictly { ", without repeats" } else { "" }
            );
            Err(Error::element(name, place, &values[at + 1], &rule))
        }
        None => Ok(()),
    }
}
