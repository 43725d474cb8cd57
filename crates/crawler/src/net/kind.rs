use crate::Reject;

/// Bytes after which a body is judged, if it does not end before.
const HEAD: usize = 64;
/// Bytes after which text is judged: what it is may stand behind a declaration, a comment or blank lines.
const TEXT_HEAD: usize = 512;
/// What is said of bytes that no name is known for.
const UNKNOWN: &str = "bytes of no known format";

/// Is what a body is by its first bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// It begins as a format does that is read.
    Picture,
    /// There are too few bytes to tell.
    Unsure,
    /// A web page.
    Page,
    /// Something else, and what it seems to be.
    Other(String),
}

impl Kind {
    /// Judges a body by its first bytes, which may be all of it. Names and content types are never believed.
    pub(super) fn of(head: &[u8], is_whole: bool) -> Self {
        if is_picture(head) {
            return Self::Picture;
        }
        let head = &head[..head.len().min(TEXT_HEAD)];
        let is_text = is_text(head);
        let enough = if is_text { TEXT_HEAD } else { HEAD };
        if !is_whole && head.len() < enough {
            return Self::Unsure;
        }
        if is_text {
            return text(head);
        }
        Self::Other(
            infer::get(head).map_or_else(|| UNKNOWN.to_owned(), |kind| kind.mime_type().to_owned()),
        )
    }

    /// The reason to give a body up, for what is no picture.
    pub(super) fn reject(self) -> Option<Reject> {
        match self {
            Self::Picture | Self::Unsure => None,
            Self::Page => Some(Reject::Html("the body begins like HTML".to_owned())),
            Self::Other(kind) => Some(Reject::NotAnImage(format!("it seems to be {kind}"))),
        }
    }
}

