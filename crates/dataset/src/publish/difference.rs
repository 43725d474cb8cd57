//! What changed from one snapshot to another.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::Split;
use super::snapshot::{Row, Snapshot};
use crate::pixels::SampleId;

/// What changed between two snapshots, per name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Number and id of the one that is compared with.
    pub from: (u32, String),
    /// Number and id of the other one.
    pub to: (u32, String),
    /// The pixel paths' names, when they differ: no picture of one is then equal to one of the other.
    pub preparations: Option<(String, String)>,
    /// Names with changes, in the order of their classes.
    pub names: Vec<NameDifference>,
    /// Names that are in the second only.
    pub names_added: Vec<String>,
    /// Names that are in the first only.
    pub names_removed: Vec<String>,
}

/// What changed under one name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct NameDifference {
    /// The label.
    pub label: String,
    /// Pictures before.
    pub before: u32,
    /// Pictures after.
    pub after: u32,
    /// Pictures that came.
    pub added: Vec<SampleId>,
    /// Pictures that went.
    pub removed: Vec<SampleId>,
    /// Pictures in the place of another copy of theirs: the old and the new one.
    pub replaced: Vec<(SampleId, SampleId)>,
    /// Pictures of this name now that had another name or another split before.
    pub moved: Vec<Moved>,
    /// Pictures of this name before that have another name now.
    pub moved_away: Vec<MovedAway>,
}

/// A picture with another name or split than before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// The picture.
    pub id: SampleId,
    /// Its name before.
    pub from_label: String,
    /// Its split before.
    pub from_split: Split,
    /// Its split now.
    pub to_split: Split,
}

/// A picture that another name has now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MovedAway {
    /// The picture.
    pub id: SampleId,
    /// Its name now.
    pub to_label: String,
    /// Its split before.
    pub from_split: Split,
    /// Its split now.
    pub to_split: Split,
}

/// Where each picture of a snapshot is: its name and its row.
type Places<'a> = BTreeMap<SampleId, (&'a str, &'a Row)>;

impl Difference {
    /// Compares two snapshots, of one dataset or of two.
    #[must_use]
    pub fn between(from: &Snapshot, to: &Snapshot) -> Self {
        let (before, after) = (by_name(from), by_name(to));
        let (old_places, new_places) = (places(from), places(to));
        let labels: BTreeSet<&str> = before.keys().chain(after.keys()).copied().collect();
        let none = Vec::new();
        let names = labels
            .iter()
            .map(|label| {
                let old = before.get(label).unwrap_or(&none);
                let new = after.get(label).unwrap_or(&none);
                compare(label, old, new, &old_places, &new_places)
            })
            .filter(NameDifference::is_change)
            .collect();
        let only = |one: &BTreeMap<&str, Vec<&Row>>, other: &BTreeMap<&str, Vec<&Row>>| {
            let missing = one.keys().filter(|label| !other.contains_key(*label));
            missing.map(|label| (*label).to_owned()).collect()
        };
        let paths = (from.preparation.name(), to.preparation.name());
        Self {
            from: (from.number, from.id.clone()),
            to: (to.number, to.id.clone()),
            preparations: (paths.0 != paths.1).then_some(paths),
            names,
            names_added: only(&after, &before),
            names_removed: only(&before, &after),
        }
    }

    /// Whether nothing that training sees has changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && self.preparations.is_none()
    }
}

impl NameDifference {
    fn is_change(&self) -> bool {
        let lists = [
            self.added.len(),
            self.removed.len(),
            self.replaced.len(),
            self.moved.len(),
            self.moved_away.len(),
        ];
        lists.iter().any(|len| *len > 0)
    }
}

fn by_name(snapshot: &Snapshot) -> BTreeMap<&str, Vec<&Row>> {
    let mut names: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in &snapshot.rows {
        let label = snapshot.class_of(row).label.as_str();
        names.entry(label).or_default().push(row);
    }
    names
}

fn places(snapshot: &Snapshot) -> Places<'_> {
    let rows = snapshot.rows.iter();
    rows.map(|row| (row.id, (snapshot.class_of(row).label.as_str(), row)))
        .collect()
}

