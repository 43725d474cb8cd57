//! Candidates with all that the catalog knows about them, as publication reads them and snapshots carry them.

use rusqlite::{Connection, Row};
use serde::{Deserialize, Serialize};

use crate::dataset::{Picture, State, is_chosen, read_scores, unreadable};
use crate::pixels::{Colour, Orientations, SampleId};
use crate::quality::Scores;
use crate::records::{Provenance, Vouched};

/// A candidate of a label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Candidate {
    pub(crate) label: String,
    pub(crate) seq: u64,
    pub(crate) url: String,
    pub(crate) state: State,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) detail: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) group: Option<SampleId>,
    /// `None` when the download gave no sample; state and reason are the download's then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sample: Option<StoredSample>,
    pub(crate) provenance: Provenance,
    /// Whether a person took it back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) restored: bool,
    /// Whether the dataset that it comes from had kept it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) settled: bool,
}

/// A sample on disk and the download it was made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoredSample {
    pub(crate) id: SampleId,
    pub(crate) sha256: String,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) format: String,
    pub(crate) bytes: u64,
    pub(crate) pdq: String,
    pub(crate) pdq_quality: u8,
    pub(crate) object: String,
    pub(crate) object_bytes: u64,
    /// How little the download's compression took away, 1 to 100; `None` where nobody looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) fidelity: Option<u8>,
    /// What was measured of the download; `None` where nobody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) scores: Option<Scores>,
    /// What became of the download's colour space.
    #[serde(default, skip_serializing_if = "Colour::is_plain")]
    pub(crate) colour: Colour,
}

impl Candidate {
    /// The sample as decisions see it; `None` when there is none that can be read.
    pub(crate) fn picture(&self) -> Option<Picture> {
        let sample = self.sample.as_ref()?;
        let is_chosen = is_chosen(&self.provenance.engine);
        sample.picture(self.seq, self.vouched(), is_chosen)
    }

    /// Who has kept it before.
    pub(crate) fn vouched(&self) -> Vouched {
        match (self.restored, self.settled) {
            (true, _) => Vouched::Person,
            (false, true) => Vouched::Dataset,
            (false, false) => Vouched::Nobody,
        }
    }
}

impl StoredSample {
    fn picture(&self, seq: u64, vouched: Vouched, is_chosen: bool) -> Option<Picture> {
        Some(Picture {
            seq,
            id: self.id,
            sha256: self.sha256.clone(),
            orientations: Orientations::from_hex(&self.pdq)?,
            quality: self.pdq_quality,
            area: u64::from(self.width) * u64::from(self.height),
            fidelity: self.fidelity.unwrap_or_default(),
            vouched,
            scores: self.scores,
            is_chosen,
        })
    }
}

impl Candidate {
    /// The candidate behind a published row.
    pub(crate) fn published(label: &str, row: &super::Row) -> Self {
        Self {
            label: label.to_owned(),
            seq: row.seq,
            url: row.url.clone(),
            state: State::Kept,
            reason: None,
            detail: None,
            group: Some(row.group),
            sample: Some(StoredSample {
                id: row.id,
                sha256: row.sha256.clone(),
                width: row.width,
                height: row.height,
                format: row.format.clone(),
                bytes: row.bytes,
                pdq: row.pdq.clone(),
                pdq_quality: row.pdq_quality,
                object: row.object.clone(),
                object_bytes: row.object_bytes,
                fidelity: row.fidelity,
                scores: row.scores,
                colour: row.colour,
            }),
            provenance: row.provenance.clone(),
            restored: row.restored,
            settled: row.settled,
        }
    }

    /// Reads all candidates, by label and in each by place.
    pub(crate) fn read_all(connection: &Connection) -> rusqlite::Result<Vec<Self>> {
        connection
            .prepare(
                "SELECT c.label, c.seq, d.url, c.state, c.reason, c.detail, c.group_id, c.provenance, d.sample,
                     d.sha256, d.width, d.height, d.format, d.bytes, s.pdq, s.pdq_quality, s.object_hash, s.object_bytes,
                     d.fidelity, c.restored, d.scores, d.colour
                 FROM candidates c JOIN downloads d ON d.id = c.download LEFT JOIN samples s ON s.id = d.sample
                 ORDER BY c.label, c.seq",
            )?
            .query_map([], Self::read)?
            .collect()
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let state: String = row.get(3)?;
        let provenance: String = row.get(7)?;
        let vouched = Vouched::from_number(row.get(19)?);
        Ok(Self {
            label: row.get(0)?,
            seq: row.get::<_, i64>(1)?.unsigned_abs(),
            url: row.get(2)?,
            state: State::from_name(&state).ok_or(rusqlite::Error::InvalidQuery)?,
            reason: row.get(4)?,
            detail: row.get(5)?,
            group: read_id(row, 6)?,
            sample: match read_id(row, 8)? {
                Some(id) => Some(read_sample(row, id)?),
                None => None,
            },
            provenance: serde_json::from_str(&provenance).map_err(|e| unreadable(7, e))?,
            restored: vouched == Vouched::Person,
            settled: vouched == Vouched::Dataset,
        })
    }
}

fn read_id(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<SampleId>> {
    let text: Option<String> = row.get(column)?;
    text.map(|text| text.parse().map_err(|e| unreadable(column, e)))
        .transpose()
}

fn read_sample(row: &Row<'_>, id: SampleId) -> rusqlite::Result<StoredSample> {
    let hashes: Vec<u8> = row.get(14)?;
    Ok(StoredSample {
        id,
        sha256: row.get(9)?,
        width: row.get(10)?,
        height: row.get(11)?,
        format: row.get(12)?,
        bytes: row.get::<_, i64>(13)?.unsigned_abs(),
        pdq: Orientations::from_bytes(&hashes)
            .map(Orientations::to_hex)
            .unwrap_or_default(),
        pdq_quality: row.get(15)?,
        object: row.get(16)?,
        object_bytes: row.get::<_, i64>(17)?.unsigned_abs(),
        fidelity: row.get(18)?,
        scores: read_scores(row, 20)?,
        colour: row
            .get::<_, Option<String>>(21)?
            .and_then(|word| Colour::from_name(&word))
            .unwrap_or_default(),
    })
}
