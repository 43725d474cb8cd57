//! One picture under several labels.
//!
//! The rule: the name that stands first in the names file keeps the picture, but only to learn from; the others leave it out. A
//! picture that its names disagree about measures nothing. A name for which a person took it back comes before all others. Where its
//! group is in val or test already, it is left out there too, since what was held out once never moves to train. A picture of many names
//! is a placeholder, which none keeps.

use std::collections::BTreeSet;

use crate::dedup::Related;
use crate::records::Vouched;

/// What publication does with a kept picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is published.
    Published,
    /// It is published to learn from only: a later label shows it too, by the picture at place `other` of the list, at this PDQ
    /// distance.
    Shared { other: usize, distance: u32 },
    /// An earlier label shows it.
    Conflict { other: usize, distance: u32 },
    /// A later label shows it and its group is in val or test, where a disputed picture must not be.
    Contested { other: usize, distance: u32 },
    /// Too many labels show it; `other` is the first one's picture, or the next one's for the first itself.
    Placeholder { other: usize, distance: u32 },
    /// Too many hosts serve it, whatever other labels show.
    Ubiquitous,
    /// It belongs with pictures of two splits; `other` is one of them.
    Bridge { other: usize, distance: u32 },
    /// Pictures of its group have been published in two splits.
    Torn,
}

impl Fate {
    /// The rule's word for it, the other picture's place, if another one is the reason, and the distance; `None` for a picture that
    /// nothing stands against.
    pub(super) fn why(self) -> Option<(&'static str, Option<usize>, u32)> {
        match self {
            Self::Published => None,
            Self::Shared { other, distance } => Some(("shared", Some(other), distance)),
            Self::Conflict { other, distance } => Some(("conflict", Some(other), distance)),
            Self::Contested { other, distance } => Some(("contested", Some(other), distance)),
            Self::Placeholder { other, distance } => Some(("placeholder", Some(other), distance)),
            Self::Ubiquitous => Some(("placeholder", None, 0)),
            Self::Torn => Some(("bridge", None, 0)),
            Self::Bridge { other, distance } => Some(("bridge", Some(other), distance)),
        }
    }

    pub(super) fn is_published(self) -> bool {
        matches!(self, Self::Published | Self::Shared { .. })
    }
}

/// A picture and those of later labels that repeat it.
#[derive(Debug)]
struct Cluster {
    first: usize,
    repeats: Vec<(usize, u32)>,
}

/// A kept picture, as far as this rule looks at it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown {
    /// The number of its label, in the order of the names.
    pub(super) label: usize,
    /// Who has kept it before.
    pub(super) vouched: Vouched,
    /// Whether so many hosts serve it that it shows none of the labels. It stands against no other picture then.
    pub(super) is_everywhere: bool,
    /// Whether somebody chose it by hand. How many names it has been put under is for that person to know.
    pub(super) is_chosen: bool,
}

