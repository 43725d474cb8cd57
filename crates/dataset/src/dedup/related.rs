//! The pairs of a list that show the same.

use std::collections::BTreeMap;

use super::Thumbnail;
use super::search::{Kin, Listed, alike};
use crate::dataset::Picture;
use crate::pixels::SampleId;
use crate::store::settings::DatasetSettings;

/// Two pictures of a list, by their places in it, that show the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Related {
    /// The earlier one.
    pub(crate) first: usize,
    /// The later one.
    pub(crate) second: usize,
    /// PDQ distance of the whole pictures in bits, 0 for equal bytes or pixels.
    pub(crate) distance: u32,
}

/// All pairs of pictures that show the same, by the second's place and then the first's.
///
/// `kin` says of each picture what it may have in common with others; `wanted` says of two places, the lesser first, whether the pair matters; `thumbnail` is asked for pictures whose distance alone does not
/// tell.
pub(crate) fn related<E>(
    pictures: &[Picture],
    settings: &DatasetSettings,
    kin: &[Kin],
    wanted: impl Fn(usize, usize) -> bool + Sync,
    thumbnail: impl Fn(&SampleId) -> Result<Option<Thumbnail>, E>,
) -> Result<Vec<Related>, E> {
    let listed: Vec<Listed> = pictures
        .iter()
        .zip(kin)
        .map(|(picture, kin)| Listed {
            orientations: picture.orientations,
            quality: picture.quality,
            kin: *kin,
        })
        .collect();
    let look = |place: usize| thumbnail(&pictures[place].id);
    let found = alike(&listed, settings, &wanted, look)?;
    let mut found: BTreeMap<(usize, usize), u32> = found
        .iter()
        .map(|pair| ((pair.second, pair.first), pair.distance))
        .collect();
    for places in equal(pictures, |picture| picture.sha256.as_bytes())
        .into_values()
        .chain(equal(pictures, |picture| picture.id.as_bytes()).into_values())
    {
        for (at, second) in places.iter().enumerate() {
            let firsts = places[..at].iter().filter(|first| wanted(**first, *second));
            found.extend(firsts.map(|first| ((*second, *first), 0)));
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
