use std::sync::LazyLock;

use regex::Regex;

use crate::engine::EngineState;

/// Finds the token where the page has had it, the most usual place first.
static PLACES: LazyLock<[Regex; 3]> = LazyLock::new(|| {
    [
        r#"vqd="([^"&'<>\s]{1,200})""#,
        r#"vqd=([^"&'<>\s]{1,200})&"#,
        r#"vqd='([^"&'<>\s]{1,200})'"#,
    ]
    .map(|place| Regex::new(place).expect("the pattern is well formed"))
});

/// Finds the token of a phrase on the front page.
///
/// # Errors
///
/// The [`EngineState`] that a page without a token stands for: the site gives none to those whom it takes for a robot.
pub fn read(body: &[u8]) -> Result<String, EngineState> {
    let page = String::from_utf8_lossy(body);
    let found = PLACES.iter().find_map(|place| place.captures(&page));
    if let Some(found) = found {
        return Ok(found[1].to_owned());
    }
    if let Some(challenge) = EngineState::challenge(body) {
        return Err(challenge);
    }
    Err(if page.contains("vqd") {
        EngineState::schema("`vqd` stands on the page in a form that is not known")
    } else {
        EngineState::RateLimited { wait: None }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_found_in_every_place_and_in_order() {
        for (page, token) in [
            (r#"<script>vqd="4-1234_a";nrj('x')</script>"#, "4-1234_a"),
            ("/i.js?q=cat&vqd=4-99&p=1", "4-99"),
            ("/i.js?q=cat&amp;vqd=4-99&amp;p=1", "4-99"),
            ("DDG.x={vqd='3-1-2'}", "3-1-2"),
            ("vqd='third' vqd=second& vqd=\"first\"", "first"),
            ("vqd='third' vqd=second&", "second"),
            ("vqd=\"\" vqd='a b' vqd='third'", "third"),
        ] {
            assert_eq!(read(page.as_bytes()).unwrap(), token, "{page}");
        }
    }

    #[test]
    fn a_page_without_one_says_why() {
        let blocked = include_bytes!("../../../fixtures/duckduckgo/opening_blocked.html");
        assert!(matches!(read(blocked), Err(EngineState::Blocked { .. })));
        let limited = include_bytes!("../../../fixtures/duckduckgo/opening_ratelimited.html");
        for body in [&b""[..], limited, b"\xff\xfe"] {
            assert_eq!(read(body), Err(EngineState::RateLimited { wait: None }));
        }
        let changed = include_bytes!("../../../fixtures/duckduckgo/opening_changed.html");
        assert!(matches!(
            read(changed),
            Err(EngineState::SchemaChanged { .. })
        ));
        let long = format!("vqd=\"{}\"", "4".repeat(8 * 1024 * 1024));
        assert!(read(long.as_bytes()).is_err());
        assert!(read("vqd=\" ".repeat(1_000_000).as_bytes()).is_err());
    }
}