/// Settles the fate of every kept picture; `related` holds the pairs that show the same. A picture of `placeholder_names` labels shows none
/// of them: it is a logo, a placeholder or a stock motif; 0 for no such limit.
///
/// Pictures are held against the first ones of their kind only, which are what may be published. So of any two published
/// pictures of different labels none repeats the other. What repeats only pictures that are left out is published, but disputed all the
/// same, and to learn from only.
pub(super) fn settle(shown: &[Shown], related: &[Related], placeholder_names: u32) -> Vec<Fate> {
    let least = match placeholder_names {
        0 => usize::MAX,
        names => names as usize,
    };
    let mut neighbours: Vec<Vec<(usize, u32)>> = vec![Vec::new(); shown.len()];
    let stands_alone = |at: usize| shown[at].is_everywhere;
    for pair in related
        .iter()
        .filter(|p| shown[p.first].label != shown[p.second].label)
        .filter(|p| !stands_alone(p.first) && !stands_alone(p.second))
    {
        neighbours[pair.first].push((pair.second, pair.distance));
        neighbours[pair.second].push((pair.first, pair.distance));
    }
    let mut order: Vec<usize> = (0..shown.len()).collect();
    order.sort_by_key(|place| match shown[*place].vouched {
        Vouched::Person => 0,
        Vouched::Dataset => 1,
        Vouched::Nobody => 2,
    });
    let mut clusters: Vec<Cluster> = Vec::new();
    let mut cluster_of: Vec<Option<usize>> = vec![None; shown.len()];
    for place in order {
        let first = neighbours[place]
            .iter()
            .filter_map(|(other, distance)| Some((cluster_of[*other]?, *distance)))
            .min();
        if let Some((cluster, distance)) = first {
            clusters[cluster].repeats.push((place, distance));
        } else {
            cluster_of[place] = Some(clusters.len());
            clusters.push(Cluster {
                first: place,
                repeats: Vec::new(),
            });
        }
    }
    let fate = |one: &Shown| {
        if one.is_everywhere {
            Fate::Ubiquitous
        } else {
            Fate::Published
        }
    };
    let mut fates: Vec<Fate> = shown.iter().map(fate).collect();
    for Cluster { first, repeats } in clusters {
        let Some(&(next, distance)) = repeats.first() else {
            continue;
        };
        let members = repeats.iter().map(|repeat| repeat.0).chain([first]);
        let shown_by: BTreeSet<usize> = members.map(|place| shown[place].label).collect();
        let is_placeholder = shown_by.len() >= least
            && !shown[first].vouched.is_beside_others()
            && !shown[first].is_chosen;
        fates[first] = if is_placeholder {
            Fate::Placeholder {
                other: next,
                distance,
            }
        } else {
            Fate::Shared {
                other: next,
                distance,
            }
        };
        for (place, distance) in repeats {
            let other = first;
            fates[place] = if is_placeholder {
                Fate::Placeholder { other, distance }
            } else {
                Fate::Conflict { other, distance }
            };
        }
    }
    // A repeat belongs to one cluster and may be like the first one of another.
    for (fate, neighbours) in fates.iter_mut().zip(&neighbours) {
        let nearest = neighbours.iter().min_by_key(|(_, distance)| *distance);
        if let (Fate::Published, Some(&(other, distance))) = (*fate, nearest) {
            *fate = Fate::Shared { other, distance };
        }
    }
    fates
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(labels: &[usize]) -> Vec<Shown> {
        let shown = |label: &usize| Shown {
            label: *label,
            vouched: Vouched::Nobody,
            is_everywhere: false,
            is_chosen: false,
        };
        labels.iter().map(shown).collect()
    }

    fn settle(labels: &[usize], related: &[Related]) -> Vec<Fate> {
        super::settle(&shown(labels), related, 3)
    }

    fn pair(first: usize, second: usize, distance: u32) -> Related {
        Related {
            first,
            second,
            distance,
        }
    }

    #[test]
    fn the_earlier_name_keeps_a_shared_picture_to_learn_from() {
        let fates = settle(&[0, 0, 1, 1], &[pair(1, 2, 7)]);
        let (other, distance) = (2, 7);
        assert_eq!(fates[0], Fate::Published);
        assert_eq!(fates[1], Fate::Shared { other, distance });
        assert_eq!(fates[2], Fate::Conflict { other: 1, distance });
        assert_eq!(fates[3], Fate::Published);
    }

    #[test]
    fn three_names_make_a_placeholder() {
        let fates = settle(
            &[0, 1, 1, 2],
            &[pair(0, 1, 0), pair(0, 3, 0), pair(1, 3, 0)],
        );
        assert_eq!(fates[2], Fate::Published);
        for place in [0, 1, 3] {
            let fate = fates[place];
            assert!(matches!(fate, Fate::Placeholder { .. }), "{fate:?}");
        }
        let related = [pair(0, 1, 0), pair(0, 2, 0), pair(1, 2, 0)];
        for (limit, is_one) in [(0, false), (4, false), (3, true), (2, true)] {
            let fates = super::settle(&shown(&[0, 1, 2]), &related, limit);
            let first = matches!(fates[0], Fate::Placeholder { .. });
            assert_eq!(first, is_one, "from {limit} names on");
        }
    }

    #[test]
    fn what_only_a_left_out_picture_repeats_is_learned_from_alone() {
        // The second repeats the first and is left out; the third is like the second alone.
        let fates = settle(&[0, 1, 2], &[pair(0, 1, 20), pair(1, 2, 21)]);
        let (other, distance) = (1, 21);
        assert_eq!(fates[2], Fate::Shared { other, distance });
        // Two crops of one name, and the whole picture under another one.
        let fates = settle(&[0, 0, 1], &[pair(0, 2, 9), pair(1, 2, 8)]);
        let (other, distance) = (2, 8);
        assert_eq!(fates[1], Fate::Shared { other, distance });
        assert!(matches!(fates[0], Fate::Shared { other: 2, .. }));
        assert!(matches!(fates[2], Fate::Conflict { .. }));
        // Two of one label that repeat each other are the acceptance's concern.
        assert_eq!(settle(&[0, 0], &[pair(0, 1, 3)]), [Fate::Published; 2]);
    }

    #[test]
    fn what_somebody_chose_is_no_placeholder() {
        let mut all = shown(&[0, 1, 2]);
        all[0].is_chosen = true;
        let related = [pair(0, 1, 0), pair(0, 2, 0), pair(1, 2, 0)];
        let fates = super::settle(&all, &related, 3);
        assert!(matches!(fates[0], Fate::Shared { .. }));
        assert!(matches!(fates[1], Fate::Conflict { .. }));
    }

    #[test]
    fn what_is_everywhere_stands_against_nothing() {
        // The first label's picture is everywhere; those of the others are like it, and the last two like each other.
        let mut all = shown(&[0, 1, 2]);
        all[0].is_everywhere = true;
        let related = [pair(0, 1, 3), pair(0, 2, 3), pair(1, 2, 3)];
        let fates = super::settle(&all, &related, 3);
        let distance = 3;
        assert_eq!(fates[0], Fate::Ubiquitous);
        assert_eq!(fates[1], Fate::Shared { other: 2, distance });
        assert_eq!(fates[2], Fate::Conflict { other: 1, distance });
        let fates = super::settle(&all[..2], &related[..1], 3);
        assert_eq!(fates, [Fate::Ubiquitous, Fate::Published]);
    }

    #[test]
    fn what_a_person_took_back_goes_to_that_name() {
        let mut all = shown(&[0, 1, 2, 3]);
        all[2].vouched = Vouched::Person;
        let related = [pair(0, 1, 3), pair(0, 2, 3), pair(1, 2, 3)];
        let fates = super::settle(&all, &related, 3);
        let distance = 3;
        assert_eq!(fates[2], Fate::Shared { other: 0, distance });
        assert_eq!(fates[3], Fate::Published);
        let other = 2;
        assert_eq!(fates[..2], [Fate::Conflict { other, distance }; 2]);
    }
}
