//! Numbers and lists for a person: what was found, what became of it, what is published.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde::Serialize;

use crate::dataset::State;
use crate::error::DatasetError;
use crate::pixels::SampleId;
use crate::publish::{Snapshot, SnapshotInfo, Split};
use crate::store::catalog::{CATALOG_FILE, Catalog};
use crate::store::settings::DatasetSettings;
use crate::terms::{self, Terms};

/// A dataset at a glance.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// The dataset's folder.
    pub root: PathBuf,
    /// The settings in force.
    pub settings: DatasetSettings,
    /// Under what terms its pictures were fetched, all crawls together.
    pub terms: Terms,
    /// Where each name stands: those of the last publication in its order, then labels that left.
    pub names: Vec<NameSummary>,
    /// The sums over all names; `label` is empty.
    pub totals: NameSummary,
    /// The newest snapshot, if there is one.
    pub snapshot: Option<SnapshotInfo>,
    /// What is wrong with the newest snapshot, and the remedy.
    pub damage: Option<String>,
    /// How many snapshots there are.
    pub snapshots: u32,
    /// Width and height in pixels of every kept download.
    pub sizes: Vec<(u32, u32)>,
    /// The published pictures, per name in the order of `names`, names without any left out.
    pub published: Vec<PublishedName>,
}

/// Where a name stands.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct NameSummary {
    /// The label.
    pub label: String,
    /// Its folder in the newest snapshot, when it has pictures there.
    pub folder: Option<String>,
    /// Whether the last publication listed it.
    pub listed: bool,
    /// Kept images wanted in all.
    pub goal: Option<u32>,
    /// Candidates whose download is finished one way or the other: the sum of the seven states.
    pub found: u32,
    /// Candidates whose bytes arrived, whatever came of them.
    pub downloaded: u32,
    /// Candidates that wait for those before them.
    pub pending: u32,
    /// Images in the dataset.
    pub kept: u32,
    /// Images a larger copy replaced.
    pub superseded: u32,
    /// Candidates the crawler gave up.
    pub rejected: u32,
    /// Downloads that are no usable or no new picture.
    pub flawed: u32,
    /// Good pictures beyond the goal.
    pub surplus: u32,
    /// Pictures taken out on request.
    pub forgotten: u32,
    /// How often each reason was given for a rejection or a flaw.
    pub reasons: BTreeMap<String, u32>,
    /// Kept images that are left out, for other names that show them, the hosts that serve them or their two splits, and those that may
    /// only be learned from.
    pub conflicts: Vec<Conflict>,
    /// Images in the newest snapshot.
    pub published: u32,
    /// The same by split.
    pub splits: SplitCounts,
}

/// Images by split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct SplitCounts {
    /// To learn from.
    pub train: u32,
    /// To choose by.
    pub val: u32,
    /// To measure on.
    pub test: u32,
}

/// A kept image that is disputed, or not published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Conflict {
    /// The image.
    pub sample: SampleId,
    /// `shared`: published to learn from only, since a later name shows it too. Left out: `conflict` when an earlier name shows it,
    /// `placeholder` when many names show or many hosts serve it, `contested` when a later name shows it and it is in a held-out group,
    /// `bridge` when it belongs with pictures of two splits.
    pub kind: String,
    /// A name that shows it too; empty for what is left out for no other picture.
    pub other_label: String,
    /// That name's image, or the image itself.
    pub other_sample: SampleId,
    /// PDQ distance between the two in bits, 0 for equal bytes or pixels.
    pub distance: u32,
}

/// The published pictures of a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PublishedName {
    /// The label.
    pub label: String,
    /// Its folder.
    pub folder: String,
    /// Its pictures in candidate order.
    pub pictures: Vec<PublishedPicture>,
}

/// A published picture, with what a page that shows it needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PublishedPicture {
    /// The sample.
    pub id: SampleId,
    /// Its split.
    pub split: Split,
    /// Its file below the dataset's folder.
    pub file: String,
    /// The URL that its bytes came from.
    pub url: String,
    /// The URL that the engine named first, when that one could not be had and another copy was fetched.
    pub image_url: Option<String>,
    /// Why that one could not be had: the code of its reject.
    pub image_reject: Option<String>,
    /// The page that shows it.
    pub page_url: Option<String>,
    /// Its title.
    pub title: Option<String>,
    /// Who made it.
    pub creator: Option<String>,
    /// Its licence.
    pub license: Option<String>,
    /// The licence's text.
    pub license_url: Option<String>,
    /// The line of credit the source asks for.
    pub attribution: Option<String>,
}

