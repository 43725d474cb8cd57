use std::time::SystemTime;

use super::aipref::{Preference, content_usage};
use super::refusal::printable;
use super::tdm::{POLICY, RESERVATION};
use super::{Refusal, Reservation, Signal, Watched, robots_tag};

/// Things seen at one URL that are kept.
const KEPT: usize = 8;

/// Says which signals are obeyed; all of them by default.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four switches that are independent of each other"
)]
pub struct OptOutPolicy {
    /// Obeys `Allow` and `Disallow` of robots.txt.
    pub robots: bool,
    /// Obeys the header `X-Robots-Tag`.
    pub robots_tag: bool,
    /// Obeys `TDMRep`, headers and file.
    pub tdmrep: bool,
    /// Obeys `Content-Usage`, as header and in robots.txt, and `Content-Signal` in robots.txt.
    pub aipref: bool,
    /// Product tokens of others whose rules in robots.txt and `X-Robots-Tag` bind trawl too.
    pub agents: Vec<String>,
}

impl Default for OptOutPolicy {
    /// Obeys everything, and what is said to the best known collectors of training data.
    fn default() -> Self {
        Self {
            robots: true,
            robots_tag: true,
            tdmrep: true,
            aipref: true,
            agents: ["img2dataset", "CCBot", "LAIONDownloader"]
                .map(str::to_owned)
                .to_vec(),
        }
    }
}

/// Is what the headers of one answer have to say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// The first signal that refuses and is obeyed; the body is not to be read then.
    pub refusal: Option<Refusal>,
    /// What was seen, obeyed or not, refusing or not: at most 8 texts of at most 200 printable characters.
    pub signals_seen: Vec<String>,
}

impl OptOutPolicy {
    /// Returns the product tokens that bind trawl under this policy, for the caches.
    #[must_use]
    pub fn watched(&self) -> Watched {
        Watched::new(&self.agents)
    }

    /// Looks at the headers of an answer, as names and bytes, before its body is read.
    ///
    /// `filed` is what the `TDMRep` file says of the URL that answered; a header outranks it.
    #[must_use]
    pub fn judge<'h>(
        &self,
        headers: impl IntoIterator<Item = (&'h str, &'h [u8])>,
        filed: Option<&Reservation>,
        now: SystemTime,
    ) -> Findings {
        let values = Values::collect(headers);
        let mut findings = Findings::default();
        let watched = self.watched();
        for line in &values.robots_tag {
            for directive in robots_tag::directives(line, &watched, now) {
                let refuses = self.robots_tag && directive.refuses;
                findings.note(Signal::RobotsTag, &directive.evidence, refuses);
            }
        }
        let said = Reservation::from_headers(&values.reservation, values.policy);
        if let Some(said) = said.as_ref().or(filed) {
            findings.note(said.signal, &said.evidence, self.tdmrep && said.reserved);
        }
        // RFC 9651 (section 4.2) joins the lines of one field before it parses them.
        let usage = values.usage.join(b", ".as_slice());
        if !usage.is_empty() {
            let refuses = self.aipref && content_usage(&usage) == Preference::Disallowed;
            findings.note(Signal::ContentUsage, &printable(&usage), refuses);
        }
        findings
    }
}

impl Findings {
    fn note(&mut self, signal: Signal, evidence: &str, refuses: bool) {
        let seen = Refusal::new(signal, evidence);
        if self.signals_seen.len() < KEPT {
            self.signals_seen
                .push(printable(seen.to_string().as_bytes()));
        }
        if refuses && self.refusal.is_none() {
            self.refusal = Some(seen);
        }
    }
}

/// The values of the headers that matter.
#[derive(Debug, Default)]
struct Values<'h> {
    robots_tag: Vec<&'h [u8]>,
    reservation: Vec<&'h [u8]>,
    policy: Option<&'h [u8]>,
    usage: Vec<&'h [u8]>,
}

