//! A usable picture as decisions see it.

use rusqlite::{Connection, OptionalExtension, Row};

use crate::dedup::Thumbnail;
use crate::pixels::{Flaw, Orientations, SampleId};
use crate::quality::Scores;
use crate::records::Vouched;
use crate::store::settings::DatasetSettings;

/// Columns that [`Picture::read`] expects first.
pub(crate) const PICTURE_COLUMNS: &str = "c.seq, d.sample, d.sha256, s.pdq, s.pdq_quality, d.width * d.height, d.fidelity, c.restored, d.scores, json_extract(c.provenance, '$.engine')";

/// How many columns those are.
pub(crate) const PICTURE_WIDTH: usize = 10;

/// The tables those columns come from.
pub(crate) const PICTURE_TABLES: &str =
    "candidates c JOIN downloads d ON d.id = c.download JOIN samples s ON s.id = d.sample";

/// A usable picture of a label.
#[derive(Debug, Clone)]
pub(crate) struct Picture {
    pub(crate) seq: u64,
    pub(crate) id: SampleId,
    pub(crate) sha256: String,
    pub(crate) orientations: Orientations,
    pub(crate) quality: u8,
    /// Original pixels, which decide between copies of one picture.
    pub(crate) area: u64,
    /// How little its compression took away, which decides between copies of one size; 0 where nobody looked.
    pub(crate) fidelity: u8,
    /// Who has kept it before, so that its looks or earlier copies do not stand against it.
    pub(crate) vouched: Vouched,
    /// What was measured of it; `None` where nobody did.
    pub(crate) scores: Option<Scores>,
    /// Whether somebody chose it by hand, so that nothing is asked of its scores by default.
    pub(crate) is_chosen: bool,
}

impl Picture {
    /// Reads the columns named in [`PICTURE_COLUMNS`].
    pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let id: String = row.get(1)?;
        let hashes: Vec<u8> = row.get(3)?;
        Ok(Self {
            seq: row.get::<_, i64>(0)?.unsigned_abs(),
            id: id.parse().map_err(|e| unreadable(1, e))?,
            sha256: row.get(2)?,
            orientations: Orientations::from_bytes(&hashes).ok_or_else(|| {
                rusqlite::Error::InvalidColumnType(3, "pdq".to_owned(), rusqlite::types::Type::Blob)
            })?,
            quality: row.get(4)?,
            area: row.get::<_, i64>(5)?.unsigned_abs(),
            fidelity: row.get::<_, Option<u8>>(6)?.unwrap_or_default(),
            vouched: Vouched::from_number(row.get(7)?),
            scores: read_scores(row, 8)?,
            is_chosen: is_chosen(&row.get::<_, Option<String>>(9)?.unwrap_or_default()),
        })
    }

    /// What is wrong with its looks by these settings, if anything.
    pub(crate) fn fault(&self, settings: &DatasetSettings) -> Option<Flaw> {
        if self.vouched == Vouched::Person || self.is_chosen && !settings.judge_folders {
            return None;
        }
        let failing = settings.quality.failing(self.scores.as_ref()?).next()?;
        Some(Flaw::Poor {
            code: failing.code,
            detail: failing.detail(),
        })
    }

    /// Whether it is the better copy of what `other` shows: larger, or of the same size and less compressed.
    pub(crate) fn is_better_than(&self, other: &Self) -> bool {
        (self.area, self.fidelity) > (other.area, other.fidelity)
    }
}

/// The database's integers are signed; places, sizes and lengths stay far below the limit.
pub(crate) fn sql_seq(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// Whether an engine's pictures were chosen by hand: those of a folder, or of a dataset that was brought in.
pub(crate) fn is_chosen(engine: &str) -> bool {
    matches!(engine.split(':').next(), Some("folder" | "import"))
}

/// Reads the thumbnail of a sample; `None` where nobody made one, as in the first layout.
pub(crate) fn read_thumbnail(
    connection: &Connection,
    id: &SampleId,
) -> rusqlite::Result<Option<Thumbnail>> {
    let bytes: Option<Option<Vec<u8>>> = connection
        .prepare_cached("SELECT thumbnail FROM samples WHERE id = ?1")?
        .query_row([id.to_string()], |row| row.get(0))
        .optional()?;
    Ok(bytes
        .flatten()
        .and_then(|bytes| Thumbnail::from_bytes(&bytes)))
}

/// The checksum that is stored beside a thumbnail, which nothing else tells from another one in its place: 8 bytes over the sample's id and
/// the thumbnail.
pub(crate) fn thumbnail_check(id: &str, thumbnail: &[u8]) -> [u8; 8] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(id.as_bytes());
    hasher.update(thumbnail);
    let mut check = [0; 8];
    hasher.finalize_xof().fill(&mut check);
    check
}

/// Reads a column of scores.
pub(crate) fn read_scores(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Scores>> {
    let text: Option<String> = row.get(column)?;
    text.map(|text| serde_json::from_str(&text).map_err(|e| unreadable(column, e)))
        .transpose()
}

/// Wraps a value that the schema rules out and damage brings in.
pub(crate) fn unreadable(
    column: usize,
    error: impl std::error::Error + Send + Sync + 'static,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
}
