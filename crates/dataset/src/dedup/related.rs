//! The pairs of a list that show the same.

use std::collections::BTreeMap;

use super::index::{Near, pairs};
use super::{LikenessSettings, Thumbnail};
use crate::dataset::Picture;
use crate::pixels::{Orientations, SampleId};
use crate::store::settings::DatasetSettings;

/// Most pictures of which all pairs are looked at beyond the distance that tells outright; of more, those that are kin.
const ALL_PAIRS: usize = 100_000;

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
///
/// `kin` says of two places whether they have a name, page or host in common; `thumbnail` is asked for pictures whose distance
/// alone does not tell.
pub(crate) fn related<E>(
    pictures: &[Picture],
    settings: &DatasetSettings,
    kin: impl Fn(usize, usize) -> bool + Sync,
    thumbnail: impl Fn(&SampleId) -> Result<Option<Thumbnail>, E>,
) -> Result<Vec<Related>, E> {
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
    let mut near = pairs(&hashes, settings.near_distance, |_, _| true);
    if settings.confirm_distance > settings.near_distance {
        let is_wanted =
            |a: usize, b: usize| telling.len() <= ALL_PAIRS || kin(telling[a], telling[b]);
        near.extend(pairs(&hashes, settings.confirm_distance, is_wanted));
    }
    for pair in near {
        let (first, second) = (telling[pair.a], telling[pair.b]);
        let ids = (pictures[first].id, pictures[second].id);
        if !found.contains_key(&(second, first)) && is_near(pair.near, ids, settings, &thumbnail)? {
            found.insert((second, first), pair.near.distance);
        }
    }
    Ok(found
        .into_iter()
        .map(|((second, first), distance)| Related {
            first,
            second,
            distance,
        })
        .collect())
}

/// Whether two pictures are near-duplicates: by distance outright, or by distance and thumbnails. Without a thumbnail of both, as in
/// datasets of the first layout, distance must tell.
pub(super) fn is_near<E>(
    near: Near,
    (a, b): (SampleId, SampleId),
    settings: &DatasetSettings,
    thumbnail: impl Fn(&SampleId) -> Result<Option<Thumbnail>, E>,
) -> Result<bool, E> {
    if near.distance <= settings.near_distance {
        return Ok(true);
    }
    if near.distance > settings.confirm_distance {
        return Ok(false);
    }
    let likeness = LikenessSettings::default();
    Ok(match (thumbnail(&a)?, thumbnail(&b)?) {
        (Some(a), Some(b)) => likeness.confirms(&a, &b, usize::from(near.orientation)),
        _ => false,
    })
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