/// Says whether the bytes begin as one of the formats that are read: JPEG, PNG, GIF, TIFF, WebP, BMP.
///
/// Whoever decodes looks closer; here, nothing may be refused that could be decoded there.
fn is_picture(head: &[u8]) -> bool {
    const MAGIC: [&[u8]; 8] = [
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"GIF87a",
        b"GIF89a",
        b"II*\0",
        b"MM\0*",
        // The variants with 8-byte offsets.
        b"II+\0",
        b"MM\0+",
    ];
    MAGIC.iter().any(|magic| head.starts_with(magic))
        || (head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP"))
        // `BM` could begin a word; the size of the header that follows is below 256 in every version.
        || (head.starts_with(b"BM") && head.get(15..18) == Some(&[0; 3]))
}

/// Says whether nothing but text is there, in the words of the WHATWG's MIME Sniffing Standard: no binary data byte.
fn is_text(head: &[u8]) -> bool {
    !head
        .iter()
        .any(|byte| matches!(byte, 0..=8 | 0x0b | 0x0e..=0x1a | 0x1c..=0x1f))
}

/// Tells kinds of text apart; leading blanks and a byte order mark are passed over.
fn text(head: &[u8]) -> Kind {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let head = head.trim_ascii_start();
    let lower = head.to_ascii_lowercase();
    let begins = |start: &str| lower.starts_with(start.as_bytes());
    let holds = |tag: &str| memchr::memmem::find(&lower, tag.as_bytes()).is_some();
    let other = |kind: &str| Kind::Other(kind.to_owned());
    let is_xml = ["<?xml", "<!doctype svg", "<!--"]
        .iter()
        .any(|start| begins(start));
    if begins("<svg") || (is_xml && holds("<svg")) {
        return other("image/svg+xml");
    }
    if begins("<!doctype html")
        || begins("<html")
        || (is_xml && holds("<html"))
        || infer::text::is_html(head)
    {
        return Kind::Page;
    }
    if begins("<?xml") {
        return other("text/xml");
    }
    if begins("{") || begins("[") {
        return other("application/json");
    }
    if begins("%pdf-") {
        return other("application/pdf");
    }
    // A character may be cut in two by the end of the head.
    let is_utf8 = std::str::from_utf8(head).map_or_else(|e| e.error_len().is_none(), |_| true);
    other(if is_utf8 { "text/plain" } else { UNKNOWN })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(bytes: &[u8]) -> String {
        match Kind::of(bytes, true) {
            Kind::Picture => "picture".to_owned(),
            Kind::Unsure => "unsure".to_owned(),
            Kind::Page => "page".to_owned(),
            Kind::Other(kind) => kind,
        }
    }

    #[test]
    fn all_that_is_decoded_later_passes() {
        let mut bmp = b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0".to_vec();
        bmp.extend([40, 0, 0, 0]);
        let pictures: [&[u8]; 10] = [
            b"\xff\xd8\xff\xe0",
            b"\xff\xd8\xff\xdb",
            b"\x89PNG\r\n\x1a\n",
            b"GIF87a",
            b"GIF89a",
            b"II*\0",
            b"MM\0*",
            b"II+\0",
            b"MM\0+",
            b"RIFF\x10\0\0\0WEBPVP8 ",
        ];
        for picture in pictures {
            assert_eq!(whole(picture), "picture", "{picture:?}");
            let mut long = picture.to_vec();
            long.extend([0; 600]);
            assert_eq!(Kind::of(&long, false), Kind::Picture);
        }
        for size in [12, 16, 40, 52, 56, 64, 108, 124] {
            bmp[14] = size;
            assert_eq!(whole(&bmp), "picture", "{size}");
        }
    }

    #[test]
    fn the_first_bytes_decide_and_fewer_wait_for_more() {
        assert_eq!(Kind::of(b"", false), Kind::Unsure);
        assert_eq!(Kind::of(b"\xff\xd8", false), Kind::Unsure);
        assert_eq!(Kind::of(&[1; 63], false), Kind::Unsure);
        assert_eq!(Kind::of(&[1; 64], false), Kind::Other(UNKNOWN.to_owned()));
        assert_eq!(Kind::of(&[b' '; 511], false), Kind::Unsure);
        assert_eq!(whole(&[b' '; 600]), "text/plain");
        assert_eq!(whole(b"\xff\xd8"), UNKNOWN);
    }

    #[test]
    fn pages_are_told_from_other_text() {
        for page in [
            "<!DOCTYPE html>",
            "\n\t <!doctype HTML PUBLIC",
            "\u{feff}<html lang=en>",
            "<html\n",
            "<head><title>x",
            "<script>x",
            "<!-- saved --> <p>",
            "<?xml version='1.0'?>\n<!DOCTYPE html><html xmlns='x'>",
        ] {
            assert_eq!(whole(page.as_bytes()), "page", "{page}");
        }
        assert_eq!(whole(b"<svg xmlns='x'>"), "image/svg+xml");
        assert_eq!(whole(b"<?xml version='1.0'?> <svg>"), "image/svg+xml");
        assert_eq!(whole(b"<!-- by hand -->\n<svg>"), "image/svg+xml");
        assert_eq!(whole(b"<?xml version='1.0'?><Error>"), "text/xml");
        assert_eq!(whole(b" {\"error\":1}"), "application/json");
        assert_eq!(whole(b"BM is how this text begins, 40 bytes"), "text/plain");
        assert_eq!(whole(b"%PDF-1.7\n%"), "application/pdf");
    }

    #[test]
    fn other_formats_are_named() {
        for (bytes, kind) in [
            (&b"\0\0\0\x18ftypavif\0\0\0\0avifmif1"[..], "image/avif"),
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "image/heif"),
            (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "video/mp4"),
            (b"\0\0\x01\0\x01\0\x10\x10", "image/vnd.microsoft.icon"),
            (b"PK\x03\x04\x14\0\0\0\x08\0", "application/zip"),
            (b"\x1f\x8b\x08\0\0\0\0\0", "application/gzip"),
            (b"RIFF\x10\0\0\0WAVEfmt ", "audio/x-wav"),
        ] {
            assert_eq!(whole(bytes), kind);
        }
    }

    #[test]
    fn no_short_body_panics() {
        let starts: [&[u8]; 4] = [
            b"RIFF\0\0\0\0WEBP",
            b"BM",
            b"\0\0\0\x18ftypheic",
            b"PK\x03\x04",
        ];
        for start in starts {
            for end in 0..start.len() {
                let _ = Kind::of(&start[..end], true);
            }
        }
        for byte in 0..=255 {
            for length in 0..70 {
                let _ = Kind::of(&vec![byte; length], true);
            }
        }
    }
}
