use std::time::Duration;

use tokio::time::Instant;

use crate::{CrawlSettings, Reject};

/// Holds a body against its deadlines: silence, the least rate, and the end of it all.
///
/// The rate is measured as curl's `--speed-limit` and `--speed-time` do, in windows: within each, so many bytes must
/// come, or the end.
#[derive(Debug)]
pub(super) struct Pace {
    total: Instant,
    idle: Duration,
    quiet_since: Instant,
    /// Length of a window, and the bytes that must come within it.
    least: Option<(Duration, u64)>,
    window: Instant,
    in_window: u64,
    bytes: u64,
}

/// Names the deadline that comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Missed {
    Total,
    Idle,
    Rate,
}

impl Pace {
    /// Begins with the body; `total` is when it must have ended.
    pub(super) fn new(limits: &CrawlSettings, total: Instant, now: Instant) -> Self {
        let grace = limits.min_rate_grace;
        let quota = u128::from(limits.min_rate) * grace.as_millis() / 1_000;
        let quota = u64::try_from(quota).unwrap_or(u64::MAX);
        Self {
            total,
            idle: limits.idle_timeout,
            quiet_since: now,
            least: (quota > 0).then_some((grace, quota)),
            window: now,
            in_window: 0,
            bytes: 0,
        }
    }

    /// Counts bytes that came.
    pub(super) fn received(&mut self, bytes: usize, now: Instant) {
        self.bytes += bytes as u64;
        self.in_window += bytes as u64;
        self.quiet_since = now;
        if self.least.is_some_and(|(_, quota)| self.in_window >= quota) {
            self.window = now;
            self.in_window = 0;
        }
    }

    /// Moves every deadline by a wait that was our own doing.
    pub(super) fn excuse(&mut self, wait: Duration) {
        self.total += wait;
        self.quiet_since += wait;
        self.window += wait;
    }

    /// Bytes that came so far.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// When the next bytes must have come.
    pub(super) fn deadline(&self) -> Instant {
        self.next().0
    }

    /// Says what it means that nothing came by the deadline.
    pub(super) fn missed(&self) -> Reject {
        let bytes = self.bytes;
        match self.next().1 {
            Missed::Total => Reject::TimeoutTotal(format!("{bytes} bytes by then")),
            Missed::Idle => Reject::TimeoutIdle(format!("after {bytes} bytes")),
            Missed::Rate => {
                let (grace, quota) = self.least.unwrap_or_default();
                Reject::TooSlow(format!(
                    "{} bytes in {grace:?}, at least {quota} wanted",
                    self.in_window
                ))
            }
        }
    }

    fn next(&self) -> (Instant, Missed) {
        let mut next = (self.quiet_since + self.idle, Missed::Idle);
        if let Some((grace, _)) = self.least
            && self.window + grace < next.0
        {
            next = (self.window + grace, Missed::Rate);
        }
        if self.total <= next.0 {
            next = (self.total, Missed::Total);
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    fn pace(start: Instant) -> Pace {
        let limits = CrawlSettings {
            idle_timeout: seconds(10),
            min_rate: 100,
            min_rate_grace: seconds(15),
            ..CrawlSettings::default()
        };
        Pace::new(&limits, start + seconds(60), start)
    }

    #[test]
    fn silence_is_told_from_dripping() {
        let start = Instant::now();
        let mut pace = pace(start);
        assert_eq!(pace.deadline(), start + seconds(10));
        assert_eq!(pace.missed().code(), "timeout-idle");
        for n in 1..15 {
            pace.received(1, start + seconds(n));
        }
        assert_eq!(pace.deadline(), start + seconds(15));
        let slow = pace.missed();
        assert_eq!(slow.code(), "too-slow");
        assert_eq!(slow.detail(), "14 bytes in 15s, at least 1500 wanted");
    }

    #[test]
    fn a_quota_opens_the_next_window_and_the_end_stays() {
        let start = Instant::now();
        let mut pace = pace(start);
        for n in 1..=11 {
            pace.received(1_500, start + seconds(5 * n));
        }
        assert_eq!(pace.deadline(), start + seconds(60));
        assert_eq!(pace.missed().code(), "timeout-total");
        assert_eq!(pace.bytes(), 16_500);
    }

    #[test]
    fn a_burst_does_not_pay_for_a_drip() {
        let start = Instant::now();
        let mut pace = pace(start);
        pace.received(1_000_000, start + seconds(1));
        pace.received(1, start + seconds(9));
        assert_eq!(pace.deadline(), start + seconds(16));
        assert_eq!(pace.missed().code(), "too-slow");
    }

    #[test]
    fn own_waits_are_not_held_against_the_server() {
        let start = Instant::now();
        let mut pace = pace(start);
        pace.excuse(seconds(30));
        assert_eq!(pace.deadline(), start + seconds(40));
        pace.received(1, start + seconds(41));
        assert_eq!(pace.deadline(), start + seconds(45));
    }

    #[test]
    fn a_rate_of_zero_is_none() {
        let start = Instant::now();
        let limits = CrawlSettings {
            min_rate: 0,
            ..CrawlSettings::default()
        };
        let mut pace = Pace::new(&limits, start + seconds(60), start);
        for n in 1..=55 {
            pace.received(1, start + seconds(n));
        }
        assert_eq!(pace.missed().code(), "timeout-total");
    }
}
