use std::time::Duration;

/// Windows up to this long are kept by spacing requests out; longer ones are counted, over runs as well.
const SPACED: Duration = Duration::from_mins(10);

/// Is what an engine's operator allows: so many requests in each window of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Requests allowed.
    pub requests: u32,
    /// Length of the window.
    pub window: Duration,
}

impl Quota {
    /// So many requests a minute.
    #[must_use]
    pub const fn a_minute(requests: u32) -> Self {
        Self {
            requests,
            window: Duration::from_mins(1),
        }
    }

    /// So many requests an hour.
    #[must_use]
    pub const fn an_hour(requests: u32) -> Self {
        Self {
            requests,
            window: Duration::from_hours(1),
        }
    }

    /// So many requests a day.
    #[must_use]
    pub const fn a_day(requests: u32) -> Self {
        Self {
            requests,
            window: Duration::from_hours(24),
        }
    }

    /// The least time between two requests, for a window short enough to be kept that way.
    pub(crate) fn spacing(&self) -> Option<Duration> {
        (self.window <= SPACED).then(|| self.window / self.requests.max(1))
    }

    /// The time between two requests that keeps to every short window of a list, and is not under `least`.
    pub(crate) fn interval(quotas: &[Self], least: Duration) -> Duration {
        let spacing = quotas.iter().filter_map(Self::spacing).max();
        spacing.unwrap_or_default().max(least)
    }

    /// Whether the window is so long that requests must be counted.
    pub(crate) fn is_counted(&self) -> bool {
        self.window > SPACED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_windows_are_spaced_and_long_ones_counted() {
        assert_eq!(Quota::a_minute(20).spacing(), Some(Duration::from_secs(3)));
        assert!(!Quota::a_minute(20).is_counted());
        assert_eq!(Quota::a_day(200).spacing(), None);
        assert!(Quota::a_day(200).is_counted() && Quota::an_hour(5).is_counted());
        let both = [Quota::a_day(200), Quota::a_minute(20)];
        let interval = |seconds| Quota::interval(&both, Duration::from_secs(seconds)).as_secs();
        assert_eq!((interval(1), interval(5)), (3, 5));
        assert_eq!(Quota::a_minute(0).spacing(), Some(Duration::from_mins(1)));
    }
}
