use std::time::{Duration, SystemTime};

/// Computes the waits between tries: exponential, capped, with jitter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Backoff {
    base: Duration,
    cap: Duration,
}

impl Backoff {
    pub(crate) fn new(base: Duration, cap: Duration) -> Self {
        Self { base, cap }
    }

    /// Returns the wait after the given try (from 1); `unit` in 0..1 is the jitter, which moves the wait
    /// within its upper half so that clients that failed together do not come back together.
    pub(crate) fn delay(self, tries: u32, unit: f64) -> Duration {
        let doublings = tries.saturating_sub(1).min(16);
        let whole = self.base.saturating_mul(1 << doublings).min(self.cap);
        whole.mul_f64(0.5 + 0.5 * unit.clamp(0.0, 1.0))
    }

    /// Returns the wait after the given try with random jitter.
    pub(crate) fn draw(self, tries: u32) -> Duration {
        self.delay(tries, fastrand::f64())
    }
}

/// Longest wait that is read, 136 years: no clock gets beyond its end by it.
const LONGEST: Duration = Duration::from_secs(u32::MAX as u64);

/// Reads a `Retry-After` value: whole seconds or an HTTP date (RFC 9110, section 10.2.3).
///
/// A date that has passed is no wait; anything else, such as a negative number, is ignored.
#[must_use]
pub fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        let seconds = value.parse().unwrap_or(u64::MAX);
        return Some(Duration::from_secs(seconds).min(LONGEST));
    }
    let at = httpdate::parse_http_date(value).ok()?;
    Some(at.duration_since(now).unwrap_or_default().min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_cap_and_jitter_stays_in_the_upper_half() {
        let backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(3));
        let full: Vec<u128> = (1..=5).map(|n| backoff.delay(n, 1.0).as_millis()).collect();
        assert_eq!(full, [500, 1_000, 2_000, 3_000, 3_000]);
        assert_eq!(backoff.delay(3, 0.0), Duration::from_secs(1));
        assert_eq!(backoff.delay(u32::MAX, 1.0), Duration::from_secs(3));
        for _ in 0..100 {
            let wait = backoff.draw(2).as_millis();
            assert!((500..=1_000).contains(&wait));
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        let wait = |value: &str| retry_after(value, now).map(|w| w.as_secs());
        assert_eq!(wait("120"), Some(120));
        assert_eq!(wait(" 0 "), Some(0));
        assert_eq!(wait("Sun, 06 Nov 1994 08:50:37 GMT"), Some(60));
        assert_eq!(wait("Sunday, 06-Nov-94 08:49:47 GMT"), Some(10));
        assert_eq!(wait("Sun, 06 Nov 1994 08:00:00 GMT"), Some(0));
        assert_eq!(wait("99999999999999999999999"), Some(u64::from(u32::MAX)));
        let last = "Fri, 31 Dec 9999 23:59:59 GMT";
        assert_eq!(wait(last), Some(u64::from(u32::MAX)));
        for garbage in ["", "-5", "1.5", "soon", "12 s", "+3"] {
            assert_eq!(wait(garbage), None, "{garbage}");
        }
    }
}
