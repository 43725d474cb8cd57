//! What the codes mean under which candidates are counted that were not kept.

/// Each code with what it says to a person, and which setting it depends on.
const REASONS: &[(&str, &str)] = &[
    ("bad-url", "no address that could be asked"),
    ("bad-scheme", "neither http nor https"),
    (
        "bad-port",
        "a port other than 80, 443 and crawl.allow_ports",
    ),
    (
        "private-address",
        "inside a private network, which only --allow-private-hosts lets be asked",
    ),
    ("dns", "its host was not found"),
    ("connection", "no connection, or it broke before the answer"),
    ("tls", "no trusted encrypted connection"),
    (
        "timeout-connect",
        "no connection within crawl.connect_timeout",
    ),
    (
        "timeout-header",
        "no whole answer head within crawl.header_timeout",
    ),
    ("timeout-idle", "no byte for crawl.idle_timeout"),
    ("timeout-total", "not there within crawl.total_timeout"),
    ("too-slow", "fewer bytes a second than crawl.min_rate"),
    ("cut-short", "the download ended before it was whole"),
    (
        "too-large",
        "more bytes than crawl.max_body, or more pixels than memory.decode has room for",
    ),
    (
        "bomb",
        "small as sent, more than crawl.max_body once unpacked",
    ),
    (
        "bad-encoding",
        "packed in a way that is not read, or broken",
    ),
    ("empty", "an answer without a byte"),
    ("html", "a web page in the place of a picture"),
    (
        "too-many-redirects",
        "sent on in a circle, or more than crawl.max_redirects times",
    ),
    ("not-found", "gone (status 404 or 410)"),
    ("forbidden", "refused (status 401 or 403)"),
    (
        "rate-limited",
        "its site wants fewer requests, or a pause over crawl.max_wait",
    ),
    ("http-4xx", "refused (another status from 400 to 499)"),
    ("server-error", "its site failed (status 500 to 599)"),
    (
        "http-status",
        "an answer that is neither a picture nor a refusal",
    ),
    (
        "robots",
        "its site's robots.txt keeps crawlers off, or wants a pause over crawl.max_crawl_delay",
    ),
    (
        "robots-unreachable",
        "its site's robots.txt cannot be read, which means to keep off until it can",
    ),
    (
        "opt-out",
        "its site reserves it against indexing, mining or training",
    ),
    (
        "license",
        "not under a licence of search.license, or nobody tells it",
    ),
    (
        "tries-exhausted",
        "runs that were cut off used up its tries",
    ),
    ("not-an-image", "the bytes are no picture"),
    ("unsupported", "a kind of picture that is not read"),
    ("corrupt", "a broken picture"),
    ("truncated", "the end of the picture is missing"),
    ("too-small", "a side under dataset.min_side"),
    ("tiny", "a short side under quality.tiny"),
    (
        "odd-aspect",
        "one side far longer than the other (quality.odd_aspect)",
    ),
    (
        "grey-tail",
        "it ends in the even grey of a cut file (quality.grey_tail)",
    ),
    ("solid", "one colour nearly all over (quality.solid)"),
    (
        "low-information",
        "next to nothing in it (quality.low_information)",
    ),
    ("low-entropy", "few levels of grey (quality.low_entropy)"),
    ("dark", "nothing in it is bright (quality.dark)"),
    (
        "bright",
        "nothing in it is dark or coloured (quality.bright)",
    ),
    ("blurry", "no edge in it is sharp (quality.blurry)"),
    ("text", "lines of text (quality.text)"),
    ("screenshot", "looks like a screenshot (quality.screenshot)"),
    ("duplicate-bytes", "the same file as another of its name"),
    ("duplicate-pixels", "the same pixels as another of its name"),
    (
        "near-duplicate",
        "nearly the same picture as another of its name",
    ),
    ("decoder-panic", "the decoder broke down on it"),
    ("larger-copy", "a larger copy of it was found later"),
    (
        "less-compressed-copy",
        "a copy of its size that is less compressed was found later",
    ),
    (
        "conflict",
        "another name that stands before this one shows it too",
    ),
    (
        "contested",
        "a later name shows it too, and it was held out for val or test, where a disputed picture must not be",
    ),
    (
        "placeholder",
        "so many names show it (dataset.placeholder_names) or hosts serve it (dataset.placeholder_hosts) that it shows none of them",
    ),
    (
        "bridge",
        "it belongs with pictures of two splits and can be in neither",
    ),
];

/// Said of pictures that gave way to a better copy, which is no code: they are counted apart.
pub(crate) const REPLACED: &str = "replaced by a better copy";

/// Says what a code means; empty for one that a later version has written.
pub(crate) fn explain(code: &str) -> &'static str {
    REASONS
        .iter()
        .find(|(known, _)| *known == code)
        .map_or("", |(_, meaning)| meaning)
}

#[cfg(test)]
mod tests {
    use trawl_crawler::Reject;
    use trawl_dataset::{Flaw, SampleId, Scores, Thresholds, Thrown};

    use super::*;

    #[test]
    fn every_code_is_explained_once_and_none_besides() {
        let of: SampleId = "0123456789abcdef0123456789abcdef".parse().unwrap();
        let (width, height) = (1, 1);
        let flaws = [
            Flaw::NotAnImage,
            Flaw::Unsupported(String::new()),
            Flaw::Corrupt(String::new()),
            Flaw::Truncated,
            Flaw::TooLarge { width, height },
            Flaw::TooSmall { width, height },
            Flaw::DuplicateBytes { of },
            Flaw::DuplicatePixels { of },
            Flaw::NearDuplicate { of, distance: 1 },
            Flaw::Panicked(String::new()),
        ];
        let measures = Thresholds::default().judge(&Scores::NOTHING);
        let mut codes: Vec<&str> = Reject::codes()
            .chain(flaws.iter().map(Flaw::code))
            .chain(measures.iter().map(|measure| measure.code))
            .chain(Thrown::CODES)
            .collect();
        codes.sort_unstable();
        codes.dedup();
        let mut known: Vec<&str> = REASONS.iter().map(|(code, _)| *code).collect();
        known.sort_unstable();
        assert_eq!(known, codes);
        assert!(REASONS.iter().all(|(_, meaning)| !meaning.is_empty()));
        let documented = include_str!("../../../docs/operations.md");
        for (code, meaning) in REASONS {
            let row = format!("| `{code}` | {meaning} |\n");
            assert!(documented.contains(&row), "docs/operations.md lacks {row}");
        }
        assert_eq!(explain("unheard-of"), "");
    }
}
