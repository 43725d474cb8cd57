use crate::Reject;

/// Says when a download that failed is asked for again.
///
/// | failure | within a run | with `Crawl::retry_failed` |
/// | --- | --- | --- |
/// | `dns`, `connection`, `timeout-connect`, `timeout-header`, `timeout-idle`, `timeout-total`, `too-slow`, `cut-short` | soon | yes |
/// | status 408, 425, 429, 500, 502, 503, 504 | soon | yes |
/// | any other status from 500 to 599 | no | yes |
/// | `rate-limited` by a pause beyond `max_wait`, `tries-exhausted`, `robots-unreachable` | no | yes |
/// | `bad-url`, `bad-scheme`, `bad-port`, `private-address`, `tls`, `too-large`, `bomb`, `bad-encoding`, `empty`, `html`, `not-an-image`, `robots`, `opt-out`, `license`, `too-many-redirects`, `not-found` (404, 410), `forbidden` (401, 403), any other status | no | no |
///
/// *Soon* means after a wait of `backoff_base` that doubles from try to try up to `backoff_cap`, its upper half drawn at random, or
/// after what `Retry-After` asks for when that is longer; `tries` bounds the requests for a URL over all runs. 429 and 503 speak
/// for the whole host, which is left alone for that wait; so is a host that names one. A wait beyond `max_wait` is not waited:
/// the download and all that is queued at that host are given up as `rate-limited`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Retry {
    /// The same request would fail again.
    Never,
    /// It may succeed later, but is not tried again of itself.
    Later,
    /// It may succeed before long: it is tried again after a wait.
    Soon,
}

impl Retry {
    /// Sorts a failed download by its reason.
    pub(crate) fn of(reject: &Reject) -> Self {
        match reject {
            Reject::Dns(_)
            | Reject::Connection(_)
            | Reject::TimeoutConnect(_)
            | Reject::TimeoutHeader(_)
            | Reject::TimeoutIdle(_)
            | Reject::TooSlow(_)
            | Reject::TimeoutTotal(_)
            | Reject::CutShort(_) => Self::Soon,
            Reject::ClientError(_) | Reject::ServerError(_) => {
                reject.status().map_or(Self::Never, Self::of_status)
            }
            // The wait beyond `max_wait` has no status; 429 has one.
            Reject::RateLimited(_) => reject.status().map_or(Self::Later, Self::of_status),
            Reject::TriesExhausted(_) | Reject::RobotsUnreachable(_) => Self::Later,
            Reject::License(_)
            | Reject::OptOut(_)
            | Reject::Robots(_)
            | Reject::BadUrl(_)
            | Reject::BadScheme(_)
            | Reject::BadPort(_)
            | Reject::PrivateAddress(_)
            | Reject::Tls(_)
            | Reject::TooLarge(_)
            | Reject::Empty(_)
            | Reject::Html(_)
            | Reject::Bomb(_)
            | Reject::BadEncoding(_)
            | Reject::NotAnImage(_)
            | Reject::TooManyRedirects(_)
            | Reject::NotFound(_)
            | Reject::Forbidden(_)
            | Reject::UnexpectedStatus(_) => Self::Never,
        }
    }

    /// Sorts an HTTP status that is no success and no redirect (RFC 9110, section 15; 425 and 429 by RFC 8470 and 6585).
    pub(crate) fn of_status(status: u16) -> Self {
        match status {
            408 | 425 | 429 | 500 | 502 | 503 | 504 => Self::Soon,
            500..=599 => Self::Later,
            _ => Self::Never,
        }
    }

    /// Says whether the status speaks for the whole host, not for one URL.
    pub(crate) fn is_of_host(status: u16) -> bool {
        matches!(status, 429 | 503)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_its_class() {
        let class = |code: &str, detail: &str| {
            Retry::of(&Reject::from_parts(code, detail.to_owned()).unwrap())
        };
        let table = [
            (
                Retry::Soon,
                "dns connection timeout-connect timeout-header too-slow timeout-idle timeout-total cut-short",
            ),
            (
                Retry::Later,
                "tries-exhausted rate-limited robots-unreachable",
            ),
            (
                Retry::Never,
                "bad-url bad-scheme bad-port private-address tls too-large empty html too-many-redirects not-found forbidden http-4xx server-error http-status robots opt-out license bomb bad-encoding not-an-image",
            ),
        ];
        let mut told = 0;
        for (expected, codes) in table {
            for code in codes.split(' ') {
                assert_eq!(class(code, "why"), expected, "{code}");
                told += 1;
            }
        }
        assert_eq!(told, Reject::codes().count(), "a code without a class");
    }

    #[test]
    fn a_status_is_the_same_whether_it_was_just_seen_or_is_on_record() {
        for status in 300..600 {
            let reject = Reject::from_status(status);
            let recorded = Reject::from_parts(reject.code(), reject.detail().to_owned()).unwrap();
            assert_eq!(Retry::of(&recorded), Retry::of_status(status), "{status}");
        }
        let soon: Vec<u16> = (300..600)
            .filter(|&status| Retry::of_status(status) == Retry::Soon)
            .collect();
        assert_eq!(soon, [408, 425, 429, 500, 502, 503, 504]);
        assert_eq!(Retry::of_status(501), Retry::Later);
        assert!(
            soon.iter()
                .copied()
                .filter(|&s| Retry::is_of_host(s))
                .eq([429, 503])
        );
    }
}
