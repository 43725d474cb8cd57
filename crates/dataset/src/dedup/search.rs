//! The pairs of a list that look the same.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::index::{Index, Pair, Stills, near, pairs};
use super::probes::Parts;
use super::rule::{Met, PARTS_WITHIN, is_looking};
use super::{Probes, Rule, Thumbnail};
use crate::pixels::Orientations;
use crate::store::settings::DatasetSettings;
use crate::vectorized::vectorized;

/// Most pictures of which all pairs are looked at beyond the distance that tells outright; of more, those that are kin.
pub(crate) const ALL_PAIRS: usize = 100_000;
/// Most pictures of which all pairs are looked at by crops and parts: 17 ns of one core a pair where one instruction counts the
/// bits of 64 bytes and twice that elsewhere, so 11 to 21 s on two cores for so many; 100,000 would take four times that.
pub(crate) const ALL_PROBED: usize = 50_000;
/// Pictures or pairs whose thumbnails are in memory at a time.
const BATCH: usize = 1 << 12;

/// A picture of a list.
#[derive(Debug, Clone, Copy)]
pub struct Listed {
    /// Its hashes.
    pub orientations: Orientations,
    /// How much they say, 0 to 100.
    pub quality: u8,
    /// What it may have in common with others.
    pub kin: Kin,
}

/// Numbers for what pictures may have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Kin {
    /// The name.
    pub name: u32,
    /// The host it comes from.
    pub host: u32,
    /// The page it was found on.
    pub page: u32,
}

impl Kin {
    fn is_of(self, other: Self) -> bool {
        self.name == other.name || self.host == other.host || self.page == other.page
    }
}

/// Two pictures of a list, by their places in it, that look the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alike {
    /// The earlier one.
    pub first: usize,
    /// The later one.
    pub second: usize,
    /// Bits in which the hashes of the whole pictures differ.
    pub distance: u32,
    /// By what they were found.
    pub rule: Rule,
}

/// All pairs that look the same by these settings, by the second's place and then the first's.
///
/// `wanted` says of two places, the lesser first, whether the pair matters; `thumbnail` is asked for pictures whose distance alone does
/// not tell, from this thread. The rest is done by the rayon pool that this is called in.
///
/// Memory, beside what [`pairs`] takes: 1.1 KB a picture for probes and their indexes, of 50,000 pictures at a time at most, and 4 MB of
/// thumbnails in hand.
///
/// # Errors
/// Those of `thumbnail`.
pub fn alike<E>(
    listed: &[Listed],
    settings: &DatasetSettings,
    wanted: impl Fn(usize, usize) -> bool + Sync,
    mut thumbnail: impl FnMut(usize) -> Result<Option<Thumbnail>, E>,
) -> Result<Vec<Alike>, E> {
    // Hashes of nearly flat pictures coincide by chance, so those are compared by bytes and pixels only.
    let telling = 0..listed.len();
    let telling: Vec<usize> = telling
        .filter(|place| listed[*place].quality >= settings.near_quality)
        .collect();
    let search = Search {
        telling: &telling,
        listed,
        settings,
        wanted: &wanted,
    };
    let mut met = search.near();
    if is_looking(settings) {
        met.extend(search.further());
        for places in search.lists() {
            met.extend(search.probed(&places, &mut thumbnail)?);
        }
    }
    met.par_sort_unstable();
    confirmed(&met, thumbnail)
}

/// Places of two pictures, the second first, with the distance of the whole ones and how they meet.
type Meeting = ((usize, usize), u32, Met);

#[derive(Debug)]
struct Search<'a, W> {
    listed: &'a [Listed],
    /// Places of those that are compared.
    telling: &'a [usize],
    settings: &'a DatasetSettings,
    wanted: &'a W,
}

