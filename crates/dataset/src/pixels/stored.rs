//! The form in which a sample lies on disk: a JPEG that says that it is one.
//!
//! A comment segment after the JFIF header, `trawl 2 <id> <check> <preparation>`, marks the file, so that a copy of it anywhere is
//! recognised and read as it is, without being resized a second time. The check is over all the rest of the file: programs that
//! edit pictures keep comments, and what they write is no longer the sample of that id. Samples of earlier datasets are marked by
//! `trawl 1 <id> <preparation>`, without a check.

use super::jpeg::{self, Segments};
use super::{Flaw, Preparation, SampleId};

/// What the comment begins with; the number is the version of this form.
const MARK: &str = "trawl 2 ";
/// What it begins with where there is no check.
const UNCHECKED: &str = "trawl 1 ";
/// Hexadecimal digits of the check: against accidents, since whoever forges a mark can reckon as well.
const DIGITS: usize = 16;

/// What a stored sample says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Its id.
    pub(crate) id: SampleId,
    /// Whether the file is, byte by byte, what was marked.
    pub(crate) is_checked: bool,
}

/// Encodes prepared pixels (`side * side * 3` bytes) and marks them.
///
/// Colour is stored at full resolution (4:4:4): at 224 pixels, halving it would blur edges that the classifier sees, for
/// little space.
pub(super) fn encode(rgb: &[u8], id: SampleId, p: &Preparation) -> Result<Vec<u8>, Flaw> {
    let side = u16::try_from(p.size()).expect("stored sides are 224 or 256");
    let mut jpeg = jpeg::encode(rgb, side, p.codec, p.jpeg_quality)?;
    let at = Segments::new(&jpeg)
        .next()
        .filter(|first| first.marker == 0xe0)
        .map_or(2, |first| first.end);
    let check = check(&id.to_string(), &p.name(), &jpeg[..at], &jpeg[at..]);
    let comment = comment(&format!("{MARK}{id} {check} {}", p.name()));
    jpeg.splice(at..at, comment);
    Ok(jpeg)
}

fn comment(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len() + 2).expect("a comment of some 100 bytes");
    let mut segment = vec![0xff, 0xfe];
    segment.extend(length.to_be_bytes());
    segment.extend(text.as_bytes());
    segment
}

/// The first digits of BLAKE3 over id and preparation, each closed by a zero byte, and the file without the comment.
fn check(id: &str, preparation: &str, before: &[u8], after: &[u8]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in [
        id.as_bytes(),
        b"\0",
        preparation.as_bytes(),
        b"\0",
        before,
        after,
    ] {
        hasher.update(part);
    }
    hasher.finalize().to_hex()[..DIGITS].to_owned()
}

/// The comment of a stored sample, as it stands in the file.
struct Comment<'a> {
    id: &'a str,
    check: Option<&'a str>,
    before: &'a [u8],
    after: &'a [u8],
}

/// Finds the comment for a preparation. The first one decides: a file of nothing but comments must not be hashed for each.
fn find<'a>(bytes: &'a [u8], preparation: &str) -> Option<Comment<'a>> {
    Segments::new(bytes)
        .filter(|segment| segment.marker == 0xfe)
        .find_map(|segment| {
            let text = std::str::from_utf8(segment.body).ok()?;
            let (id, check) = if let Some(said) = text.strip_prefix(MARK) {
                let (id, check) = said.strip_suffix(preparation)?.split_once(' ')?;
                (id, Some(check.strip_suffix(' ')?))
            } else {
                let said = text.strip_prefix(UNCHECKED)?;
                (said.strip_suffix(preparation)?.strip_suffix(' ')?, None)
            };
            Some(Comment {
                id,
                check,
                before: &bytes[..segment.start],
                after: &bytes[segment.end..],
            })
        })
}

/// What the comment of a stored sample made by the same preparation says; `None` for any other picture, and for one that is no longer
/// what was marked.
pub(super) fn read(bytes: &[u8], p: &Preparation) -> Option<Mark> {
    let name = p.name();
    let found = find(bytes, &name)?;
    let is_right = |said| said == check(found.id, &name, found.before, found.after);
    found.check.is_none_or(is_right).then_some(Mark {
        id: found.id.parse().ok()?,
        is_checked: found.check.is_some(),
    })
}

/// The id of a stored sample, whichever form its mark has.
pub(super) fn mark(bytes: &[u8], p: &Preparation) -> Option<SampleId> {
    read(bytes, p).map(|mark| mark.id)
}

/// The same file with a mark of the other form: a dataset that has a sample in one of them keeps it so.
pub(super) fn in_other_form(bytes: &[u8], p: &Preparation) -> Option<Vec<u8>> {
    read(bytes, p)?;
    let name = p.name();
    let Comment {
        id,
        check: had,
        before,
        after,
    } = find(bytes, &name)?;
    let text = match had {
        Some(_) => format!("{UNCHECKED}{id} {name}"),
        None => format!("{MARK}{id} {} {name}", check(id, &name, before, after)),
    };
    Some([before, &comment(&text), after].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::stand_in::true_sample;
    use crate::pixels::load;

    #[test]
    fn no_flipped_bit_and_no_cut_leaves_the_mark_believed() {
        let p = Preparation::default();
        let sample = true_sample(1);
        let whole = Some(Mark {
            id: sample.id,
            is_checked: true,
        });
        assert_eq!(read(&sample.jpeg, &p), whole);
        // Every byte of the comment and those round it, and of the rest one in some.
        for at in (0..300).chain((300..sample.jpeg.len()).step_by(37)) {
            for bit in 0..8 {
                let mut flipped = sample.jpeg.clone();
                flipped[at] ^= 1 << bit;
                assert_eq!(read(&flipped, &p), None, "bit {bit} of byte {at}");
            }
        }
        assert_eq!(read(&sample.jpeg[..sample.jpeg.len() - 1], &p), None);
        assert_eq!(read(&[&sample.jpeg[..], b"\0"].concat(), &p), None);
    }

    #[test]
    fn a_picture_that_took_over_the_comment_is_an_ordinary_one() {
        let p = Preparation::default();
        let (one, other) = (true_sample(1), true_sample(2));
        let parts = |jpeg| find(jpeg, &p.name()).unwrap();
        let (from, onto) = (parts(&one.jpeg), parts(&other.jpeg));
        let comment = &one.jpeg[from.before.len()..one.jpeg.len() - from.after.len()];
        let edited = [onto.before, comment, onto.after].concat();
        let plain = [onto.before, onto.after].concat();
        assert_eq!(mark(&edited, &p), None);
        assert_eq!(load(&edited, &p).unwrap(), load(&plain, &p).unwrap());
        assert_ne!(load(&edited, &p).unwrap(), load(&other.jpeg, &p).unwrap());
    }

    #[test]
    fn both_forms_lead_to_each_other_and_to_the_same_pixels() {
        let p = Preparation::default();
        let sample = true_sample(3);
        let unchecked = in_other_form(&sample.jpeg, &p).unwrap();
        assert!(unchecked.len() < sample.jpeg.len());
        let said = Mark {
            id: sample.id,
            is_checked: false,
        };
        assert_eq!(read(&unchecked, &p), Some(said));
        assert_eq!(load(&unchecked, &p), load(&sample.jpeg, &p));
        assert_eq!(in_other_form(&unchecked, &p), Some(sample.jpeg));
        assert_eq!(in_other_form(b"no picture", &p), None);
    }
}
