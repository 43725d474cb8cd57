//! One file of Wikimedia Commons, as the `MediaWiki` API describes it.

use std::sync::LazyLock;

use regex::Regex;
use scraper::{Html, Node};
use serde_json::Value;

use super::{Hit, json};

/// A thumbnail whose short side is below this is of no use; the original is taken then.
const SHORT_SIDE: u64 = 224;
/// An original over so many bytes is asked for only when its thumbnail cannot be had; the crawl takes 20 MiB unless it is told
/// otherwise.
const HUGE_BYTES: u64 = 16 * 1024 * 1024;
/// The same for pixels: more take longer to decode than a picture is worth.
const HUGE_AREA: u64 = 100_000_000;
/// Characters of a fragment of HTML that are read.
const HTML_CHARS: usize = 8_192;

/// Finds the true width of a thumbnail in its path; the `thumbwidth` member is not reliable.
static THUMB: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"/(?:[a-z0-9]+-)*?(\d{1,5})px-[^/]*$").expect("the pattern is well formed")
});

/// Reads the files in the order of the search; those that are missing or no pictures are left out.
pub(super) fn hits(mut pages: Vec<&Value>) -> Vec<Hit> {
    pages.sort_by_key(|page| {
        page.get("index")
            .and_then(Value::as_u64)
            .unwrap_or(u64::MAX)
    });
    pages.into_iter().filter_map(hit).collect()
}

/// Says whether an answer without hits has files that are neither missing nor read.
pub(super) fn is_odd(answer: &Value) -> bool {
    let pages = answer.get("query").and_then(|query| query.get("pages"));
    let pages: Vec<&Value> = match pages {
        Some(Value::Array(list)) => list.iter().collect(),
        Some(Value::Object(by_id)) => by_id.values().collect(),
        _ => Vec::new(),
    };
    pages.into_iter().any(|page| {
        let info = page.get("imageinfo").and_then(|infos| infos.get(0));
        let is_missing = page.get("missing").is_some()
            || info.is_some_and(|info| info.get("filemissing").is_some());
        !is_missing && info.is_none_or(|info| json::web(info, "url").is_none())
    })
}

/// Is what can be done with a file by its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A picture that is read as it is.
    Picture,
    /// A drawing, or a picture in a form that is not read: its thumbnail is.
    Rendered,
}

impl Form {
    /// Sorts a media type; `None` for books, sounds and films.
    fn of(info: &Value) -> Option<Self> {
        let Some(mime) = json::text(info, "mime") else {
            return Some(Self::Picture);
        };
        match mime.to_ascii_lowercase().strip_prefix("image/")? {
            "jpeg" | "jpg" | "png" | "gif" | "webp" | "bmp" | "x-bmp" | "tiff" => {
                Some(Self::Picture)
            }
            kind if kind.contains("djvu") => None,
            _ => Some(Self::Rendered),
        }
    }
}

fn hit(page: &Value) -> Option<Hit> {
    let info = page.get("imageinfo")?.get(0)?;
    if info.get("filemissing").is_some() {
        return None;
    }
    let (image_url, fallbacks) = copies(info)?;
    let meta = |key: &str| {
        let value = info.get("extmetadata")?.get(key)?;
        json::text(value, "value").and_then(|html| plain(&html))
    };
    let creator = meta("Artist");
    let license = meta("LicenseShortName");
    let credit = Credit {
        ready: meta("Attribution"),
        author: creator.clone().or_else(|| meta("Credit")),
        license: license.clone(),
        is_free: meta("AttributionRequired").is_some_and(|v| v.eq_ignore_ascii_case("false")),
    };
    Some(Hit {
        image_url,
        fallbacks,
        page_url: json::web(info, "descriptionurl"),
        title: json::text(page, "title").map(|t| t.trim_start_matches("File:").to_owned()),
        creator,
        license,
        license_url: meta("LicenseUrl").and_then(|url| json::web_address(&url)),
        attribution: credit.sentence(),
        source_id: json::id(page, "pageid"),
        sha1: json::text(info, "sha1").filter(|sha1| is_sha1(sha1)),
        width: json::pixels(info, "width"),
        height: json::pixels(info, "height"),
        local: false,
    })
}

/// Chooses the copy to download, and those to turn to when it cannot be had.
fn copies(info: &Value) -> Option<(String, Vec<String>)> {
    let form = Form::of(info)?;
    let original = json::web(info, "url")?;
    let thumb = json::web(info, "thumburl").filter(|thumb| *thumb != original);
    if form == Form::Rendered {
        // A drawing has no pixels of its own: its thumbnail may be larger than what it says of itself.
        return Some((thumb?, Vec::new()));
    }
    Some(match thumb {
        Some(thumb) if is_enough(&thumb, info) || is_huge(info) => (thumb, vec![original]),
        _ => (original, Vec::new()),
    })
}

