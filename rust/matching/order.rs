//! The spatial order of people: a tree of boxes over the sphere, and segments of equal gender within each leaf.

use super::places::{EARTH_RADIUS_KM, Extent, UNITS, chord_limit};

/// Leaves are not split below this width, 80 km: a city is one or a few leaves, and few blocks have people of two.
const LEAF_WIDTH: i64 = (80.0 / EARTH_RADIUS_KM * UNITS) as i64;
/// People with a limit below this one and the others have a tree each: who reaches far finds the few far away who do
/// as well, without the many who do not.
const FAR_KM: f32 = 1000.0;
/// Nor below this number of people.
const LEAF_PEOPLE: usize = 256;

/// What the order is made from, one a person.
#[derive(Debug, Clone, Copy)]
pub struct Person {
    /// The row in the population.
    pub row: u32,
    /// The point, where known.
    pub point: Option<[i32; 3]>,
    /// The gender.
    pub gender: u8,
    /// The class: gender and what is sought.
    pub class: u32,
    /// Whole years.
    pub age: u8,
    /// Squared chord, in units, beyond which nobody is within the person's own limit.
    pub reach: f32,
}

/// A node of the tree, in preorder.
#[derive(Debug, Clone, Copy)]
pub struct Node {
    /// The box around the people; None for those without a place, who are near everybody.
    pub extent: Option<Extent>,
    /// The largest reach of the people.
    pub reach: f32,
    /// The node after this one's descendants.
    pub next: u32,
    /// The segments of this leaf; empty for inner nodes.
    pub segments: (u32, u32),
}

/// People of one leaf and one gender, ascending by age.
#[derive(Debug, Clone, Copy)]
pub struct Segment {
    /// Their gender.
    pub gender: u8,
    /// Their positions, from and to.
    pub people: (u32, u32),
}

/// The tree over all people.
#[derive(Debug, Default)]
pub struct Tree {
    /// All nodes, in preorder.
    pub nodes: Vec<Node>,
    /// All segments, in the order of the people.
    pub segments: Vec<Segment>,
}

impl Tree {
    /// Put the people in order, and build the tree over them.
    #[must_use]
    pub fn build(people: &mut [Person]) -> Self {
        let mut tree = Self::default();
        let placed = partition(people, |p| p.point.is_some());
        let (with, without) = people.split_at_mut(placed);
        let reach = chord_limit(FAR_KM);
        let limited = partition(with, |p| p.reach <= reach);
        let (limited, far) = with.split_at_mut(limited);
        tree.grow(limited, 0);
        tree.grow(far, limited.len());
        if !without.is_empty() {
            tree.leaf(without, placed, None);
        }
        tree
    }

    /// Append another tree, whose first person stands at `start`.
    pub fn append(&mut self, other: Self, start: u32) {
        let (nodes, segments) = (self.nodes.len() as u32, self.segments.len() as u32);
        self.nodes.extend(other.nodes.into_iter().map(|node| Node {
            next: node.next + nodes,
            segments: (node.segments.0 + segments, node.segments.1 + segments),
            ..node
        }));
        self.segments
            .extend(other.segments.into_iter().map(|segment| Segment {
                people: (segment.people.0 + start, segment.people.1 + start),
                ..segment
            }));
    }

    /// Append the subtree of some people, the first of whom stands at `start`.
    fn grow(&mut self, people: &mut [Person], start: usize) {
        if people.is_empty() {
            return;
        }
        let mut extent = Extent::EMPTY;
        for point in people.iter().filter_map(|p| p.point) {
            extent.include(point);
        }
        let (axis, width) = extent.widest();
        if width <= LEAF_WIDTH || people.len() <= LEAF_PEOPLE {
            return self.leaf(people, start, Some(extent));
        }
        let node = self.nodes.len();
        let reach = widest_reach(people);
        self.nodes.push(Node {
            extent: Some(extent),
            reach,
            next: 0,
            segments: (0, 0),
        });
        let middle = i64::midpoint(i64::from(extent.low[axis]), i64::from(extent.high[axis]));
        let below = partition(people, |p| {
            p.point
                .is_some_and(|point| i64::from(point[axis]) <= middle)
        });
        let (low, high) = people.split_at_mut(below);
        self.grow(low, start);
        self.grow(high, start + below);
        self.nodes[node].next = self.nodes.len() as u32;
    }

