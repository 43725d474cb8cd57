//! The form in which a sample lies on disk: a JPEG that says that it is one.
//!
//! A comment segment after the JFIF header, `trawl 1 <id> <preparation>`, marks the file, so that a copy of it anywhere is
//! recognised and read as it is, without being resized a second time.

use super::jpeg::{self, Segments};
use super::{Flaw, Preparation, SampleId};

/// What the comment begins with; the number is the version of this form.
const MARK: &str = "trawl 1 ";

/// Encodes prepared pixels (`side * side * 3` bytes) and marks them.
///
/// Colour is stored at full resolution (4:4:4): at 224 pixels, halving it would blur edges that the classifier sees, for
/// little space.
pub(super) fn encode(rgb: &[u8], id: SampleId, p: &Preparation) -> Result<Vec<u8>, Flaw> {
    let side = u16::try_from(p.size()).expect("stored sides are 224 or 256");
    let mut jpeg = jpeg::encode(rgb, side, p.codec, p.jpeg_quality)?;
    let after_header = Segments::new(&jpeg)
        .next()
        .filter(|first| first.marker == 0xe0)
        .map_or(2, |first| first.end);
    jpeg.splice(after_header..after_header, comment(id, p));
    Ok(jpeg)
}

fn comment(id: SampleId, p: &Preparation) -> Vec<u8> {
    let text = format!("{MARK}{id} {}", p.name());
    let length = u16::try_from(text.len() + 2).expect("a comment of some 80 bytes");
    let mut segment = vec![0xff, 0xfe];
    segment.extend(length.to_be_bytes());
    segment.extend(text.as_bytes());
    segment
}

/// The id in the comment of a stored sample made by the same preparation; `None` for any other picture.
pub(super) fn mark(bytes: &[u8], p: &Preparation) -> Option<SampleId> {
    Segments::new(bytes)
        .filter(|segment| segment.marker == 0xfe)
        .filter_map(|segment| std::str::from_utf8(segment.body).ok()?.strip_prefix(MARK))
        .filter_map(|text| text.split_once(' '))
        .find(|(_, preparation)| *preparation == p.name())
        .and_then(|(id, _)| id.parse().ok())
}