impl<'h> Values<'h> {
    fn collect(headers: impl IntoIterator<Item = (&'h str, &'h [u8])>) -> Self {
        let mut values = Self::default();
        for (name, value) in headers {
            let is = |known: &str| name.eq_ignore_ascii_case(known);
            if is("x-robots-tag") {
                values.robots_tag.push(value);
            } else if is(RESERVATION) {
                values.reservation.push(value);
            } else if is(POLICY) {
                values.policy = Some(value);
            } else if is("content-usage") {
                values.usage.push(value);
            }
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use url::Url;

    use super::*;
    use crate::optout::TdmFile;
    use crate::stamp::from_unix;

    type Headers = [(&'static str, &'static [u8])];

    fn judge(policy: &OptOutPolicy, headers: &Headers, filed: Option<&Reservation>) -> Findings {
        let now = from_unix(1_800_000_000);
        policy.judge(headers.iter().copied(), filed, now)
    }

    fn refused(headers: &Headers) -> Option<Signal> {
        let findings = judge(&OptOutPolicy::default(), headers, None);
        findings.refusal.map(|refusal| refusal.signal)
    }

    #[test]
    fn every_header_is_obeyed_by_default() {
        let cases: &[(&Headers, Option<Signal>)] = &[
            (&[], None),
            (
                &[("content-type", b"image/jpeg"), ("x-robots", b"noai")],
                None,
            ),
            (&[("x-robots-tag", b"noai")], Some(Signal::RobotsTag)),
            (
                &[("X-Robots-Tag", b"nofollow"), ("X-ROBOTS-TAG", b"noai")],
                Some(Signal::RobotsTag),
            ),
            // A line's agent does not reach into the next line.
            (
                &[
                    ("x-robots-tag", b"otherbot: noindex"),
                    ("x-robots-tag", b"noai"),
                ],
                Some(Signal::RobotsTag),
            ),
            (&[("TDM-Reservation", b"1")], Some(Signal::TdmHeader)),
            (&[("tdm-reservation", b"0")], None),
            (
                &[("Content-Usage", b"train-ai=n")],
                Some(Signal::ContentUsage),
            ),
            (
                &[
                    ("content-usage", b"search=y"),
                    ("content-usage", b"train-ai=n"),
                ],
                Some(Signal::ContentUsage),
            ),
            (
                &[
                    ("content-usage", b"train-ai=n"),
                    ("content-usage", b"train-ai=y"),
                ],
                None,
            ),
            (
                &[("content-usage", b"train-ai=n"), ("content-usage", b"%")],
                None,
            ),
            (
                &[("content-usage", b"train-ai=y"), ("x-robots-tag", b"noml")],
                Some(Signal::RobotsTag),
            ),
        ];
        for (headers, expected) in cases {
            assert_eq!(refused(headers), *expected, "{headers:?}");
        }
    }

    #[test]
    fn a_header_outranks_the_file_in_both_directions() {
        let url = Url::parse("https://example.org/a").unwrap();
        let filed = |reserved: u8| {
            let body = format!(r#"[{{"location": "/", "tdm-reservation": {reserved}}}]"#);
            TdmFile::parse(body.as_bytes()).reservation(&url)
        };
        let policy = OptOutPolicy::default();
        let signal = |headers: &Headers, filed: Option<Reservation>| {
            judge(&policy, headers, filed.as_ref())
                .refusal
                .map(|r| r.signal)
        };
        assert_eq!(signal(&[], filed(1)), Some(Signal::TdmFile));
        assert_eq!(signal(&[], filed(0)), None);
        assert_eq!(signal(&[("tdm-reservation", b"0")], filed(1)), None);
        assert_eq!(
            signal(&[("tdm-reservation", b"1")], filed(0)),
            Some(Signal::TdmHeader)
        );
        // What says nothing lifts nothing.
        assert_eq!(
            signal(&[("tdm-reservation", b"?")], filed(1)),
            Some(Signal::TdmFile)
        );
        assert_eq!(
            signal(&[("tdm-policy", b"https://example.org/p")], filed(1)),
            Some(Signal::TdmFile)
        );
    }

    #[test]
    fn a_switch_that_is_off_still_records_what_was_seen() {
        let headers: &Headers = &[
            ("x-robots-tag", b"noai, unavailable_after: 2099-01-01"),
            ("tdm-reservation", b"1"),
            ("content-usage", b"train-ai=n"),
        ];
        let seen = [
            "x-robots-tag: noai",
            "x-robots-tag: unavailable_after: 2099-01-01",
            "tdm-reservation: tdm-reservation: 1",
            "content-usage: train-ai=n",
        ];
        let mut policy = OptOutPolicy::default();
        let mut signals = Vec::new();
        for turn_off in [
            |p: &mut OptOutPolicy| p.robots_tag = false,
            |p: &mut OptOutPolicy| p.tdmrep = false,
            |p: &mut OptOutPolicy| p.aipref = false,
        ] {
            let findings = judge(&policy, headers, None);
            assert_eq!(findings.signals_seen, seen);
            signals.extend(findings.refusal.map(|r| r.signal));
            turn_off(&mut policy);
        }
        assert_eq!(
            signals,
            [Signal::RobotsTag, Signal::TdmHeader, Signal::ContentUsage]
        );
        let findings = judge(&policy, headers, None);
        assert_eq!((findings.refusal, findings.signals_seen.len()), (None, 4));
    }

    #[test]
    fn what_is_kept_is_bounded_whatever_is_sent() {
        let line = "noai,".repeat(10_000);
        let usage = "x".repeat(100_000);
        let mut headers = vec![("x-robots-tag", line.as_bytes()); 100];
        headers.push(("content-usage", usage.as_bytes()));
        let findings = OptOutPolicy::default().judge(headers, None, UNIX_EPOCH);
        assert_eq!(findings.signals_seen.len(), KEPT);
        assert!(findings.signals_seen.iter().all(|seen| seen.len() <= 200));
    }
}