    fn leaf(&mut self, people: &mut [Person], start: usize, extent: Option<Extent>) {
        // Blocks in which most suit the same viewers: of people of one age, those who seek the same, then by reach.
        people.sort_unstable_by_key(|p| (p.gender, p.age, p.class, p.reach.to_bits(), p.row));
        let first = self.segments.len() as u32;
        let mut from = start;
        for same in people.chunk_by(|a, b| a.gender == b.gender) {
            let to = from + same.len();
            self.segments.push(Segment {
                gender: same[0].gender,
                people: (from as u32, to as u32),
            });
            from = to;
        }
        let segments = (first, self.segments.len() as u32);
        let next = self.nodes.len() as u32 + 1;
        self.nodes.push(Node {
            extent,
            reach: widest_reach(people),
            next,
            segments,
        });
    }

    /// The leaves that have people within reach of the given box (None: of everybody).
    #[inline(always)]
    pub fn near(&self, extent: Option<Extent>, reach: f32) -> impl Iterator<Item = &Node> {
        let mut at = 0;
        std::iter::from_fn(move || {
            while let Some(node) = self.nodes.get(at) {
                let apart = match (&extent, &node.extent) {
                    (Some(mine), Some(theirs)) => {
                        mine.gap_square(theirs) > f64::from(reach.min(node.reach))
                    }
                    _ => false,
                };
                at = if apart { node.next as usize } else { at + 1 };
                if !apart && node.segments.0 < node.segments.1 {
                    return Some(node);
                }
            }
            None
        })
    }

    /// The segments of a leaf.
    #[inline(always)]
    #[must_use]
    pub fn segments_of(&self, leaf: &Node) -> &[Segment] {
        &self.segments[leaf.segments.0 as usize..leaf.segments.1 as usize]
    }
}

fn widest_reach(people: &[Person]) -> f32 {
    people.iter().map(|p| p.reach).fold(0.0, f32::max)
}

/// Move the people for whom the test holds to the front, and tell how many they are.
fn partition(people: &mut [Person], holds: impl Fn(&Person) -> bool) -> usize {
    let mut front = 0;
    for at in 0..people.len() {
        if holds(&people[at]) {
            people.swap(front, at);
            front += 1;
        }
    }
    front
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::places::{chord_square, fixed_point};

    fn town() -> Vec<Person> {
        let reach = chord_limit(100.0);
        (0..3000_u32)
            .map(|row| {
                let latitude = f64::from(row.wrapping_mul(2_654_435_761) % 18_000) / 100.0 - 90.0;
                let longitude = f64::from(row.wrapping_mul(40_503) % 36_000) / 100.0 - 180.0;
                let point = (row % 7 != 0).then(|| fixed_point(latitude, longitude));
                Person {
                    row,
                    point,
                    gender: (row % 3) as u8,
                    class: row % 3,
                    age: (row % 50) as u8 + 18,
                    reach,
                }
            })
            .collect()
    }

    #[test]
    fn segments_cover_everybody_once() {
        let mut people = town();
        let tree = Tree::build(&mut people);
        let mut end = 0;
        for segment in &tree.segments {
            assert_eq!(segment.people.0, end);
            end = segment.people.1;
            let own = &people[segment.people.0 as usize..end as usize];
            assert!(own.iter().all(|p| p.gender == segment.gender));
            assert!(own.is_sorted_by_key(|p| p.age));
        }
        assert_eq!(end as usize, people.len());
    }

    #[test]
    fn nobody_within_reach_is_missed() {
        let mut people = town();
        let tree = Tree::build(&mut people);
        for viewer in people.iter().step_by(97) {
            let Some(here) = viewer.point else { continue };
            let mut extent = Extent::EMPTY;
            extent.include(here);
            let mut seen = vec![false; people.len()];
            for leaf in tree.near(Some(extent), viewer.reach) {
                for s in tree.segments_of(leaf) {
                    seen[s.people.0 as usize..s.people.1 as usize].fill(true);
                }
            }
            for (person, seen) in people.iter().zip(seen) {
                let near = person
                    .point
                    .is_none_or(|p| chord_square(here, p) <= f64::from(viewer.reach));
                assert!(seen || !near);
            }
        }
    }
}
