//! Groups of a name that must lie in one split.
//!
//! A group of near-duplicates is a unit of its own. Groups are put together where published pictures of theirs are near-duplicates
//! all the same (one that was restored, or a distance that was raised), and on request where they come from one landing page or
//! one host, since pictures of one page are often taken in one minute.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Split;
use crate::pixels::SampleId;
use crate::records::Provenance;

/// What belongs into one split beside near-duplicates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Grouping {
    /// Nothing else.
    #[default]
    Duplicates,
    /// What one landing page shows; a picture without one goes by its own URL's folder.
    Page,
    /// What comes from one host.
    Host,
}

impl Grouping {
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde hands over a reference"
    )]
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// What pictures of one unit have in common; `None` when nothing but their looks counts.
    pub(super) fn key<'a>(self, url: &'a str, provenance: &'a Provenance) -> Option<&'a str> {
        let page = provenance.page_url.as_deref();
        match self {
            Self::Duplicates => None,
            Self::Page => Some(page.unwrap_or_else(|| folder_of(url)).trim_end_matches('/')),
            Self::Host => Some(host_of(page.unwrap_or(url))),
        }
    }
}

/// A URL without its last segment and what follows it.
fn folder_of(url: &str) -> &str {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    path.rfind('/').map_or(path, |slash| &path[..slash])
}

pub(super) fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host)
}

/// A published picture of a name, as its split is decided.
#[derive(Debug, Clone)]
pub(super) struct Member<'a> {
    /// Its near-duplicate group.
    pub(super) group: SampleId,
    /// What else ties it to others.
    pub(super) key: Option<&'a str>,
    /// Whether another name shows it too, so that it may only be learned from.
    pub(super) is_shared: bool,
    /// Whether it must be left out of the snapshot, and why.
    pub(super) verdict: Verdict,
}

/// What becomes of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is published in its unit's split.
    Stays,
    /// A disputed picture whose group is in val or test.
    Contested,
    /// It belongs with pictures of two splits, of which the member at this place is one.
    Bridge(usize),
    /// Pictures of its group have been in two splits.
    Torn,
}

/// Groups that go into one split together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unit {
    /// Its groups; the first one names it.
    pub(super) groups: Vec<SampleId>,
    /// Where it is already.
    pub(super) split: Option<Split>,
    /// Whether it may only be learned from.
    pub(super) is_shared: bool,
}

/// Puts the members of a name, in candidate order, into units and gives the verdict on those that cannot be in one; `near` holds
/// pairs of places that are near-duplicates, and `given` the splits on record.
pub(super) fn units(
    members: &mut [Member<'_>],
    near: &[(usize, usize)],
    given: &BTreeMap<SampleId, Split>,
) -> Vec<Unit> {
    for member in members.iter_mut() {
        let held = matches!(given.get(&member.group), Some(Split::Val | Split::Test));
        if member.is_shared && held && member.verdict == Verdict::Stays {
            member.verdict = Verdict::Contested;
        }
    }
    part_neighbours(members, near, given);
    // Now no two members that stay are near and in different splits; what ties others together decides about new ones.
    let mut sets = Sets::new(members.len());
    let mut first_of_group: BTreeMap<SampleId, usize> = BTreeMap::new();
    let mut first_of_key: BTreeMap<&str, usize> = BTreeMap::new();
    let stays = |member: &Member<'_>| member.verdict == Verdict::Stays;
    for (place, member) in members.iter().enumerate().filter(|(_, m)| stays(m)) {
        sets.join(*first_of_group.entry(member.group).or_insert(place), place);
        if let Some(key) = member.key {
            sets.join(*first_of_key.entry(key).or_insert(place), place);
        }
    }
    for (a, b) in near {
        if stays(&members[*a]) && stays(&members[*b]) {
            sets.join(*a, *b);
        }
    }
    let mut places: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for place in (0..members.len()).filter(|place| stays(&members[*place])) {
        places.entry(sets.root(place)).or_default().push(place);
    }
    let mut units = Vec::new();
    for places in places.into_values() {
        units.extend(unit(members, &places, given));
    }
    units
}

/// Leaves out new members that are near ones of two splits, and the held-out one of two old neighbours in different splits: what
/// has been learned from cannot be unlearned.
fn part_neighbours(
    members: &mut [Member<'_>],
    near: &[(usize, usize)],
    given: &BTreeMap<SampleId, Split>,
) {
    let split_of = |member: &Member<'_>| given.get(&member.group).copied();
    for &(a, b) in near {
        let (one, other) = (split_of(&members[a]), split_of(&members[b]));
        let both_stay = [a, b].iter().all(|p| members[*p].verdict == Verdict::Stays);
        if let (Some(one), Some(other)) = (one, other)
            && one != other
            && both_stay
        {
            // Train stays, else the later candidate goes.
            let (out, left) = if one == Split::Train { (b, a) } else { (a, b) };
            let (out, left) = if Split::Train != one && Split::Train != other {
                (b.max(a), b.min(a))
            } else {
                (out, left)
            };
            members[out].verdict = Verdict::Bridge(left);
        }
    }
}

/// Makes a unit of members that belong together. Where those on record are in different splits, each split's groups stay a unit of their
/// own and the new ones are left out.
fn unit(
    members: &mut [Member<'_>],
    places: &[usize],
    given: &BTreeMap<SampleId, Split>,
) -> Vec<Unit> {
    let mut by_split: BTreeMap<Option<Split>, Vec<usize>> = BTreeMap::new();
    for place in places {
        let split = given.get(&members[*place].group).copied();
        by_split.entry(split).or_default().push(*place);
    }
    let make = |members: &[Member<'_>], places: &[usize], split: Option<Split>| {
        let mut groups: Vec<SampleId> = Vec::new();
        for place in places {
            if !groups.contains(&members[*place].group) {
                groups.push(members[*place].group);
            }
        }
        Unit {
            groups,
            split,
            is_shared: places.iter().any(|place| members[*place].is_shared),
        }
    };
    let recorded: Vec<Split> = by_split.keys().filter_map(|split| *split).collect();
    match recorded.as_slice() {
        [] => vec![make(members, places, None)],
        // New members follow the old ones, unless they are disputed and those are held out.
        [split] => {
            let fits = |m: &Member<'_>| !m.is_shared || *split == Split::Train;
            let (stay, out): (Vec<usize>, Vec<usize>) =
                places.iter().partition(|place| fits(&members[**place]));
            for place in out {
                members[place].verdict = Verdict::Contested;
            }
            vec![make(members, &stay, Some(*split))]
        }
        _ => {
            let anchor = by_split[&Some(recorded[0])][0];
            for place in by_split.remove(&None).unwrap_or_default() {
                members[place].verdict = Verdict::Bridge(anchor);
            }
            by_split
                .into_iter()
                .map(|(split, places)| make(members, &places, split))
                .collect()
        }
    }
}

/// Disjoint sets of places.
#[derive(Debug)]
struct Sets {
    parent: Vec<usize>,
}

impl Sets {
    fn new(len: usize) -> Self {
        Self {
            parent: (0..len).collect(),
        }
    }

    /// The set's least place.
    fn root(&mut self, mut place: usize) -> usize {
        while self.parent[place] != place {
            self.parent[place] = self.parent[self.parent[place]];
            place = self.parent[place];
        }
        place
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.parent[a.max(b)] = a.min(b);
    }
}