/// Sums up the dataset at `root`; a writer may be at work at the same time.
///
/// # Errors
/// [`DatasetError::NotADataset`], [`DatasetError::Damaged`] and I/O failures.
pub fn summarize(root: &Path) -> Result<Summary, DatasetError> {
    let path = root.join(CATALOG_FILE);
    if !path.exists() && Snapshot::any(root) {
        return Err(DatasetError::Damaged {
            path,
            detail: "it is missing beside its snapshots".to_owned(),
            remedy: crate::error::rebuild(root),
        });
    }
    if !path.exists() {
        return Err(DatasetError::NotADataset {
            path: root.to_path_buf(),
        });
    }
    let catalog = Catalog::read(&path)?;
    let list = Snapshot::list(root);
    // The catalog tells where each name stands also when the newest snapshot is damaged.
    let (snapshot, damage) = match list.last().map(|(_, _, path)| Snapshot::load(path)) {
        Some(Err(error @ DatasetError::Damaged { .. })) => (None, Some(error.to_string())),
        other => (other.transpose()?, None),
    };
    let names = name_summaries(&catalog, snapshot.as_ref())?;
    Ok(Summary {
        root: root.to_path_buf(),
        settings: catalog.settings()?,
        terms: terms::read(&catalog)?.unwrap_or_default(),
        totals: total(&names),
        published: snapshot
            .as_ref()
            .map(|snapshot| published(snapshot, &names))
            .unwrap_or_default(),
        names,
        snapshot: snapshot.as_ref().map(|snapshot| snapshot.info(root)),
        damage,
        snapshots: u32::try_from(list.len()).unwrap_or(u32::MAX),
        sizes: catalog.sql(kept_sizes)?,
    })
}

/// Where each name stands by the catalog and the newest snapshot.
pub(crate) fn name_summaries(
    catalog: &Catalog,
    snapshot: Option<&Snapshot>,
) -> Result<Vec<NameSummary>, DatasetError> {
    let mut names = catalog.sql(labels)?;
    let place: BTreeMap<String, usize> = names
        .iter()
        .enumerate()
        .map(|(place, name)| (name.label.clone(), place))
        .collect();
    catalog.sql(|c| count_states(c, &mut names, &place))?;
    catalog.sql(|c| read_conflicts(c, &mut names, &place))?;
    let Some(snapshot) = snapshot else {
        return Ok(names);
    };
    for class in &snapshot.classes {
        if let Some(place) = place.get(&class.label) {
            names[*place].folder = Some(class.folder.clone());
        }
    }
    for row in &snapshot.rows {
        if let Some(place) = place.get(&snapshot.class_of(row).label) {
            let name = &mut names[*place];
            name.published += 1;
            match row.split {
                Split::Train => name.splits.train += 1,
                Split::Val => name.splits.val += 1,
                Split::Test => name.splits.test += 1,
            }
        }
    }
    Ok(names)
}

fn labels(connection: &Connection) -> rusqlite::Result<Vec<NameSummary>> {
    connection
        .prepare("SELECT label, listed, goal FROM labels ORDER BY listed DESC, place, label")?
        .query_map([], |row| {
            Ok(NameSummary {
                label: row.get(0)?,
                listed: row.get(1)?,
                goal: row.get(2)?,
                ..NameSummary::default()
            })
        })?
        .collect()
}

