use serde_json::Value;

use super::coding::decode;
use crate::engine::link::{copies, link};
use crate::engine::markup::plain;
use crate::engine::{Hit, json};

/// Reads one result; `None` for the empty one at the end of a list and for one without an address.
///
/// The originals come first, by the plain address before the coded one, and then Baidu's own copies, which are there
/// when the original's host refuses.
pub(super) fn hit(item: &Value) -> Option<Hit> {
    let original = |at: usize| {
        let place = item.get("replaceUrl")?.get(at)?;
        json::text(place, "ObjURL").or_else(|| json::text(place, "ObjUrl"))
    };
    let text = |key: &str| json::text(item, key);
    let (image_url, fallbacks) = copies([
        original(0),
        text("objURL").and_then(|coded| decode(&coded)),
        original(1),
        text("hoverURL"),
        text("middleURL"),
        text("thumbURL"),
    ])?;
    let titles = ["fromPageTitle", "fromPageTitleEnc"];
    let size = |key: &str| json::number(item, key).filter(|&pixels| pixels > 0);
    Some(Hit {
        image_url,
        fallbacks,
        page_url: landing(item),
        title: titles.into_iter().find_map(|key| plain(&text(key)?)),
        width: size("width"),
        height: size("height"),
        ..Hit::default()
    })
}

/// Finds the page that the image was found on.
fn landing(item: &Value) -> Option<String> {
    let places = item.get("replaceUrl").and_then(Value::as_array);
    let mut places = places.into_iter().flatten();
    let plain = places.find_map(|place| link(&json::text(place, "FromURL")?));
    plain.or_else(|| link(&decode(&json::text(item, "fromURL")?)?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// `http://img.example.com/a1/cat-9.jpg` as Baidu codes it.
    const CODED: &str =
        "ippr_z2C$qAzdH3FAzdH3Ft42_z&e3Bjxw4rsj_z&e3Bv54AzdH3Fw8AzdH3Fvwp-l_z&e3B3r2";

    #[test]
    fn the_copies_come_best_first_and_once() {
        let item = json!({
            "objURL": CODED,
            "replaceUrl": [
                {"ObjURL": "http://example.com/0.jpg", "FromURL": "http://example.com/page"},
                {"ObjUrl": "http://example.com/1.jpg"},
            ],
            "hoverURL": "",
            "middleURL": "http://cdn.example.org/middle.jpg",
            "thumbURL": "http://cdn.example.org/middle.jpg",
        });
        let hit = hit(&item).unwrap();
        assert_eq!(hit.image_url, "http://example.com/0.jpg");
        assert_eq!(
            hit.fallbacks,
            [
                "http://img.example.com/a1/cat-9.jpg",
                "http://example.com/1.jpg",
                "http://cdn.example.org/middle.jpg",
            ]
        );
        assert_eq!(hit.page_url.as_deref(), Some("http://example.com/page"));
    }

    #[test]
    fn each_address_does_alone() {
        for (item, url) in [
            (
                json!({"objURL": CODED}),
                "http://img.example.com/a1/cat-9.jpg",
            ),
            (
                json!({"replaceUrl": [{"ObjUrl": "http://example.com/u"}]}),
                "http://example.com/u",
            ),
            (
                json!({"replaceUrl": [{}, {"ObjURL": "http://example.com/1"}]}),
                "http://example.com/1",
            ),
            (
                json!({"replaceUrl": [], "hoverURL": "http://example.org/h"}),
                "http://example.org/h",
            ),
            (
                json!({"objURL": "javascript:x", "middleURL": "http://example.org/m"}),
                "http://example.org/m",
            ),
            (
                json!({"objURL": 7, "thumbURL": "http://example.org/t"}),
                "http://example.org/t",
            ),
        ] {
            let hit = hit(&item).unwrap();
            assert_eq!((hit.image_url.as_str(), hit.fallbacks.len()), (url, 0));
        }
        for item in [
            json!({}),
            json!(null),
            json!([1]),
            json!({"objURL": "javascript:x"}),
        ] {
            assert_eq!(hit(&item), None);
        }
    }

    #[test]
    fn titles_are_plain_and_the_page_is_a_web_page() {
        let item = json!({
            "thumbURL": "http://example.org/t",
            "fromPageTitle": "a <strong>cat</strong> &amp; dog",
            "fromURL": CODED,
            "replaceUrl": [{"FromURL": "javascript:alert(1)"}],
            "width": 800, "height": "600",
        });
        let first = hit(&item).unwrap();
        assert_eq!(first.title.as_deref(), Some("a cat & dog"));
        assert_eq!(
            first.page_url.as_deref(),
            Some("http://img.example.com/a1/cat-9.jpg")
        );
        assert_eq!(
            (first.width, first.height, first.license),
            (Some(800), None, None)
        );
        let item = json!({"thumbURL": "http://example.org/t", "fromPageTitle": "", "fromPageTitleEnc": "猫", "width": 0});
        let second = hit(&item).unwrap();
        assert_eq!((second.title.as_deref(), second.width), (Some("猫"), None));
    }
}
