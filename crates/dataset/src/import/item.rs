//! A picture of a source, on its way into a dataset.

use std::io::Cursor;

use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};
use serde_json::Value;

use super::found::Content;
use crate::pixels::{
    Flaw, Format, Orientations, Preparation, Prepared, SampleId, adopt, adopt_pixels, parse_hex,
    prepare, sniff,
};
use crate::publish::{Row, Split};
use crate::quality::Scores;
use crate::records::{Provenance, Vouched};

/// A picture with its label, its place in the label's order, and what is known of it.
#[derive(Debug)]
pub struct ImportItem {
    /// The URL that it was found at, as far as the source tells; else the place in the source, as a `file:` URL.
    pub url: String,
    /// Its label.
    pub label: String,
    /// Its place among the label's candidates: 0, 1, 2 and so on in the order of the source.
    pub seq: u64,
    /// The split that the source has it in.
    pub split: Option<Split>,
    /// What the source says of it.
    pub provenance: Provenance,
    pub(super) content: Content,
    /// What an export of ours says of it, if it is still what was exported.
    pub(super) row: Option<Box<Row>>,
    /// The id of a stored sample, where its mark is believed.
    pub(super) stored: Option<SampleId>,
    /// Whether bare pixels of the right size are a stored sample's.
    pub(super) is_prepared: bool,
}

impl ImportItem {
    /// Bytes that it holds in memory now.
    #[must_use]
    pub fn held_bytes(&self) -> u64 {
        match &self.content {
            Content::File(bytes) => bytes.len() as u64,
            Content::Raw { rgb, .. } => rgb.len() as u64,
        }
    }

    /// Bytes that its preparation takes beside those, as [`crate::Header::decode_bytes`] counts them.
    ///
    /// # Errors
    /// The [`Flaw`] that its first bytes show.
    pub fn decode_bytes(&self, p: &Preparation) -> Result<u64, Flaw> {
        match &self.content {
            Content::File(bytes) => Ok(sniff(bytes, p)?.decode_bytes()),
            Content::Raw { width, height, .. } => Ok(12 * u64::from(*width) * u64::from(*height)),
        }
    }

    /// Who has kept it before: the dataset that was exported, or a person there.
    #[must_use]
    pub fn vouched(&self) -> Vouched {
        match &self.row {
            Some(row) if row.restored => Vouched::Person,
            Some(_) => Vouched::Dataset,
            None => Vouched::Nobody,
        }
    }

    /// Makes a sample of it: what is a stored sample of this preparation already is taken as it is, anything else goes the way of a
    /// download.
    ///
    /// # Errors
    /// A [`Flaw`] that says why it is no usable picture.
    pub fn prepare(&self, p: &Preparation) -> Result<Prepared, Flaw> {
        match &self.content {
            Content::File(bytes) => {
                let Some(id) = self.stored else {
                    return prepare(bytes, p);
                };
                let mut sample = adopt(bytes, id, p)?;
                if let Some(row) = self.row.as_ref().filter(|row| row.id == id) {
                    recall(&mut sample, row);
                }
                Ok(sample)
            }
            Content::Raw { width, height, rgb } => {
                if self.is_prepared && (*width, *height) == (p.size(), p.size()) {
                    let mut sample = adopt_pixels(rgb, p)?;
                    if let Some(row) = &self.row {
                        recall(&mut sample, row);
                    }
                    return Ok(sample);
                }
                prepare(&lossless(*width, *height, rgb)?, p)
            }
        }
    }
}

/// Puts back what was known of the download before it became a sample; where the record is not sound, what was measured stays.
fn recall(sample: &mut Prepared, row: &Row) {
    let mut sha256 = [0; 32];
    let format = serde_json::from_value::<Format>(row.format.clone().into());
    let orientations = Orientations::from_hex(&row.pdq);
    if let (true, Ok(format), Some(orientations)) =
        (parse_hex(&row.sha256, &mut sha256), format, orientations)
    {
        sample.sha256 = sha256;
        sample.format = format;
        sample.orientations = orientations;
        sample.pdq = orientations.plain();
        sample.pdq_quality = row.pdq_quality.min(100);
        sample.width = row.width;
        sample.height = row.height;
        sample.bytes = row.bytes;
        // Scores are of the download: measured on the sample they are others.
        if let Some(scores) = row.scores.filter(are_finite) {
            sample.scores = scores;
        }
        if let Some(fidelity) = row.fidelity {
            sample.fidelity = fidelity.min(100);
        }
        sample.colour = row.colour;
    }
}

/// A stranger's index may hold numbers beyond those of an `f32`, which no catalog can write down.
fn are_finite(scores: &Scores) -> bool {
    let written = serde_json::to_value(scores).ok();
    written.is_some_and(|written| {
        let scores = written.as_object().into_iter().flatten();
        scores.map(|(_, score)| score).all(Value::is_number)
    })
}

/// Bare pixels as a file, for the way that all pictures go.
fn lossless(width: u32, height: u32, rgb: &[u8]) -> Result<Vec<u8>, Flaw> {
    let mut png = Cursor::new(Vec::new());
    PngEncoder::new(&mut png)
        .write_image(rgb, width, height, ExtendedColorType::Rgb8)
        .map_err(|e| Flaw::Corrupt(format!("its pixels cannot be written down: {e}")))?;
    Ok(png.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_that_cannot_be_written_down_are_not_taken_over() {
        assert!(are_finite(&Scores::NOTHING));
        let mut written = serde_json::to_value(Scores::NOTHING).unwrap();
        written["solid"] = serde_json::json!(1e300);
        let read: Scores = serde_json::from_value(written).unwrap();
        assert!(!are_finite(&read), "{read:?}");
    }
}