fn count_states(
    connection: &Connection,
    names: &mut [NameSummary],
    place: &BTreeMap<String, usize>,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(
        "SELECT c.label, c.state, c.reason, d.kind <> 'rejected', count(*)
         FROM candidates c JOIN downloads d ON d.id = c.download GROUP BY 1, 2, 3, 4",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (label, state): (String, String) = (row.get(0)?, row.get(1)?);
        let (reason, arrived): (Option<String>, bool) = (row.get(2)?, row.get(3)?);
        let count: u32 = row.get(4)?;
        let Some(name) = place.get(&label).map(|place| &mut names[*place]) else {
            continue;
        };
        name.found += count;
        name.downloaded += if arrived { count } else { 0 };
        let state = State::from_name(&state).ok_or(rusqlite::Error::InvalidQuery)?;
        *name.count_mut(state) += count;
        if let (State::Rejected | State::Flawed, Some(reason)) = (state, reason) {
            *name.reasons.entry(reason).or_default() += count;
        }
    }
    Ok(())
}

impl NameSummary {
    fn count_mut(&mut self, state: State) -> &mut u32 {
        match state {
            State::Pending => &mut self.pending,
            State::Kept => &mut self.kept,
            State::Superseded => &mut self.superseded,
            State::Rejected => &mut self.rejected,
            State::Flawed => &mut self.flawed,
            State::Surplus => &mut self.surplus,
            State::Forgotten => &mut self.forgotten,
        }
    }
}

fn read_conflicts(
    connection: &Connection,
    names: &mut [NameSummary],
    place: &BTreeMap<String, usize>,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(
        "SELECT f.label, d.sample, f.kind, f.other_label, f.other_sample, f.distance
         FROM conflicts f JOIN candidates c ON c.label = f.label AND c.seq = f.seq
             JOIN downloads d ON d.id = c.download
         ORDER BY f.label, f.seq",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (label, sample, other): (String, String, String) =
            (row.get(0)?, row.get(1)?, row.get(4)?);
        let (Ok(sample), Ok(other_sample)) = (sample.parse(), other.parse()) else {
            continue;
        };
        let conflict = Conflict {
            sample,
            kind: row.get(2)?,
            other_label: row.get(3)?,
            other_sample,
            distance: row.get(5)?,
        };
        if let Some(place) = place.get(&label) {
            names[*place].conflicts.push(conflict);
        }
    }
    Ok(())
}

fn total(names: &[NameSummary]) -> NameSummary {
    let mut total = NameSummary {
        listed: true,
        ..NameSummary::default()
    };
    for name in names {
        total.found += name.found;
        total.downloaded += name.downloaded;
        total.pending += name.pending;
        total.kept += name.kept;
        total.superseded += name.superseded;
        total.rejected += name.rejected;
        total.flawed += name.flawed;
        total.surplus += name.surplus;
        total.forgotten += name.forgotten;
        total.published += name.published;
        total.splits.train += name.splits.train;
        total.splits.val += name.splits.val;
        total.splits.test += name.splits.test;
        total.conflicts.extend(name.conflicts.iter().cloned());
        for (reason, count) in &name.reasons {
            *total.reasons.entry(reason.clone()).or_default() += count;
        }
    }
    total
}

fn kept_sizes(connection: &Connection) -> rusqlite::Result<Vec<(u32, u32)>> {
    connection
        .prepare(
            "SELECT d.width, d.height FROM candidates c JOIN downloads d ON d.id = c.download
             WHERE c.state = 'kept' ORDER BY c.label, c.seq",
        )?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

fn published(snapshot: &Snapshot, names: &[NameSummary]) -> Vec<PublishedName> {
    let mut by_label: BTreeMap<&str, PublishedName> = BTreeMap::new();
    for row in &snapshot.rows {
        let class = snapshot.class_of(row);
        let name = by_label
            .entry(&class.label)
            .or_insert_with(|| PublishedName {
                label: class.label.clone(),
                folder: class.folder.clone(),
                pictures: Vec::new(),
            });
        let provenance = row.provenance.clone();
        name.pictures.push(PublishedPicture {
            id: row.id,
            split: row.split,
            file: format!("images/{}/{}/{}.jpg", row.split, class.folder, row.id),
            url: row.url.clone(),
            image_url: provenance.image_url,
            image_reject: provenance.image_reject,
            page_url: provenance.page_url,
            title: provenance.title,
            creator: provenance.creator,
            license: provenance.license,
            license_url: provenance.license_url,
            attribution: provenance.attribution,
        });
    }
    names
        .iter()
        .filter_map(|name| by_label.remove(name.label.as_str()))
        .collect()
}
