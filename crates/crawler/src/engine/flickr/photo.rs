use serde_json::Value;
use url::Url;

use super::license;
use crate::engine::{Hit, json};

/// The sizes asked for, by rising length of the long side: 640, 800 and 1,024 pixels, and the original.
const SIZES: [&str; 4] = ["z", "c", "l", "o"];
/// The smallest copy with this short side is downloaded: what a picture is scaled to for training.
const SHORT_SIDE: u32 = 224;
/// Is one size of a photo.
#[derive(Debug, Clone)]
struct Copy {
    url: String,
    width: Option<u32>,
    height: Option<u32>,
}

impl Copy {
    /// Reads the size with this suffix; the original's is told under either of two names.
    fn read(photo: &Value, suffix: &str) -> Option<Self> {
        let pixels = |side: &str| {
            let told = json::pixels(photo, &format!("{side}_{suffix}"));
            told.or_else(|| json::pixels(photo, &format!("{suffix}_{side}")))
        };
        Some(Self {
            url: json::web(photo, &format!("url_{suffix}"))?,
            width: pixels("width"),
            height: pixels("height"),
        })
    }

    /// Whether it is large enough, or may be.
    fn is_enough(&self) -> bool {
        let short = self.width.min(self.height);
        short.is_none_or(|short| short >= SHORT_SIDE)
    }
}

/// Lists the copies by falling worth: the smallest that is large enough, those that are larger, and then those that are too
/// small, the largest first.
fn copies(photo: &Value) -> Vec<Copy> {
    let all = SIZES.iter().filter_map(|suffix| Copy::read(photo, suffix));
    let (mut enough, small): (Vec<Copy>, Vec<Copy>) = all.partition(Copy::is_enough);
    enough.extend(small.into_iter().rev());
    enough
}

/// Reads one photo; `None` without any of the sizes.
pub(super) fn hit(photo: &Value) -> Option<Hit> {
    let copies = copies(photo);
    let largest = copies.iter().max_by_key(|copy| copy.width).cloned()?;
    let mut urls: Vec<String> = copies.into_iter().map(|copy| copy.url).collect();
    urls.dedup();
    let image_url = urls.remove(0);
    let terms = json::number(photo, "license")
        .map(|id| id.to_string())
        .or_else(|| json::text(photo, "license"));
    let (license, license_url) = terms.map(|id| license::terms(&id)).unwrap_or_default();
    let id = json::id(photo, "id");
    let title = json::text(photo, "title");
    let creator = json::text(photo, "ownername");
    Some(Hit {
        image_url,
        fallbacks: urls,
        page_url: landing(json::id(photo, "owner").as_deref(), id.as_deref()),
        attribution: attribution(title.as_deref(), creator.as_deref(), license.as_deref()),
        title,
        creator,
        license,
        license_url,
        source_id: id,
        width: largest.width,
        height: largest.height,
        ..Hit::default()
    })
}

/// Returns the photo's page on Flickr.
fn landing(owner: Option<&str>, id: Option<&str>) -> Option<String> {
    let mut url = Url::parse("https://www.flickr.com/photos").expect("the URL is well formed");
    url.path_segments_mut()
        .expect("an https URL has a path")
        .extend([owner?, id?]);
    Some(url.into())
}

/// Makes the sentence that Creative Commons' licences ask for; none for what may not be used without asking.
fn attribution(title: Option<&str>, by: Option<&str>, license: Option<&str>) -> Option<String> {
    let (by, license) = (by?, license?);
    if !license.starts_with("CC") {
        return None;
    }
    let what = title.map_or_else(|| "Photo".to_owned(), |title| format!("\"{title}\""));
    Some(format!("{what} by {by}, {license}, via Flickr"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const PAGE: &[u8] = include_bytes!("../../../fixtures/flickr/page.json");

    #[test]
    fn a_page_gives_hits_with_licence_and_landing_page() {
        let answer: Value = serde_json::from_slice(PAGE).unwrap();
        let photos = answer["photos"]["photo"].as_array().unwrap();
        let hits: Vec<Hit> = photos.iter().filter_map(hit).collect();
        assert_eq!(hits.len(), 3);
        let hit = &hits[0];
        assert_eq!(
            hit.image_url,
            "https://live.staticflickr.example/1/101_z.jpg"
        );
        assert_eq!(
            hit.fallbacks,
            [
                "https://live.staticflickr.example/1/101_c.jpg",
                "https://live.staticflickr.example/1/101_b.jpg",
                "https://live.staticflickr.example/1/101_o.jpg",
            ]
        );
        assert_eq!(
            hit.page_url.as_deref(),
            Some("https://www.flickr.com/photos/11@N00/101")
        );
        assert_eq!(hit.license.as_deref(), Some("CC BY 2.0"));
        assert_eq!(
            hit.license_url.as_deref(),
            Some("https://creativecommons.org/licenses/by/2.0/")
        );
        assert_eq!(
            hit.attribution.as_deref(),
            Some("\"Snowy owl\" by Jane Doe, CC BY 2.0, via Flickr")
        );
        assert_eq!((hit.width, hit.height), (Some(4000), Some(3000)));
        assert_eq!(hit.source_id.as_deref(), Some("101"));
        let wide = &hits[1];
        assert_eq!(
            wide.image_url,
            "https://live.staticflickr.example/1/102_b.jpg"
        );
        assert_eq!(
            wide.fallbacks.last().unwrap(),
            "https://live.staticflickr.example/1/102_z.jpg"
        );
        assert_eq!(wide.attribution, None, "no known restrictions");
        let unknown = &hits[2];
        assert_eq!(unknown.license.as_deref(), Some("Flickr licence 99"));
    }

    #[test]
    fn the_smallest_copy_that_is_large_enough_comes_first() {
        let urls = |photo: Value| -> Vec<String> {
            let copies = copies(&photo);
            copies
                .iter()
                .map(|copy| copy.url.replace("https://h/", ""))
                .collect()
        };
        let tiny = urls(json!({
            "url_z": "https://h/z", "width_z": 640, "height_z": 100,
            "url_o": "https://h/o", "o_width": "900", "o_height": "140",
        }));
        assert_eq!(tiny, ["o", "z"], "the largest when none is large enough");
        let untold = urls(json!({"url_c": "https://h/c", "url_l": "https://h/l"}));
        assert_eq!(untold, ["c", "l"]);
        let odd = urls(json!({"url_z": "javascript:x", "url_c": 7, "url_l": null}));
        assert!(odd.is_empty());
    }
}