/// Says whether the thumbnail is smaller than its original and still has a short side of 224 pixels.
fn is_enough(thumb: &str, info: &Value) -> bool {
    let size = |key: &str| json::pixels(info, key).map(u64::from);
    let (Some(width), Some(height)) = (size("width"), size("height")) else {
        return false;
    };
    let path = thumb.split(['?', '#']).next().unwrap_or(thumb);
    let Some(found) = THUMB.captures(path).and_then(|c| c[1].parse::<u64>().ok()) else {
        return false;
    };
    found < width && found * width.min(height) / width >= SHORT_SIDE
}

/// Says whether the original is too large to be worth asking for.
fn is_huge(info: &Value) -> bool {
    let size = |key: &str| json::pixels(info, key).map_or(0, u64::from);
    let bytes = info.get("size").and_then(Value::as_u64).unwrap_or(0);
    bytes > HUGE_BYTES || size("width") * size("height") > HUGE_AREA
}

fn is_sha1(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Holds what a sentence of attribution is made of.
struct Credit {
    /// The sentence that the author wants.
    ready: Option<String>,
    author: Option<String>,
    license: Option<String>,
    /// Nobody asks for one.
    is_free: bool,
}

impl Credit {
    fn sentence(self) -> Option<String> {
        if self.ready.is_some() || self.is_free {
            return self.ready;
        }
        let parts = [
            self.author,
            self.license,
            Some("via Wikimedia Commons".to_owned()),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (parts.len() > 1).then(|| parts.join(", "))
    }
}

/// Reduces a fragment of HTML to its text, white space joined; what a browser does not show as text is left out.
pub(super) fn plain(html: &str) -> Option<String> {
    let html: String = html.chars().take(HTML_CHARS).collect();
    let text = if html.contains(['<', '&']) {
        let fragment = Html::parse_fragment(&html);
        let shown = fragment.tree.nodes().filter(|node| {
            let mut above = node.ancestors();
            !above.any(|node| matches!(node.value(), Node::Element(e) if matches!(e.name(), "style" | "script")))
        });
        let texts = shown.filter_map(|node| node.value().as_text().map(|text| &**text));
        texts.collect::<String>()
    } else {
        html
    };
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const PAGE: &[u8] = include_bytes!("../../fixtures/wikimedia/page.json");

    fn fixture() -> Vec<Hit> {
        let answer: Value = serde_json::from_slice(PAGE).unwrap();
        hits(
            answer["query"]["pages"]
                .as_array()
                .unwrap()
                .iter()
                .collect(),
        )
    }

    /// Chooses among the copies of a file of this size.
    fn chosen(width: u32, height: u32, bytes: u64, thumb: &str) -> (String, Vec<String>) {
        let info = json!({
            "url": "https://u/o.jpg", "thumburl": thumb, "mime": "image/jpeg",
            "width": width, "height": height, "size": bytes,
        });
        copies(&info).unwrap()
    }

    #[test]
    fn hits_come_by_index_with_thumbnails_for_big_originals() {
        let hits = fixture();
        let urls: Vec<&str> = hits.iter().map(|h| h.image_url.as_str()).collect();
        assert_eq!(
            urls,
            [
                "https://thumb.wikimedia.org/wikipedia/commons/thumb/a/ab/Big.jpg/500px-Big.jpg",
                "https://upload.wikimedia.org/wikipedia/commons/c/cd/Panorama.jpg",
                "https://upload.wikimedia.org/wikipedia/commons/e/ef/Small.png",
            ],
            "the big one by thumbnail; a panorama's would be too low, the small one's too large"
        );
        assert_eq!(
            hits[0].fallbacks,
            ["https://upload.wikimedia.org/wikipedia/commons/a/ab/Big.jpg"]
        );
    }

    #[test]
    fn metadata_becomes_provenance() {
        let hits = fixture();
        let big = &hits[0];
        assert_eq!(big.creator.as_deref(), Some("Jane & John Doe"));
        assert_eq!(big.license.as_deref(), Some("CC BY-SA 4.0"));
        assert_eq!(
            big.license_url.as_deref(),
            Some("https://creativecommons.org/licenses/by-sa/4.0")
        );
        assert_eq!(big.title.as_deref(), Some("Big.jpg"));
        assert_eq!(
            big.attribution.as_deref(),
            Some("Jane & John Doe, CC BY-SA 4.0, via Wikimedia Commons")
        );
        assert_eq!(
            big.sha1.as_deref(),
            Some("da39a3ee5e6b4b0d3255bfef95601890afd80709")
        );
        assert_eq!((big.width, big.height), (Some(4000), Some(3000)));
        assert_eq!(big.source_id.as_deref(), Some("10"));
        assert_eq!((&hits[1].creator, &hits[1].attribution), (&None, &None));
        assert_eq!(hits[2].sha1, None, "`c0ffee` is no SHA-1");
    }

    #[test]
    fn the_true_width_of_a_thumbnail_decides() {
        let thumb = "https://t/thumb/a/ab/O.jpg/500px-O.jpg";
        let low = "https://t/thumb/a/ab/O.jpg/330px-O.jpg?x=900px-";
        let original = ("https://u/o.jpg".to_owned(), Vec::new());
        let by_thumb = |thumb: &str| (thumb.to_owned(), vec!["https://u/o.jpg".to_owned()]);
        assert_eq!(
            chosen(1100, 500, 1, thumb),
            by_thumb(thumb),
            "227 pixels high"
        );
        assert_eq!(chosen(1120, 500, 1, thumb), original, "223 pixels high");
        assert_eq!(chosen(500, 500, 1, thumb), original, "no smaller than it");
        assert_eq!(chosen(1000, 600, 1, low), original, "330 pixels, not 900");
        assert_eq!(chosen(1000, 600, 1, "https://t/no-width.jpg"), original);
        let huge = by_thumb(thumb);
        assert_eq!(chosen(9000, 1500, HUGE_BYTES + 1, thumb), huge, "bytes");
        assert_eq!(chosen(40_000, 2_600, 1, thumb), huge, "pixels");
        let page = "https://t/thumb/a/ab/O.tif/lossy-page1-500px-O.tif.jpg";
        assert_eq!(chosen(4000, 3000, 1, page), by_thumb(page));
        assert_eq!(chosen(u32::MAX, u32::MAX, u64::MAX, thumb).0, thumb);
    }

    #[test]
    fn only_pictures_and_the_thumbnails_of_drawings_are_hits() {
        let copy = |mime: &str| {
            let info = json!({
                "url": "https://u/o", "thumburl": "https://t/500px-o.png",
                "width": 100, "height": 100, "mime": mime,
            });
            copies(&info).map(|(url, fallbacks)| (url, fallbacks.len()))
        };
        assert_eq!(copy("image/png"), Some(("https://u/o".to_owned(), 0)));
        for drawing in ["image/svg+xml", "image/x-xcf"] {
            assert_eq!(copy(drawing), Some(("https://t/500px-o.png".to_owned(), 0)));
        }
        for other in [
            "image/vnd.djvu",
            "application/pdf",
            "video/webm",
            "audio/ogg",
        ] {
            assert_eq!(copy(other), None, "{other}");
        }
        let none = json!({"url": "javascript:x", "thumburl": "https://t/500px-o.png"});
        assert_eq!(copies(&none), None);
    }

    #[test]
    fn a_sentence_of_attribution_is_made_where_one_is_wanted() {
        let sentence = |metadata: Value| {
            let page = json!({"imageinfo": [{"url": "https://u/o.jpg", "extmetadata": metadata}]});
            hit(&page).unwrap().attribution
        };
        let value = |text: &str| json!({"value": text});
        let wanted =
            sentence(json!({"Attribution": value("<i>As I say</i>"), "Artist": value("A")}));
        assert_eq!(wanted.as_deref(), Some("As I say"));
        let credit =
            sentence(json!({"Credit": value("NASA"), "LicenseShortName": value("Public domain")}));
        assert_eq!(
            credit.as_deref(),
            Some("NASA, Public domain, via Wikimedia Commons")
        );
        assert_eq!(
            sentence(json!({"Artist": value("A"), "AttributionRequired": value("false")})),
            None
        );
        assert_eq!(sentence(json!({})), None);
    }

    #[test]
    fn html_is_reduced_to_what_is_read() {
        for (html, text) in [
            ("a  b", Some("a b")),
            ("<style>.x{}</style><b>A</b> &lt;B", Some("A <B")),
            ("<script>alert(1)</script>", None),
            ("<p><br></p>", None),
            ("<a href=x>unclosed", Some("unclosed")),
        ] {
            assert_eq!(plain(html).as_deref(), text, "{html}");
        }
        let deep = format!("{}x", "<b>".repeat(100_000));
        assert_eq!(plain(&deep), None, "cut off before the text");
    }
}