impl<W: Fn(usize, usize) -> bool + Sync> Search<'_, W> {
    fn hashes(&self, places: &[usize]) -> Vec<Orientations> {
        let hashes = places.iter().map(|at| self.listed[*at].orientations);
        hashes.collect()
    }

    /// Those whose distance tells outright.
    fn near(&self) -> Vec<Meeting> {
        let radius = self.settings.near_distance;
        let wanted = |a: usize, b: usize| (self.wanted)(self.telling[a], self.telling[b]);
        let near = pairs(&self.hashes(self.telling), radius, wanted);
        near.iter().filter_map(|pair| self.whole(pair)).collect()
    }

    /// Those whose thumbnails are asked.
    fn further(&self) -> Vec<Meeting> {
        let radius = self.settings.confirm_distance;
        let is_small = self.telling.len() <= ALL_PAIRS;
        let wanted = |a: usize, b: usize| {
            let (a, b) = (self.telling[a], self.telling[b]);
            (self.wanted)(a, b) && (is_small || self.listed[a].kin.is_of(self.listed[b].kin))
        };
        let near = pairs(&self.hashes(self.telling), radius, wanted);
        near.iter()
            .filter(|pair| pair.near.distance > self.settings.near_distance)
            .filter_map(|pair| self.whole(pair))
            .collect()
    }

    /// How whole pictures meet.
    fn whole(&self, pair: &Pair) -> Option<Meeting> {
        let met = Met::whole(pair.near, self.settings)?;
        let places = (self.telling[pair.b], self.telling[pair.a]);
        Some((places, pair.near.distance, met))
    }

    /// The lists in which all pairs are looked at by crops and parts: all in one, or, of very many, those of each name and of each host. Of
    /// a host that has very many itself it is those of each page; within a name that has, acceptance has looked already.
    fn lists(&self) -> Vec<Vec<usize>> {
        if self.telling.len() <= ALL_PROBED {
            return vec![self.telling.to_vec()];
        }
        let by = |key: fn(&Kin) -> u32, places: &[usize]| {
            let mut lists: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
            for at in places {
                lists
                    .entry(key(&self.listed[*at].kin))
                    .or_default()
                    .push(*at);
            }
            lists
                .into_values()
                .partition(|list| list.len() <= ALL_PROBED)
        };
        let (mut lists, _): (Vec<Vec<usize>>, Vec<Vec<usize>>) = by(|kin| kin.name, self.telling);
        let (hosts, crowded) = by(|kin| kin.host, self.telling);
        let (pages, _) = by(|kin| kin.page, &crowded.concat());
        lists.extend(hosts);
        lists.extend(pages);
        lists.retain(|list| list.len() > 1);
        lists
    }

    /// Those that meet by a crop or a part.
    fn probed<E>(
        &self,
        places: &[usize],
        thumbnail: impl FnMut(usize) -> Result<Option<Thumbnail>, E>,
    ) -> Result<Vec<Meeting>, E> {
        let probes = probes(places, thumbnail)?;
        let hashes = self.hashes(places);
        let (mut index, mut wholes) = (Index::new(), Stills::new());
        for hashes in &hashes {
            index.insert(hashes);
            wholes.insert(&hashes.plain());
        }
        let met = (0..places.len()).into_par_iter().flat_map_iter(|at| {
            let mut met = Vec::new();
            if let Some(mine) = &probes[at] {
                let parts = wholes.roughly_within(&hashes[at].plain(), PARTS_WITHIN, at + 1);
                let parts = parts
                    .into_iter()
                    .filter(|b| (self.wanted)(places[at], places[*b]));
                let parts: Vec<usize> = parts.collect();
                let near = index.near(&hashes[at], &parts);
                let mine_turned = Parts::of(mine);
                vectorized(
                    #[inline(always)]
                    || {
                        for (b, whole) in parts.iter().zip(near) {
                            let Some(theirs) = &probes[*b] else { continue };
                            let apart = mine_turned.apart(theirs, whole.orientation);
                            if let Some(part) = Met::part(whole, apart, self.settings) {
                                met.push(((places[*b], places[at]), whole.distance, part));
                            }
                        }
                    },
                );
                self.crops(places, &hashes, &index, (at, mine), &mut met);
            }
            met
        });
        Ok(met.collect())
    }

    /// The crops of the picture at `at` against all wholes; the other picture is the one that is turned.
    fn crops(
        &self,
        places: &[usize],
        hashes: &[Orientations],
        index: &Index,
        (at, mine): (usize, &Probes),
        met: &mut Vec<Meeting>,
    ) {
        let found = index.turned_within(mine.crops(), self.settings.confirm_distance);
        for one in found.into_iter().flatten().filter(|one| one.place != at) {
            let (a, b, crop) = if at < one.place {
                (at, one.place, one.near)
            } else {
                (one.place, at, one.near.reversed())
            };
            if (self.wanted)(places[a], places[b]) {
                let whole = near(&hashes[a], &hashes[b]);
                let crop = Met::crop(crop, whole, self.settings);
                met.extend(crop.map(|met| ((places[b], places[a]), whole.distance, met)));
            }
        }
    }
}

/// The probes of the pictures at these places; nothing where there is no thumbnail.
fn probes<E>(
    places: &[usize],
    mut thumbnail: impl FnMut(usize) -> Result<Option<Thumbnail>, E>,
) -> Result<Vec<Option<Probes>>, E> {
    let mut probes = Vec::with_capacity(places.len());
    for places in places.chunks(BATCH) {
        let thumbnails = places.iter().map(|place| thumbnail(*place));
        let thumbnails: Vec<Option<Thumbnail>> = thumbnails.collect::<Result<_, E>>()?;
        let made = thumbnails.par_iter();
        probes.par_extend(made.map(|thumbnail| thumbnail.as_ref().map(Probes::of)));
    }
    Ok(probes)
}

/// The pairs that show the same, of meetings in their order.
fn confirmed<E>(
    met: &[Meeting],
    mut thumbnail: impl FnMut(usize) -> Result<Option<Thumbnail>, E>,
) -> Result<Vec<Alike>, E> {
    let mut found: Vec<Alike> = Vec::new();
    for met in met.chunks(BATCH) {
        let mut seen: BTreeMap<usize, Option<Thumbnail>> = BTreeMap::new();
        for ((second, first), _, met) in met {
            for place in [*second, *first] {
                if met.rule != Rule::Near && !seen.contains_key(&place) {
                    seen.insert(place, thumbnail(place)?);
                }
            }
        }
        let of = |place| seen.get(&place).and_then(Option::as_ref);
        let confirmed = met
            .par_iter()
            .filter(|((second, first), _, met)| met.is_confirmed(of(*first), of(*second)));
        let confirmed = confirmed.map(|((second, first), distance, met)| Alike {
            first: *first,
            second: *second,
            distance: *distance,
            rule: met.rule,
        });
        found.par_extend(confirmed);
    }
    // A pair that meets in several ways is found by the first of them.
    found.dedup_by_key(|pair| (pair.second, pair.first));
    Ok(found)
}