fn compare(
    label: &str,
    old: &[&Row],
    new: &[&Row],
    old_places: &Places<'_>,
    new_places: &Places<'_>,
) -> NameDifference {
    let count = |rows: &[&Row]| u32::try_from(rows.len()).unwrap_or(u32::MAX);
    let mut name = NameDifference {
        label: label.to_owned(),
        before: count(old),
        after: count(new),
        ..NameDifference::default()
    };
    // What is nowhere any more may have made room for another copy of its group.
    let mut gone: BTreeMap<SampleId, SampleId> = old
        .iter()
        .filter(|row| !new_places.contains_key(&row.id))
        .map(|row| (row.group, row.id))
        .collect();
    for row in new {
        match old_places.get(&row.id) {
            Some((from, before)) if *from != label || before.split != row.split => {
                name.moved.push(Moved {
                    id: row.id,
                    from_label: (*from).to_owned(),
                    from_split: before.split,
                    to_split: row.split,
                });
            }
            Some(_) => {}
            None => match gone.remove(&row.group) {
                Some(before) => name.replaced.push((before, row.id)),
                None => name.added.push(row.id),
            },
        }
    }
    let replaced: BTreeSet<SampleId> = name.replaced.iter().map(|pair| pair.0).collect();
    let out = old.iter().filter(|row| !new_places.contains_key(&row.id));
    name.removed = out
        .map(|row| row.id)
        .filter(|id| !replaced.contains(id))
        .collect();
    let away = old.iter().filter_map(|row| {
        let (to_label, now) = new_places.get(&row.id)?;
        (*to_label != label).then(|| MovedAway {
            id: row.id,
            to_label: (*to_label).to_owned(),
            from_split: row.split,
            to_split: now.split,
        })
    });
    name.moved_away = away.collect();
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::stand_in::good;
    use crate::publish::publication_tests::{add, create, names};

    #[test]
    fn what_came_went_and_was_replaced_is_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let mut dataset = create(root);
        add(&mut dataset, "owl", 0, 0..6);
        add(&mut dataset, "tit", 0, 20..23);
        dataset.publish(&names(&["owl", "tit"])).unwrap();
        // One more, a larger copy, and a name in the place of another.
        add(&mut dataset, "owl", 6, 6..7);
        dataset.commit(vec![good("owl", 7, 2, 200)]).unwrap();
        add(&mut dataset, "jay", 0, 40..42);
        dataset.publish(&names(&["owl", "jay"])).unwrap();
        let (first, second) = (
            Snapshot::numbered(root, 1).unwrap(),
            Snapshot::numbered(root, 2).unwrap(),
        );
        let difference = Difference::between(&first, &second);
        let summary: Vec<(&str, [usize; 4])> = difference
            .names
            .iter()
            .map(|n| {
                let lists = [
                    n.added.len(),
                    n.removed.len(),
                    n.replaced.len(),
                    n.moved.len(),
                ];
                (n.label.as_str(), lists)
            })
            .collect();
        let expected = [
            ("jay", [2, 0, 0, 0]),
            ("owl", [1, 0, 1, 0]),
            ("tit", [0, 3, 0, 0]),
        ];
        assert_eq!(summary, expected);
        assert_eq!(difference.names_added, ["jay"]);
        assert_eq!(difference.names_removed, ["tit"]);
        assert_eq!(
            (difference.names[1].before, difference.names[1].after),
            (6, 7)
        );
        assert!(Difference::between(&second, &second).is_empty());
        let back = Difference::between(&second, &first);
        assert_eq!(
            back.names[1].replaced[0].1,
            difference.names[1].replaced[0].0
        );
    }

    #[test]
    fn a_picture_with_another_name_has_moved_and_not_come_and_gone() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let mut dataset = create(root);
        add(&mut dataset, "owl", 0, 0..4);
        add(&mut dataset, "bird", 0, 3..6);
        dataset.publish(&names(&["owl", "bird"])).unwrap();
        dataset.publish(&names(&["bird", "owl"])).unwrap();
        let difference = Difference::between(
            &Snapshot::numbered(root, 1).unwrap(),
            &Snapshot::numbered(root, 2).unwrap(),
        );
        let bird = &difference.names[0];
        assert_eq!((bird.label.as_str(), bird.added.len()), ("bird", 0));
        assert_eq!(bird.moved[0].from_label, "owl");
        assert_eq!(bird.moved[0].from_split, bird.moved[0].to_split);
        assert!(difference.names.iter().all(|name| name.removed.is_empty()));
        // The name that it left has a line as well.
        let owl = &difference.names[1];
        assert_eq!((owl.label.as_str(), owl.before, owl.after), ("owl", 4, 3));
        let (away, came) = (&owl.moved_away[..], &bird.moved[..]);
        assert_eq!((away.len(), away[0].id), (1, came[0].id));
        assert_eq!(away[0].to_label, "bird");
        assert!(bird.moved_away.is_empty() && owl.moved.is_empty());
    }
}
