use serde_json::Value;

use crate::engine::{Hit, json};

/// Reads one result; `None` without an address.
pub(super) fn hit(item: &Value) -> Option<Hit> {
    Some(Hit {
        image_url: json::web(item, "url")?,
        fallbacks: json::web(item, "thumbnail").into_iter().collect(),
        page_url: json::web(item, "foreign_landing_url"),
        title: json::text(item, "title"),
        creator: json::text(item, "creator"),
        license: license(item),
        license_url: json::web(item, "license_url"),
        attribution: json::text(item, "attribution"),
        source_id: json::id(item, "id"),
        width: json::pixels(item, "width"),
        height: json::pixels(item, "height"),
        ..Hit::default()
    })
}

/// Turns the licence's slug and version into its usual short name, `by-sa` and `4.0` into `CC BY-SA 4.0`.
fn license(item: &Value) -> Option<String> {
    let slug = json::text(item, "license")?;
    let name = match slug.as_str() {
        "cc0" => "CC0".to_owned(),
        "pdm" => "Public Domain Mark".to_owned(),
        other => format!("CC {}", other.to_uppercase()),
    };
    Some(match json::text(item, "license_version") {
        Some(version) => format!("{name} {version}"),
        None => name,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const PAGE: &[u8] = include_bytes!("../../../fixtures/openverse/page.json");

    #[test]
    fn licences_and_attribution_reach_the_hits() {
        let answer: Value = serde_json::from_slice(PAGE).unwrap();
        let results = answer["results"].as_array().unwrap();
        let hits: Vec<Hit> = results.iter().filter_map(hit).collect();
        assert_eq!(hits.len(), 2);
        let hit = &hits[0];
        assert_eq!(hit.image_url, "https://live.staticflickr.com/1/2_b.jpg");
        assert_eq!(hit.license.as_deref(), Some("CC BY-SA 2.0"));
        assert!(hit.attribution.as_ref().unwrap().contains("licensed under"));
        assert_eq!(
            hit.page_url.as_deref(),
            Some("https://www.flickr.com/photos/a/2")
        );
        assert_eq!((hit.width, hit.height), (Some(1024), Some(683)));
        assert_eq!(hit.source_id.as_deref(), Some("1"));
        assert_eq!(hits[1].license.as_deref(), Some("CC0 1.0"));
    }

    #[test]
    fn licences_have_their_usual_names() {
        for (slug, version, name) in [
            ("by-nc-nd", json!("4.0"), "CC BY-NC-ND 4.0"),
            ("pdm", json!("1.0"), "Public Domain Mark 1.0"),
            ("cc0", json!(null), "CC0"),
            ("sampling+", json!(1), "CC SAMPLING+"),
        ] {
            let item = json!({"license": slug, "license_version": version});
            assert_eq!(license(&item).as_deref(), Some(name));
        }
        assert_eq!(license(&json!({"license": 7})), None);
    }
}
