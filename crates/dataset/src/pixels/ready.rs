//! Pictures that went the pixel path before: read as they are, and taken in again without going it a second time.

use sha2::{Digest, Sha256};

use super::header::measure;
use super::prepare::{available, fenced};
use super::stored::Mark;
use super::{Colour, Flaw, Format, Pixels, Preparation, Prepared, SampleId, decode, pdq, stored};
use crate::dedup::Thumbnail;
use crate::quality;

/// What the mark of a stored sample of this preparation says; `None` for any other bytes, and for a sample that was edited since.
///
/// Whoever wrote the file chose the id: it is believed of a file of ours only.
pub(crate) fn marked(bytes: &[u8], p: &Preparation) -> Option<Mark> {
    let header = measure(bytes, p).ok()?;
    let fits =
        header.format == Format::Jpeg && (header.width, header.height) == (p.size(), p.size());
    if fits { stored::read(bytes, p) } else { None }
}

/// Gives a sample the other form of its mark, if the file is then the one with this hash.
///
/// A dataset that has the picture already has it under the hash of the form that was usual then.
pub(crate) fn as_recorded(sample: &mut Prepared, hash: &str, p: &Preparation) {
    if *blake3::hash(&sample.jpeg).to_hex() != *hash
        && let Some(other) = stored::in_other_form(&sample.jpeg, p)
        && *blake3::hash(&other).to_hex() == *hash
    {
        sample.jpeg = other;
    }
}

/// Reads a stored sample at its stored size, 224 or 256 pixels a side, without the cut that [`load`](super::load) ends with.
pub(crate) fn unpack(bytes: &[u8], p: &Preparation) -> Result<Pixels, Flaw> {
    fenced(|| {
        available(p)?;
        let picture = decode::decode_stored(bytes, p)?;
        if (picture.width, picture.height) != (p.size(), p.size()) {
            return Err(Flaw::Corrupt(format!(
                "{}x{} pixels where {2}x{2} were stored",
                picture.width,
                picture.height,
                p.size()
            )));
        }
        Ok(Pixels {
            side: p.size(),
            rgb: picture.rgb.into_vec(),
        })
    })
}

/// Takes in a stored sample as it is, under the id that its mark says.
///
/// The hashes are those of the stored square, since the picture that it was cut from is gone.
pub(crate) fn adopt(bytes: &[u8], id: SampleId, p: &Preparation) -> Result<Prepared, Flaw> {
    let pixels = unpack(bytes, p)?;
    fenced(|| Ok(ready(id, bytes.to_vec(), bytes, &pixels.rgb, p)))
}

/// Takes in the pixels of a stored sample that were kept without its file: `rgb` holds `size * size * 3` bytes of this preparation.
///
/// The pixels stay as they are up to the encoding, so that the id is theirs; the file is of a second generation.
pub(crate) fn adopt_pixels(rgb: &[u8], p: &Preparation) -> Result<Prepared, Flaw> {
    let side = p.size() as usize;
    if rgb.len() != side * side * 3 {
        return Err(Flaw::Corrupt(format!(
            "{} bytes where {} were expected",
            rgb.len(),
            side * side * 3
        )));
    }
    fenced(|| {
        available(p)?;
        let id = SampleId::of_pixels(&p.name(), p.size(), rgb);
        Ok(ready(id, stored::encode(rgb, id, p)?, rgb, rgb, p))
    })
}

fn ready(id: SampleId, jpeg: Vec<u8>, download: &[u8], rgb: &[u8], p: &Preparation) -> Prepared {
    let side = p.size() as usize;
    let (orientations, pdq_quality) = pdq::hash(side, side, rgb);
    Prepared {
        id,
        jpeg,
        sha256: Sha256::digest(download).into(),
        pdq: orientations.plain(),
        orientations,
        pdq_quality,
        width: p.size(),
        height: p.size(),
        format: Format::Jpeg,
        bytes: download.len() as u64,
        thumbnail: Thumbnail::of(side, side, rgb),
        colour: Colour::Plain,
        fidelity: p.jpeg_quality,
        scores: quality::measure(p.size(), p.size(), rgb, (p.size(), p.size())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::stand_in::true_sample;

    #[test]
    fn a_stored_sample_is_taken_in_byte_by_byte() {
        let p = Preparation::default();
        let sample = true_sample(3);
        let id = marked(&sample.jpeg, &p).unwrap().id;
        let again = adopt(&sample.jpeg, id, &p).unwrap();
        assert_eq!((again.id, &again.jpeg), (sample.id, &sample.jpeg));
        assert_eq!((again.width, again.height), (224, 224));
        assert_eq!(again.pdq, again.orientations.plain());
        let other = Preparation {
            margin: 32,
            ..p.clone()
        };
        assert_eq!(marked(&sample.jpeg, &other), None);
        assert_eq!(marked(b"no picture", &p), None);
        let cut = &sample.jpeg[..sample.jpeg.len() / 2];
        assert_eq!(marked(cut, &p), None);
        assert!(adopt(cut, id, &p).is_err());
    }

    #[test]
    fn a_sample_takes_the_form_that_is_on_record_and_no_other() {
        let p = Preparation::default();
        let sample = true_sample(3);
        let first = stored::in_other_form(&sample.jpeg, &p).unwrap();
        let hash = |bytes: &[u8]| blake3::hash(bytes).to_hex().to_string();
        let mut again = sample.clone();
        for (recorded, expected) in [
            (hash(&first), &first),
            ("0".repeat(64), &first),
            (hash(&sample.jpeg), &sample.jpeg),
            (hash(&sample.jpeg), &sample.jpeg),
        ] {
            as_recorded(&mut again, &recorded, &p);
            assert_eq!(&again.jpeg, expected);
        }
    }

    #[test]
    fn pixels_alone_keep_every_value_and_get_their_own_id() {
        let p = Preparation::default();
        let sample = true_sample(4);
        let pixels = unpack(&sample.jpeg, &p).unwrap();
        let again = adopt_pixels(&pixels.rgb, &p).unwrap();
        assert_eq!(again.id, SampleId::of_pixels(&p.name(), 224, &pixels.rgb));
        let second = unpack(&again.jpeg, &p).unwrap();
        let widest = pixels.rgb.iter().zip(&second.rgb);
        let widest = widest.map(|(a, b)| a.abs_diff(*b)).max();
        assert!(widest.unwrap() <= 24, "{widest:?}");
        assert!(adopt_pixels(&pixels.rgb[1..], &p).is_err());
        // One colour all over is for the measures of quality to judge.
        let plain = adopt_pixels(&vec![7; pixels.rgb.len()], &p).unwrap();
        assert_eq!((plain.scores.solid, plain.pdq_quality), (1.0, 0));
    }
}
