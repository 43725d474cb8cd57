//! The probes of a list that grows.

use super::index::{Index, Near, Neighbour, Stills};
use super::probes::Parts;
use super::rule::PARTS_WITHIN;
use super::{Probes, Thumbnail};
use crate::pixels::{Orientations, SampleId};
use crate::vectorized::vectorized;

/// Probes of pictures in the order of insertion, some 1,100 bytes each.
///
/// They are made of thumbnails when a list is first asked, since most lists that are read are not.
#[derive(Debug, Default)]
pub(super) struct Probed {
    wholes: Stills,
    crops: Stills,
    /// The picture that each five crops are of.
    owners: Vec<usize>,
    /// One for each picture; nothing where there is no thumbnail.
    of: Vec<Option<Box<Probes>>>,
    /// Those of the picture that was asked about last, which often is the next one.
    last: Option<(SampleId, Option<Box<Probes>>)>,
}

impl Probed {
    /// How many pictures are in it.
    pub(super) fn len(&self) -> usize {
        self.of.len()
    }

    /// Appends a picture.
    pub(super) fn push<E>(
        &mut self,
        (id, whole): (SampleId, &Orientations),
        thumbnail: impl Fn(&SampleId) -> Result<Option<Thumbnail>, E>,
    ) -> Result<(), E> {
        self.ask(id, thumbnail)?;
        let probes = self.last.take().and_then(|(_, probes)| probes);
        if let Some(probes) = &probes {
            for crop in probes.crops() {
                self.crops.insert(crop);
            }
            self.owners.push(self.of.len());
        }
        self.wholes.insert(&whole.plain());
        self.of.push(probes);
        Ok(())
    }

    /// Makes the probes of a picture that is asked about.
    pub(super) fn ask<E>(
        &mut self,
        id: SampleId,
        thumbnail: impl Fn(&SampleId) -> Result<Option<Thumbnail>, E>,
    ) -> Result<(), E> {
        if self.last.as_ref().is_none_or(|(last, _)| *last != id) {
            let probes = thumbnail(&id)?.map(|thumbnail| Box::new(Probes::of(&thumbnail)));
            self.last = Some((id, probes));
        }
        Ok(())
    }

    /// The pictures near enough to compare parts, with how near they are and in how many bits they differ from the one asked about without
    /// one of their sides; `wholes` holds them all.
    pub(super) fn parts(&self, wholes: &Index, whole: &Orientations) -> Vec<(usize, Near, u32)> {
        let Some(mine) = self.last.as_ref().and_then(|(_, probes)| probes.as_ref()) else {
            return Vec::new();
        };
        let places = self.wholes.roughly_within(&whole.plain(), PARTS_WITHIN, 0);
        let (near, mine) = (wholes.near(whole, &places), Parts::of(mine));
        let mut parts = Vec::with_capacity(places.len());
        vectorized(
            #[inline(always)]
            || {
                for (place, near) in places.iter().zip(near) {
                    if let Some(theirs) = &self.of[*place] {
                        parts.push((*place, near, mine.apart(theirs, near.orientation)));
                    }
                }
            },
        );
        parts
    }

    /// The pictures of which a crop meets the picture asked about, or which meet a crop of it, with the orientation in which that one
    /// looks like them; `wholes` holds them all.
    pub(super) fn crops(
        &self,
        wholes: &Index,
        whole: &Orientations,
        radius: u32,
    ) -> Vec<Neighbour> {
        let theirs = self.crops.within(whole, radius).into_iter();
        let theirs = theirs.map(|one| Neighbour {
            place: self.owners[one.place / Probes::CROPS],
            ..one
        });
        let mine = self.last.as_ref().and_then(|(_, probes)| probes.as_ref());
        let mine = mine.map(|probes| wholes.turned_within(probes.crops(), radius));
        theirs.chain(mine.into_iter().flatten().flatten()).collect()
    }
}
