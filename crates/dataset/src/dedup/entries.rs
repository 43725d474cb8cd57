//! The pictures of a name that later ones are held against.

use std::collections::HashMap;

use super::Thumbnail;
use super::index::Index;
use super::related::is_near;
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

    /// The entries that a picture repeats and how, by their place among the candidates: by bytes, by pixels, or by a near hash when both
    /// hashes are telling; where the distance alone does not tell, `thumbnail` is asked for both.
    pub(crate) fn repeated_by<E>(
        &self,
        picture: &Picture,
        settings: &DatasetSettings,
        thumbnail: impl Fn(&SampleId) -> Result<Option<Thumbnail>, E>,
    ) -> Result<Vec<(&Entry, Flaw)>, E> {
        let mut found: HashMap<usize, Flaw> = HashMap::new();
        if picture.quality >= settings.near_quality {
            let radius = settings.near_distance.max(settings.confirm_distance);
            for one in self.index.within(&picture.orientations, radius) {
                let other = &self.all[one.place].picture;
                if other.quality >= settings.near_quality
                    && is_near(one.near, (picture.id, other.id), settings, &thumbnail)?
                {
                    let (of, distance) = (other.id, one.near.distance);
                    found.insert(one.place, Flaw::NearDuplicate { of, distance });
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

    /// The kept picture of a group that nobody took back, if there is one.
    pub(crate) fn head(&self, group: SampleId) -> Option<&Entry> {
        self.all
            .iter()
            .find(|entry| entry.kept && entry.group == group && !entry.picture.is_restored)
    }

    /// Notes that a better copy has taken the place of the entry with this place among the candidates.
    pub(crate) fn supersede(&mut self, seq: u64) {
        let old = self.all.iter_mut().find(|entry| entry.picture.seq == seq);
        if let Some(old) = old {
            old.kept = false;
        }
    }
}
