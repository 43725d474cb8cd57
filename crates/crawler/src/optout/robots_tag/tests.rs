use std::time::{Duration, UNIX_EPOCH};

use super::*;
use crate::optout::OptOutPolicy;

/// 2026-01-01T00:00:00Z.
const NOW: u64 = 1_767_225_600;

fn read(line: &[u8]) -> Vec<Directive> {
    let watched = OptOutPolicy::default().watched();
    directives(line, &watched, UNIX_EPOCH + Duration::from_secs(NOW))
}

/// Returns what refuses in a line.
fn refusing(line: &str) -> Vec<String> {
    read(line.as_bytes())
        .into_iter()
        .filter(|directive| directive.refuses)
        .map(|directive| directive.evidence)
        .collect()
}

#[test]
fn directives_are_found_in_any_dress() {
    let cases: &[(&str, &[&str])] = &[
        ("noai", &["noai"]),
        ("noimageai", &["noimageai"]),
        ("noml", &["noml"]),
        ("noindex", &["noindex"]),
        ("noimageindex", &["noimageindex"]),
        ("none", &["none"]),
        ("NoAI", &["noai"]),
        ("  noai\t,\tNOIMAGEAI ", &["noai", "noimageai"]),
        ("noindex nofollow", &["noindex"]),
        ("noai;noimageai", &["noai", "noimageai"]),
        ("\"noai\"", &["noai"]),
        (",,noai,,", &["noai"]),
        ("all", &[]),
        (
            "nofollow, noarchive, nosnippet, notranslate, indexifembedded",
            &[],
        ),
        ("noaim, anoai, no-ai, no ai", &[]),
        ("", &[]),
        (":", &[]),
        (",", &[]),
    ];
    for (line, expected) in cases {
        assert_eq!(refusing(line), *expected, "{line:?}");
    }
}

#[test]
fn an_agent_takes_what_follows_it() {
    let cases: &[(&str, &[&str])] = &[
        ("otherbot: noindex, nofollow, noai", &[]),
        ("noai, otherbot: noindex", &["noai"]),
        ("otherbot: noindex, trawl: noai", &["trawl: noai"]),
        (
            "trawl: noindex, nofollow, noai",
            &["trawl: noindex", "trawl: noai"],
        ),
        ("TRAWL : noai", &["trawl: noai"]),
        ("trawl/1.0: noai", &["trawl: noai"]),
        ("CCBot: noai", &["ccbot: noai"]),
        ("img2dataset: none", &["img2dataset: none"]),
        ("*: noai", &["noai"]),
        ("otherbot: nofollow, *: noai", &["noai"]),
        ("trawl: all, otherbot: noai", &[]),
        ("otherbot:trawl:noai", &["trawl: noai"]),
        ("trawl: otherbot: noai", &[]),
        ("googlebot-news: noindex", &[]),
        ("Googlebot Image: noindex, noai", &[]),
        ("360spider: noindex, noai", &[]),
        ("trawl:", &[]),
        ("trawler: noai", &[]),
    ];
    for (line, expected) in cases {
        assert_eq!(refusing(line), *expected, "{line:?}");
    }
}

#[test]
fn values_are_not_taken_for_agents() {
    let cases: &[(&str, &[&str])] = &[
        // The line that img2dataset takes for a bot named "noai, unavailable_after".
        (
            "noai, unavailable_after: Wed, 03 Dec 2036 13:00:00 GMT",
            &["noai"],
        ),
        (
            "unavailable_after: Wed, 03 Dec 2036 13:00:00 GMT, noai",
            &["noai"],
        ),
        ("unavailable_after: 2036-12-03T13:00:00Z, noai", &["noai"]),
        ("unavailable_after: 2036-12-03, noai", &["noai"]),
        ("max-snippet: 20, noai", &["noai"]),
        ("max-image-preview: large, noai", &["noai"]),
        ("max-video-preview: 0, noindex", &["noindex"]),
        ("Max-Something-New: large, noai", &["noai"]),
        ("something-new: 5, noai", &["noai"]),
        ("rating: adult, noai", &["noai"]),
        ("policy: https://example.org/p, noai", &["noai"]),
        ("https://example.org/p, noai", &["noai"]),
        ("otherbot: max-snippet: 20, noai", &[]),
        ("otherbot: max-snippet: 20, trawl: noai", &["trawl: noai"]),
        // No dates, but nothing after them is lost.
        ("unavailable_after: never, noai", &["noai"]),
        ("unavailable_after:, noai", &["noai"]),
        (
            "unavailable_after: Wed, noai, noimageai",
            &["noai", "noimageai"],
        ),
        (
            "unavailable_after: Wed, 99 Dec 2025 13:00:00 GMT, noai",
            &["noai"],
        ),
        ("unavailable_after: some day, 12:30, noai", &["noai"]),
        ("unavailable_after, noai", &["noai"]),
        ("unavailable_after: noai", &[]),
    ];
    for (line, expected) in cases {
        assert_eq!(refusing(line), *expected, "{line:?}");
    }
}

#[test]
fn a_date_refuses_once_it_has_passed() {
    let past = [
        "Wed, 03 Dec 2025 13:00:00 GMT",
        "Wednesday, 03-Dec-25 13:00:00 GMT",
        "Wed Dec  3 13:00:00 2025",
        "25 Jun 2010 15:00:00 PST",
        "25-Aug-2007 15:00:00 EST",
        "2025-12-03",
        "2025-12-03T13:00:00+01:00",
        "2025-12-03 13:00:00",
        "Thu, 01 Jan 2026 00:00:00 GMT",
    ];
    for date in past {
        let line = format!("nofollow, UNAVAILABLE_AFTER : {date} , noarchive");
        assert_eq!(refusing(&line), [format!("unavailable_after: {date}")]);
        assert_eq!(
            refusing(&format!("otherbot: unavailable_after: {date}")),
            [] as [&str; 0]
        );
    }
    let future = read(b"unavailable_after: Thu, 01 Jan 2026 00:00:01 GMT");
    assert_eq!(future.len(), 1);
    assert!(!future[0].refuses);
    assert_eq!(
        refusing("trawl: unavailable_after: 2025-12-03"),
        ["trawl: unavailable_after: 2025-12-03"]
    );
}

#[test]
fn hostile_lines_end_soon_and_say_little() {
    for piece in [
        "noai,",
        ":",
        "a:",
        "unavailable_after: Wed,",
        ",",
        "noai ",
        "unavailable_after:",
        "\u{202e}",
    ] {
        let found = read(piece.repeat(50_000).as_bytes());
        assert!(found.len() <= KEPT + 1);
        assert!(found.iter().all(|d| d.evidence.len() <= 200));
    }
    let late = format!("{}noai", "unavailable_after: 2099-01-01,".repeat(100));
    assert_eq!(refusing(&late), ["noai"]);
    assert_eq!(refusing("\u{ff}\u{0}noai, noai"), ["noai"]);
    let mut line = b"\xff\xfe, ".to_vec();
    line.extend_from_slice(b"noai");
    assert!(read(&line)[0].refuses);
    let mut random = fastrand::Rng::with_seed(1996);
    let words = [
        "noai",
        "trawl:",
        "otherbot:",
        ",",
        " ",
        "unavailable_after:",
        "Wed",
        "03 Dec 2025",
        "13:00",
        "\u{e9}",
        "max-snippet:",
        "1",
    ];
    for _ in 0..20_000 {
        let line: String = (0..random.usize(..12))
            .map(|_| words[random.usize(..words.len())])
            .collect();
        let _ = read(line.as_bytes());
    }
}
