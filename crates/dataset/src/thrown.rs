//! The stored pictures that are not published, and why.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;

use crate::dataset::{State, unreadable};
use crate::error::DatasetError;
use crate::pixels::{Orientations, SampleId};
use crate::store::catalog::{CATALOG_FILE, Catalog};
use crate::store::objects::Objects;

/// A stored picture that was thrown out of a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Thrown {
    /// The name.
    pub label: String,
    /// The picture.
    pub sample: SampleId,
    /// Its state: flawed, superseded, or kept when only the publication left it out.
    pub state: State,
    /// The code of the reason.
    pub reason: String,
    /// What exactly.
    pub detail: String,
    /// The picture that it repeats, if that is the reason.
    pub of: Option<SampleId>,
    /// PDQ distance to that one in bits, 0 for equal bytes or pixels; `None` where publication went by something else than looks.
    pub distance: Option<u32>,
    /// Its file below the dataset's folder.
    pub file: String,
    /// Where it was downloaded.
    pub url: String,
}

impl Thrown {
    /// The codes that may stand as a reason beside those of [`Flaw`](crate::Flaw): of copies that a better one replaced, and of what
    /// publication left out.
    pub const CODES: [&'static str; 6] = [
        "larger-copy",
        "less-compressed-copy",
        "conflict",
        "contested",
        "placeholder",
        "bridge",
    ];
}

/// Lists the stored pictures that were thrown out, by name and in each in candidate order; those of downloads that could not be decoded
/// are none, no more than downloads of pixels that the name has already, and what is merely beyond a goal was not thrown out.
///
/// # Errors
/// [`DatasetError::NotADataset`], [`DatasetError::Damaged`] and I/O failures.
pub fn thrown_out(root: &Path) -> Result<Vec<Thrown>, DatasetError> {
    let path = root.join(CATALOG_FILE);
    if !path.exists() {
        return Err(DatasetError::NotADataset {
            path: root.to_path_buf(),
        });
    }
    let catalog = Catalog::read(&path)?;
    let left_out = catalog.sql(left_out)?;
    let mut thrown = catalog.sql(|c| read(c, &left_out))?;
    catalog.sql(|c| measure_replaced(c, &mut thrown))?;
    for one in &mut thrown {
        let file = Objects::path(Path::new(""), &one.sample);
        one.file = file.to_string_lossy().replace('\\', "/");
    }
    Ok(thrown)
}

/// What publication left out: kind, other label, other picture and distance by label and place.
type LeftOut = BTreeMap<(String, i64), (String, String, String, u32)>;

fn left_out(connection: &Connection) -> rusqlite::Result<LeftOut> {
    connection
        .prepare(
            "SELECT label, seq, kind, other_label, other_sample, distance FROM conflicts WHERE kind <> 'shared'",
        )?
        .query_map([], |row| {
            let what = (row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?);
            Ok(((row.get(0)?, row.get(1)?), what))
        })?
        .collect()
}

