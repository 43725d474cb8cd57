use crate::optout::refusal::printable;
use crate::optout::{Refusal, Signal};

/// The name of the property, of the header and of the member that reserves.
pub(in crate::optout) const RESERVATION: &str = "tdm-reservation";

/// The name of the one that tells under which terms a licence may be had.
pub(in crate::optout) const POLICY: &str = "tdm-policy";

/// Says whether the rights to mine a URL's content are reserved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// Where it was said: [`Signal::TdmHeader`] or [`Signal::TdmFile`].
    pub signal: Signal,
    /// Whether the rights are reserved; `false` is an explicit no.
    pub reserved: bool,
    /// What was said: printable ASCII, at most 200 characters.
    pub evidence: String,
}

impl Reservation {
    pub(super) fn new(signal: Signal, reserved: bool, rest: &str) -> Self {
        let evidence = format!("{RESERVATION}: {}{rest}", u8::from(reserved));
        Self {
            signal,
            reserved,
            evidence: printable(evidence.as_bytes()),
        }
    }

    /// Reads the headers' values; `None` when they say nothing that is understood.
    ///
    /// One `1` among several values reserves: the report has a single value, and who sends two wants one kept.
    pub(in crate::optout) fn from_headers(values: &[&[u8]], policy: Option<&[u8]>) -> Option<Self> {
        let said: Vec<bool> = values
            .iter()
            .flat_map(|value| value.split(|b| *b == b','))
            .filter_map(|value| flag(value.trim_ascii()))
            .collect();
        let reserved = said.iter().any(|reserved| *reserved);
        let policy = policy.map_or_else(String::new, |p| format!(", {POLICY}: {}", printable(p)));
        (!said.is_empty()).then(|| Self::new(Signal::TdmHeader, reserved, &policy))
    }

    /// Returns the refusal that a reservation is; `None` for an explicit no.
    #[must_use]
    pub fn refusal(&self) -> Option<Refusal> {
        self.reserved.then(|| Refusal {
            signal: self.signal,
            evidence: self.evidence.clone(),
        })
    }
}

/// Reads `1` or `0`, in quotes or not.
pub(super) fn flag(value: &[u8]) -> Option<bool> {
    match value {
        b"1" | b"\"1\"" => Some(true),
        b"0" | b"\"0\"" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_reserve_with_1_and_lift_with_0() {
        let cases: &[(&[&[u8]], Option<bool>)] = &[
            (&[b"1"], Some(true)),
            (&[b" 1\t"], Some(true)),
            (&[b"\"1\""], Some(true)),
            (&[b"0"], Some(false)),
            (&[b"0", b"1"], Some(true)),
            (&[b"0, 1"], Some(true)),
            (&[b"x", b"0"], Some(false)),
            (&[b"2"], None),
            (&[b"true"], None),
            (&[b"01"], None),
            (&[b"\xff\x00"], None),
            (&[b""], None),
            (&[], None),
        ];
        for (values, reserved) in cases {
            let read = Reservation::from_headers(values, None);
            assert_eq!(read.map(|r| r.reserved), *reserved, "{values:?}");
        }
    }

    #[test]
    fn the_policy_is_evidence_only() {
        assert_eq!(
            Reservation::from_headers(&[], Some(b"https://example.org/p")),
            None
        );
        let policy = b"https://example.org/\x1bp".as_slice();
        let read = Reservation::from_headers(&[b"1"], Some(policy)).unwrap();
        let refusal = read.refusal().unwrap();
        assert_eq!(
            refusal.to_string(),
            "tdm-reservation: tdm-reservation: 1, tdm-policy: https://example.org/?p"
        );
        assert_eq!(
            Reservation::from_headers(&[b"0"], Some(policy))
                .unwrap()
                .refusal(),
            None
        );
    }
}
