use std::time::SystemTime;

use time::format_description::well_known::{Iso8601, Rfc2822};
use time::{Date, OffsetDateTime, PrimitiveDateTime};

/// Longest date in bytes; the longest form in use has 33.
const LONGEST: usize = 64;

/// Reads a date as `unavailable_after` has it: RFC 822, RFC 850, asctime or ISO 8601.
///
/// A date without a zone is taken as UTC, one without a time as the start of its day.
pub(super) fn read_date(text: &str) -> Option<SystemTime> {
    let text = text.trim();
    if text.is_empty() || text.len() > LONGEST {
        return None;
    }
    httpdate::parse_http_date(text)
        .ok()
        .or_else(|| mail_date(text))
        .or_else(|| iso_date(text))
}

/// Reads `25 Jun 2010 15:00:00 PST` and what is near it: hyphens for spaces, no weekday, no zone.
fn mail_date(text: &str) -> Option<SystemTime> {
    let spaced = text.replace('-', " ");
    let zoned = format!("{text} GMT");
    [text, &spaced, &zoned, &format!("{spaced} GMT")]
        .iter()
        .find_map(|form| OffsetDateTime::parse(form, &Rfc2822).ok())
        .map(SystemTime::from)
}

/// Reads `2025-12-03`, with or without a time, with or without a zone.
fn iso_date(text: &str) -> Option<SystemTime> {
    let joined = text.replacen(' ', "T", 1);
    let format = &Iso8601::PARSING;
    OffsetDateTime::parse(&joined, format)
        .or_else(|_| PrimitiveDateTime::parse(&joined, format).map(PrimitiveDateTime::assume_utc))
        .or_else(|_| Date::parse(text, format).map(|day| day.midnight().assume_utc()))
        .ok()
        .map(SystemTime::from)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn dates_of_every_form_in_use_are_read() {
        let noon = 1_764_766_800; // 2025-12-03T13:00:00Z
        let cases: &[(&str, u64)] = &[
            ("Wed, 03 Dec 2025 13:00:00 GMT", noon),
            ("Wednesday, 03-Dec-25 13:00:00 GMT", noon),
            ("Wed Dec  3 13:00:00 2025", noon),
            ("03 Dec 2025 13:00:00 GMT", noon),
            ("3 Dec 2025 13:00:00 +0000", noon),
            ("03 Dec 2025 05:00:00 PST", noon),
            ("03-Dec-2025 13:00:00 GMT", noon),
            ("03 Dec 2025 13:00:00", noon),
            ("2025-12-03T13:00:00Z", noon),
            ("2025-12-03T14:00:00+01:00", noon),
            ("2025-12-03T13:00:00", noon),
            ("2025-12-03 13:00:00", noon),
            ("2025-12-03T13:00", noon),
            (" 2025-12-03 ", noon - 13 * 3_600),
        ];
        for (text, seconds) in cases {
            let read = read_date(text);
            assert_eq!(
                read,
                Some(UNIX_EPOCH + Duration::from_secs(*seconds)),
                "{text:?}"
            );
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        let long = "1".repeat(10_000);
        for text in [
            "",
            "never",
            "Wed",
            "13:00:00",
            "2025",
            "32 Dec 2025 13:00:00 GMT",
            &long,
        ] {
            assert_eq!(read_date(text), None, "{text:?}");
        }
    }
}
