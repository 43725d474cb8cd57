//! The pairs of a list that show the same.

use std::collections::BTreeMap;

use super::index::pairs;
use crate::dataset::Picture;
use crate::pixels::Orientations;
use crate::store::settings::DatasetSettings;

/// Two pictures of a list, by their places in it, that show the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Related {
    /// The earlier one.
    pub(crate) first: usize,
    /// The later one.
    pub(crate) second: usize,
    /// PDQ distance in bits, 0 for equal bytes or pixels.
    pub(crate) distance: u32,
}

/// All pairs of pictures that show the same, by the second's place and then the first's.
pub(crate) fn related(pictures: &[Picture], settings: &DatasetSettings) -> Vec<Related> {
    let mut found: BTreeMap<(usize, usize), u32> = BTreeMap::new();
    for places in equal(pictures, |picture| picture.sha256.as_bytes())
        .into_values()
        .chain(equal(pictures, |picture| picture.id.as_bytes()).into_values())
    {
        for (at, second) in places.iter().enumerate() {
            found.extend(places[..at].iter().map(|first| ((*second, *first), 0)));
        }
    }
    // Hashes of nearly flat pictures coincide by chance, so those are compared by bytes and pixels only.
    let telling: Vec<usize> = (0..pictures.len())
        .filter(|place| pictures[*place].quality >= settings.near_quality)
        .collect();
    let hashes: Vec<Orientations> = telling
        .iter()
        .map(|place| pictures[*place].orientations)
        .collect();
    for pair in pairs(&hashes, settings.near_distance, |_, _| true) {
        let ends = (telling[pair.b], telling[pair.a]);
        found.entry(ends).or_insert(pair.near.distance);
    }
    found
        .into_iter()
        .map(|((second, first), distance)| Related {
            first,
            second,
            distance,
        })
        .collect()
}

/// The places of pictures that are equal in some respect.
fn equal<'a>(
    pictures: &'a [Picture],
    key: impl Fn(&'a Picture) -> &'a [u8],
) -> BTreeMap<&'a [u8], Vec<usize>> {
    let mut places: BTreeMap<&[u8], Vec<usize>> = BTreeMap::new();
    for (place, picture) in pictures.iter().enumerate() {
        places.entry(key(picture)).or_default().push(place);
    }
    places.retain(|_, of| of.len() > 1);
    places
}