fn read(connection: &Connection, left_out: &LeftOut) -> rusqlite::Result<Vec<Thrown>> {
    let mut statement = connection.prepare(
        "SELECT c.label, c.seq, d.sample, c.state, c.reason, c.detail, d.url FROM candidates c
             JOIN downloads d ON d.id = c.download JOIN labels l ON l.label = c.label
         WHERE d.sample IS NOT NULL AND (c.state IN ('flawed', 'superseded') OR c.state = 'kept' AND l.listed)
         ORDER BY c.label, c.seq",
    )?;
    let mut rows = statement.query([])?;
    let mut kept_of = connection.prepare(
        "SELECT d.sample FROM candidates c JOIN downloads d ON d.id = c.download WHERE c.label = ?1 AND c.state = 'kept'",
    )?;
    let mut thrown: Vec<Thrown> = Vec::new();
    let mut current: Option<String> = None;
    let mut told: HashSet<SampleId> = HashSet::new();
    while let Some(row) = rows.next()? {
        let (label, seq): (String, i64) = (row.get(0)?, row.get(1)?);
        let state: String = row.get(3)?;
        let state = State::from_name(&state).ok_or(rusqlite::Error::InvalidQuery)?;
        if current.as_ref() != Some(&label) {
            told = kept_of
                .query_map([&label], |row| row.get::<_, String>(0))?
                .map(|id| id?.parse().map_err(|e| unreadable(0, e)))
                .collect::<Result<_, _>>()?;
            current = Some(label.clone());
        }
        let known = left_out.get(&(label.clone(), seq));
        let id: String = row.get(2)?;
        let (reason, detail): (String, String) = match (state, known) {
            (State::Kept, None) => continue,
            (State::Kept, Some((kind, other, ..))) if other.is_empty() => {
                (kind.clone(), said_alone(kind).to_owned())
            }
            (State::Kept, Some((kind, other, sample, distance))) => {
                (kind.clone(), said(kind, other, sample, *distance))
            }
            _ => (
                row.get::<_, Option<_>>(4)?.unwrap_or_default(),
                row.get::<_, Option<_>>(5)?.unwrap_or_default(),
            ),
        };
        let (of, distance) = match (state, known) {
            (State::Kept, Some((_, other, ..))) if other.is_empty() => (None, None),
            (State::Kept, Some((.., sample, distance))) => (
                sample.parse().ok(),
                Some(*distance).filter(|bits| *bits < 256),
            ),
            _ => repeated(&reason, &detail),
        };
        let sample = id.parse().map_err(|e| unreadable(2, e))?;
        // The same pixels again: there is nothing more to take back.
        if state != State::Kept && !told.insert(sample) {
            continue;
        }
        thrown.push(Thrown {
            label,
            sample,
            state,
            reason,
            of,
            distance,
            detail,
            file: String::new(),
            url: row.get(6)?,
        });
    }
    Ok(thrown)
}

/// Says of copies that a better one replaced how near they are to it, which their line does not.
fn measure_replaced(connection: &Connection, thrown: &mut [Thrown]) -> rusqlite::Result<()> {
    let mut statement = connection.prepare("SELECT pdq FROM samples WHERE id = ?1")?;
    let mut hashes = |id: &SampleId| -> rusqlite::Result<Option<Orientations>> {
        let bytes: Option<Vec<u8>> = statement
            .query_row([id.to_string()], |row| row.get(0))
            .optional()?;
        Ok(bytes.and_then(|bytes| Orientations::from_bytes(&bytes)))
    };
    for one in thrown {
        if let (State::Superseded, Some(of), None) = (one.state, &one.of, one.distance)
            && let (Some(mine), Some(other)) = (hashes(&one.sample)?, hashes(of)?)
        {
            one.distance = Some(mine.distance(&other.plain()));
        }
    }
    Ok(())
}

/// What a repeat repeats, and how nearly, as its line says; see [`Flaw`](crate::Flaw).
pub(crate) fn repeated(reason: &str, detail: &str) -> (Option<SampleId>, Option<u32>) {
    let of = detail.split_whitespace().find_map(|word| word.parse().ok());
    let distance = match reason {
        "duplicate-bytes" | "duplicate-pixels" => Some(0),
        _ => {
            let after = detail.split_once(" at distance ");
            after.and_then(|(_, bits)| bits.split(' ').next()?.parse().ok())
        }
    };
    (of, distance.filter(|_| of.is_some()))
}

/// One line for what publication left out for no other picture.
pub(crate) fn said_alone(kind: &str) -> &'static str {
    match kind {
        "bridge" => "pictures that are near-duplicates by now have been published in two splits",
        _ => "too many sites serve exactly this picture",
    }
}

