//! The pictures of a name that later ones are held against.

use std::collections::HashMap;

use super::index::{Index, near};
use super::probed::Probed;
use super::rule::{Met, is_looking};
use super::{Rule, Thumbnail};
use crate::dataset::Picture;
use crate::pixels::{Flaw, SampleId};
use crate::store::settings::DatasetSettings;

/// A kept or superseded picture.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) picture: Picture,
    pub(crate) group: SampleId,
    pub(crate) kept: bool,
}

/// Entries in the order in which they came, found by bytes, by pixels and by likeness.
#[derive(Debug, Default)]
pub(crate) struct Entries {
    all: Vec<Entry>,
    index: Index,
    probed: Probed,
    by_bytes: HashMap<String, Vec<usize>>,
    by_pixels: HashMap<SampleId, Vec<usize>>,
}

impl Entries {
    pub(crate) fn push(&mut self, entry: Entry) {
        let place = self.index.insert(&entry.picture.orientations);
        let bytes = entry.picture.sha256.clone();
        self.by_bytes.entry(bytes).or_default().push(place);
        self.by_pixels
            .entry(entry.picture.id)
            .or_default()
            .push(place);
        self.all.push(entry);
    }

    /// Makes the probes that [`Entries::repeated_by`] needs for a picture, as far as they are not there: its own and, when it is the first one
    /// that is asked about, those of all entries.
    pub(crate) fn probe<E>(
        &mut self,
        picture: &Picture,
        settings: &DatasetSettings,
        thumbnail: impl Fn(&SampleId) -> Result<Option<Thumbnail>, E>,
    ) -> Result<(), E> {
        let is_telling = picture.quality >= settings.near_quality;
        if self.all.is_empty() || !is_telling || !is_looking(settings) {
            return Ok(());
        }
        for entry in &self.all[self.probed.len()..] {
            let picture = &entry.picture;
            let whole = (picture.id, &picture.orientations);
            self.probed.push(whole, &thumbnail)?;
        }
        self.probed.ask(picture.id, &thumbnail)
    }

    /// How many entries have probes.
    pub(crate) fn probed(&self) -> usize {
        self.probed.len()
    }

    /// Drops the probes; they are made again when they are needed.
    pub(crate) fn forget_probes(&mut self) {
        self.probed = Probed::default();
    }

    /// The entries that a picture repeats and how, by their place among the candidates: by bytes, by pixels, or by likeness when both
    /// hashes are telling; where the distance alone does not tell, `thumbnail` is asked for both. Without
    /// [`Entries::probe`] before it, crops and parts are not looked for.
    pub(crate) fn repeated_by<E>(
        &self,
        picture: &Picture,
        settings: &DatasetSettings,
        thumbnail: impl Fn(&SampleId) -> Result<Option<Thumbnail>, E>,
    ) -> Result<Vec<(&Entry, Flaw)>, E> {
        let mut found: HashMap<usize, Flaw> = HashMap::new();
        if picture.quality >= settings.near_quality {
            for (place, distance, met) in self.met(picture, settings) {
                let other = &self.all[place].picture;
                if other.quality < settings.near_quality || found.contains_key(&place) {
                    continue;
                }
                let looks = if met.rule == Rule::Near {
                    [None, None]
                } else {
                    [thumbnail(&picture.id)?, thumbnail(&other.id)?]
                };
                if met.is_confirmed(looks[0].as_ref(), looks[1].as_ref()) {
                    let of = other.id;
                    found.insert(place, Flaw::NearDuplicate { of, distance });
                }
            }
        }
        let of = picture.id;
        let equal = self.by_pixels.get(&of).into_iter().flatten();
        found.extend(equal.map(|place| (*place, Flaw::DuplicatePixels { of })));
        let equal = self.by_bytes.get(&picture.sha256).into_iter().flatten();
        found.extend(equal.map(|place| {
            let of = self.all[*place].picture.id;
            (*place, Flaw::DuplicateBytes { of })
        }));
        let mut found: Vec<(&Entry, Flaw)> = found
            .into_iter()
            .map(|(place, flaw)| (&self.all[place], flaw))
            .collect();
        found.sort_by_key(|(entry, _)| entry.picture.seq);
        Ok(found)
    }

    /// The entries whose hashes meet a picture's, with the distance of the whole ones; an entry may meet it in several ways.
    fn met(&self, picture: &Picture, settings: &DatasetSettings) -> Vec<(usize, u32, Met)> {
        let mut all = Vec::new();
        let whole = &picture.orientations;
        let radius = settings.near_distance.max(settings.confirm_distance);
        for one in self.index.within(whole, radius) {
            let met = Met::whole(one.near, settings);
            all.extend(met.map(|met| (one.place, one.near.distance, met)));
        }
        if is_looking(settings) {
            for (place, whole, apart) in self.probed.parts(&self.index, whole) {
                let met = Met::part(whole, apart, settings);
                all.extend(met.map(|met| (place, whole.distance, met)));
            }
            let crops = self
                .probed
                .crops(&self.index, whole, settings.confirm_distance);
            for one in crops {
                let whole = near(whole, &self.all[one.place].picture.orientations);
                let met = Met::crop(one.near, whole, settings);
                all.extend(met.map(|met| (one.place, whole.distance, met)));
            }
        }
        all.sort_unstable();
        all
    }

    /// The kept picture of a group that nobody took back, if there is one.
    pub(crate) fn head(&self, group: SampleId) -> Option<&Entry> {
        self.all.iter().find(|entry| {
            entry.kept && entry.group == group && !entry.picture.vouched.is_beside_others()
        })
    }

    /// Notes that a better copy has taken the place of the entry with this place among the candidates.
    pub(crate) fn supersede(&mut self, seq: u64) {
        let old = self.all.iter_mut().find(|entry| entry.picture.seq == seq);
        if let Some(old) = old {
            old.kept = false;
        }
    }
}
