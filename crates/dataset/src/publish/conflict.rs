//! One picture under several labels.

use std::collections::BTreeSet;

use crate::dataset::{Picture, Probe};
use crate::pixels::Flaw;
use crate::store::settings::DatasetSettings;

/// A picture kept under this many labels shows none of them; it is a logo, a placeholder or a stock motif.
const PLACEHOLDER_LABELS: usize = 3;

/// What publication does with a kept picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is published.
    Published,
    /// An earlier label shows it: the picture at place `other` of the list, at this PDQ distance.
    Conflict { other: usize, distance: u32 },
    /// Too many labels show it; `other` is the first one's picture, or the next one's for the first itself.
    Placeholder { other: usize, distance: u32 },
}

/// A picture and those of later labels that repeat it.
#[derive(Debug)]
struct Cluster {
    first: usize,
    repeats: Vec<(usize, u32)>,
}

/// Settles the fate of every kept picture; `kept` holds label number and picture, labels in the order of the names.
///
/// Pictures are held against the first ones of their kind only, which are what may be published. So of any two published
/// pictures of different labels none repeats the other.
pub(super) fn settle(kept: &[(usize, Picture)], settings: &DatasetSettings) -> Vec<Fate> {
    let mut clusters: Vec<Cluster> = Vec::new();
    for (place, (label, picture)) in kept.iter().enumerate() {
        let probe = Probe::new(picture);
        let found = clusters.iter_mut().find_map(|cluster| {
            let (other_label, other) = &kept[cluster.first];
            // Within a label acceptance has settled it.
            let flaw = if other_label == label {
                None
            } else {
                probe.repeats(other, settings)
            };
            flaw.map(|flaw| (cluster, distance(&flaw)))
        });
        match found {
            Some((cluster, distance)) => cluster.repeats.push((place, distance)),
            None => clusters.push(Cluster {
                first: place,
                repeats: Vec::new(),
            }),
        }
    }
    let mut fates = vec![Fate::Published; kept.len()];
    for cluster in clusters {
        let members = cluster
            .repeats
            .iter()
            .map(|repeat| repeat.0)
            .chain([cluster.first]);
        let labels: BTreeSet<usize> = members.map(|place| kept[place].0).collect();
        let other = cluster.first;
        if labels.len() < PLACEHOLDER_LABELS {
            for (place, distance) in cluster.repeats {
                fates[place] = Fate::Conflict { other, distance };
            }
            continue;
        }
        let (next, distance) = cluster.repeats[0];
        fates[other] = Fate::Placeholder {
            other: next,
            distance,
        };
        for (place, distance) in cluster.repeats {
            fates[place] = Fate::Placeholder { other, distance };
        }
    }
    fates
}

fn distance(flaw: &Flaw) -> u32 {
    match flaw {
        Flaw::NearDuplicate { distance, .. } => *distance,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixels::SampleId;
    use crate::pixels::pdq;
    use crate::pixels::scene::scene;

    fn picture(label: usize, seed: u64, seq: u64) -> (usize, Picture) {
        let (orientations, quality) = pdq::hash(120, 90, &scene(seed, 120, 90));
        let id = SampleId::of_pixels("conflict test", 0, format!("{label} {seed}").as_bytes());
        let picture = Picture {
            seq,
            id,
            sha256: format!("{label} {seed}"),
            orientations,
            quality,
            area: 1,
        };
        (label, picture)
    }

    #[test]
    fn the_earlier_name_keeps_a_shared_picture() {
        let kept = [
            picture(0, 1, 0),
            picture(0, 2, 1),
            picture(1, 2, 0),
            picture(1, 3, 1),
        ];
        let fates = settle(&kept, &DatasetSettings::default());
        assert_eq!(
            fates,
            [
                Fate::Published,
                Fate::Published,
                Fate::Conflict {
                    other: 1,
                    distance: 0
                },
                Fate::Published
            ]
        );
    }

    #[test]
    fn three_names_make_a_placeholder() {
        let kept = [
            picture(0, 1, 0),
            picture(1, 1, 0),
            picture(1, 5, 1),
            picture(2, 1, 0),
        ];
        let fates = settle(&kept, &DatasetSettings::default());
        assert_eq!(fates[2], Fate::Published);
        for place in [0, 1, 3] {
            assert!(
                matches!(fates[place], Fate::Placeholder { .. }),
                "{:?}",
                fates[place]
            );
        }
    }
}
