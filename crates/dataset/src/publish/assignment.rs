//! Which split each picture is in.

use std::collections::BTreeMap;

use super::conflict::Fate;
use super::memory::{Past, Record, Twins};
use super::publication::{Kept, Settled};
use super::records::Splits;
use super::snapshot::GroupSplit;
use super::unit::{Member, Verdict, units};
use super::{Candidate, Split, split};
use crate::dataset::Dataset;
use crate::dedup::Related;
use crate::pixels::SampleId;

/// Bits of a PDQ hash, written down as the distance where looks are not the reason.
const FAR: u32 = 256;

impl Dataset {
    /// Gives the groups to be published, and with them their pictures, their splits and returns the new ones; what cannot be in any is left
    /// out.
    ///
    /// `kept` lists the pictures of one name after the other, in the order of `names`, and `related` is sorted by the second place.
    pub(super) fn assign_splits(
        &self,
        names: &[String],
        candidates: &[Candidate],
        settled: &mut Settled<'_>,
        splits: &mut Splits,
        mut record: Record,
    ) -> Vec<GroupSplit> {
        let Settled {
            kept,
            related,
            echoes,
        } = settled;
        let mut new = Vec::new();
        let mut end = 0;
        for name in names {
            let start = end;
            let of_name = kept[start..].iter();
            end += of_name
                .take_while(|kept| kept.candidate.label == *name)
                .count();
            let places: Vec<usize> = (start..end)
                .filter(|at| kept[*at].fate.is_published())
                .collect();
            let related = within(related, start, end);
            let mut members: Vec<Member<'_>> = Vec::with_capacity(places.len());
            for place in &places {
                members.extend(self.member(&kept[*place]));
            }
            let given = splits.entry(name.clone()).or_default();
            let twins = Twins::of(candidates, name);
            let mut added: BTreeMap<SampleId, Split> = BTreeMap::new();
            for (place, member) in places.iter().zip(&mut members) {
                let group = member.group;
                let of_group = added.get(&group).or_else(|| given.get(&group)).copied();
                let sample = kept[*place].candidate.sample.as_ref();
                let past = match sample.map_or(Past::New, |sample| record.past(&sample.id)) {
                    // It follows its group, and what it looks like.
                    Past::New => of_group
                        .map_or_else(|| record.past(&group), Past::One)
                        .and(twins.past(&group, &record))
                        .and(echoes.past(*place, &record)),
                    // It stays where it was, and its group must agree.
                    own => own.and(of_group.map_or(Past::New, Past::One)),
                };
                match past {
                    Past::New => {}
                    Past::One(split) => {
                        if !given.contains_key(&group) {
                            added.insert(group, split);
                        }
                    }
                    Past::Torn => member.verdict = Verdict::Torn,
                }
            }
            given.extend(&added);
            let units = units(&mut members, &pairs_of(&places, related), given);
            let mut assigned = split::assign(&units, &self.settings);
            assigned.retain(|group, _| !given.contains_key(group));
            given.extend(&assigned);
            added.extend(assigned);
            // Each picture by itself as well: its group may be another one by the next publication.
            for (place, member) in places.iter().zip(&members) {
                if let (Verdict::Stays, Some(split), Some(sample)) = (
                    member.verdict,
                    given.get(&member.group).copied(),
                    &kept[*place].candidate.sample,
                ) && given.insert(sample.id, split).is_none()
                {
                    added.insert(sample.id, split);
                }
            }
            for (group, split) in added {
                record.add(group, split);
                new.push(GroupSplit {
                    label: name.clone(),
                    group,
                    split,
                });
            }
            let verdicts: Vec<Verdict> = members.iter().map(|member| member.verdict).collect();
            for (place, verdict) in places.iter().zip(verdicts) {
                leave_out(*place, verdict, &places, related, kept);
            }
        }
        new
    }

    /// A picture as its split is decided; `None` only for what the schema rules out, kept without a group.
    fn member<'a>(&self, kept: &Kept<'a>) -> Option<Member<'a>> {
        let candidate = kept.candidate;
        Some(Member {
            group: candidate.group?,
            key: self
                .settings
                .group_by
                .key(&candidate.url, &candidate.provenance),
            is_shared: matches!(kept.fate, Fate::Shared { .. }),
            verdict: Verdict::Stays,
        })
    }
}

/// The pairs whose second place is `start` or more and less than `end`.
fn within(related: &[Related], start: usize, end: usize) -> &[Related] {
    let before = |place: usize| related.partition_point(|pair| pair.second < place);
    &related[before(start)..before(end)]
}

/// Which of these places show the same, as places in their own list.
fn pairs_of(places: &[usize], related: &[Related]) -> Vec<(usize, usize)> {
    let at = |place: &usize| places.binary_search(place).ok();
    related
        .iter()
        .filter_map(|pair| Some((at(&pair.first)?, at(&pair.second)?)))
        .collect()
}

/// Turns the verdict on a picture that cannot be in any split into its fate.
fn leave_out(
    place: usize,
    verdict: Verdict,
    places: &[usize],
    related: &[Related],
    kept: &mut [Kept<'_>],
) {
    let fate = &mut kept[place].fate;
    match (verdict, *fate) {
        (Verdict::Contested, Fate::Shared { other, distance }) => {
            *fate = Fate::Contested { other, distance };
        }
        (Verdict::Torn, _) => *fate = Fate::Torn,
        (Verdict::Bridge(other), _) => {
            let other = places[other];
            let ends = (place.min(other), place.max(other));
            let pair = related.iter().find(|p| (p.first, p.second) == ends);
            // Without a pair it is their page or host that ties them together.
            *fate = Fate::Bridge {
                other,
                distance: pair.map_or(FAR, |pair| pair.distance),
            };
        }
        _ => {}
    }
}
