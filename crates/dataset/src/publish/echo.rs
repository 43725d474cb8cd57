//! Kept pictures that look like ones that have been published before, in another file or under another name.
//!
//! A larger copy of a test picture, or a sharper one that a changed threshold lets in, shows what has measured already: it must not be
//! learned from, whatever name finds it. So a picture that was never published follows those that it looks like.

use std::collections::{BTreeMap, BTreeSet};

use super::candidate::Candidate;
use super::memory::{Past, Record};
use super::publication::Kept;
use crate::dedup::Related;
use crate::pixels::SampleId;

/// What each kept picture looks like, by its place in the list.
#[derive(Debug, Default)]
pub(super) struct Echoes {
    of: BTreeMap<usize, Vec<SampleId>>,
}

/// Candidates that are not kept under the names to be published, but whose pictures are on record; each picture once.
pub(super) fn departed<'a>(
    candidates: &'a [Candidate],
    kept: &[&Candidate],
    record: &Record,
) -> Vec<&'a Candidate> {
    let id = |candidate: &Candidate| candidate.sample.as_ref().map(|sample| sample.id);
    let mut seen: BTreeSet<SampleId> = kept.iter().filter_map(|one| id(one)).collect();
    candidates
        .iter()
        .filter(|candidate| id(candidate).is_some_and(|id| record.knows(&id) && seen.insert(id)))
        .collect()
}

impl Echoes {
    /// Adds that the picture at a place looks like one that has been published.
    pub(super) fn add(&mut self, place: usize, published: SampleId) {
        self.of.entry(place).or_default().push(published);
    }

    /// Adds what kept pictures look like each other, where one is new and the other is on record; of two that are published under one name
    /// their group and their unit take care.
    pub(super) fn add_kept(&mut self, kept: &[Kept<'_>], related: &[Related], record: &Record) {
        let known = |place: usize| {
            let sample = kept[place].candidate.sample.as_ref()?;
            record.knows(&sample.id).then_some(sample.id)
        };
        for pair in related {
            let [one, other] = [&kept[pair.first], &kept[pair.second]];
            let is_taken_care_of = one.candidate.label == other.candidate.label
                && one.fate.is_published()
                && other.fate.is_published();
            if is_taken_care_of {
                continue;
            }
            match (known(pair.first), known(pair.second)) {
                (Some(published), None) => self.add(pair.second, published),
                (None, Some(published)) => self.add(pair.first, published),
                _ => {}
            }
        }
    }

    /// Where the pictures have been that the one at a place looks like.
    pub(super) fn past(&self, place: usize, record: &Record) -> Past {
        let all = self.of.get(&place).into_iter().flatten();
        all.fold(Past::New, |past, id| past.and(record.past(id)))
    }
}