/// One line for what publication left out.
pub(crate) fn said(kind: &str, other_label: &str, other: &str, distance: u32) -> String {
    let near = if distance > 255 {
        String::new()
    } else {
        format!(" at distance {distance}")
    };
    match kind {
        "placeholder" => format!("too many names show it, {other_label:?} too ({other}{near})"),
        "bridge" => format!(
            "it belongs with pictures of two splits, {other} of {other_label:?} is one{near}"
        ),
        "contested" => {
            format!("{other_label:?} shows it too ({other}{near}), and its group is held out")
        }
        _ => format!("{other_label:?} shows it too ({other}{near}) and stands first"),
    }
}

/// The picture that a line of [`said`] names, and how near it is, 256 where looks are not the reason; `None` for lines of [`said_alone`].
pub(crate) fn named(kind: &str, detail: &str) -> Option<(SampleId, u32)> {
    let (_, rest) = match kind {
        "bridge" => detail.split_once("two splits, ")?,
        "placeholder" => detail.rsplit_once("\" too (")?,
        _ => detail.rsplit_once("\" shows it too (")?,
    };
    let other = rest.split([' ', ')']).next()?.parse().ok()?;
    let distance = rest.rsplit_once(" at distance ").and_then(|(_, bits)| {
        let digits = bits.split(|c: char| !c.is_ascii_digit());
        digits.clone().next()?.parse().ok()
    });
    Some((other, distance.unwrap_or(256)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Dataset;
    use crate::dataset::stand_in::good;
    use crate::pixels::Flaw;
    use crate::records::Intake;
    use crate::store::settings::DatasetSettings;

    #[test]
    fn a_copy_that_was_replaced_says_by_what_and_how_near_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let mut dataset = Dataset::create(folder.path(), &DatasetSettings::default()).unwrap();
        let intake = Intake {
            label: "owl".to_owned(),
            goal: None,
            from_seq: 0,
        };
        dataset.begin(&[intake]).unwrap();
        let (small, large) = (good("owl", 0, 0, 100), good("owl", 1, 0, 200));
        let again = good("owl", 2, 0, 200);
        dataset.commit(vec![small, large, again]).unwrap();
        drop(dataset);
        let thrown = thrown_out(folder.path()).unwrap();
        assert_eq!(thrown.len(), 1, "what comes again is no picture of its own");
        assert_eq!(thrown[0].reason, "larger-copy");
        assert!(thrown[0].of.is_some_and(|of| of != thrown[0].sample));
        assert_eq!(thrown[0].distance, Some(0), "the stand-ins have one look");
    }

    #[test]
    fn what_publication_says_can_be_read_again() {
        let of: SampleId = "0123456789abcdef0123456789abcdef".parse().unwrap();
        let labels = [
            "owl",
            "a \"quoted\" (name)",
            "ffffffffffffffffffffffffffffffff",
        ];
        for kind in ["conflict", "contested", "placeholder", "bridge"] {
            for (label, distance) in labels.iter().flat_map(|label| [(label, 17), (label, 256)]) {
                let line = said(kind, label, &of.to_string(), distance);
                assert_eq!(named(kind, &line), Some((of, distance)), "{line}");
            }
            assert_eq!(named(kind, said_alone(kind)), None);
        }
    }

    #[test]
    fn a_repeat_says_of_what_and_how_nearly() {
        let of: SampleId = "0123456789abcdef0123456789abcdef".parse().unwrap();
        for (flaw, bits) in [
            (Flaw::DuplicateBytes { of }, 0),
            (Flaw::DuplicatePixels { of }, 0),
            (Flaw::NearDuplicate { of, distance: 17 }, 17),
        ] {
            let found = repeated(flaw.code(), &flaw.detail());
            assert_eq!(found, (Some(of), Some(bits)), "{flaw}");
        }
        assert_eq!(
            repeated("larger-copy", &format!("replaced by {of}")),
            (Some(of), None)
        );
        assert_eq!(
            repeated("truncated", &Flaw::Truncated.detail()),
            (None, None)
        );
    }
}
