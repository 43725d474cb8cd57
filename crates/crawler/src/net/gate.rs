use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::frontier::HostKey;

/// Added to each interval, since one request takes a little longer to its host than another.
const SLACK: Duration = Duration::from_millis(2);
/// Hosts remembered before those that have rested are forgotten.
const MOST: usize = 4_096;

/// Keeps the interval between two requests where they leave.
///
/// The frontier decides when a request starts, but on a busy machine its task may run late and the next one in time, and the
/// host would see them closer together than agreed. So each task passes here as its last step before it sends.
#[derive(Debug, Default)]
pub(super) struct Gate {
    last: Mutex<HashMap<HostKey, Instant>>,
}

impl Gate {
    /// Waits until the interval since the last request to this host is over, and counts this one.
    pub(super) async fn pass(&self, host: &HostKey, interval: Duration) {
        if interval.is_zero() {
            return;
        }
        while let Some(wait) = self.try_pass(host, interval + SLACK, Instant::now()) {
            tokio::time::sleep(wait).await;
        }
    }

    /// Counts a request that may leave now; else says how long it must wait.
    fn try_pass(&self, host: &HostKey, interval: Duration, now: Instant) -> Option<Duration> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(&before) = last.get(host) {
            let free = before + interval;
            if free > now {
                return Some(free - now);
            }
        }
        if last.len() >= MOST {
            last.retain(|_, before| *before + interval > now);
        }
        last.insert(host.clone(), now);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_request_makes_the_next_one_wait() {
        let gate = Gate::default();
        let (start, ms) = (Instant::now(), Duration::from_millis(1));
        let host = |name: &str| HostKey::of(&format!("http://{name}/").parse().unwrap());
        let (a, b) = (host("a.example"), host("b.example"));
        assert_eq!(gate.try_pass(&a, 100 * ms, start + 40 * ms), None);
        let wait = gate.try_pass(&a, 100 * ms, start + 100 * ms);
        assert_eq!(wait, Some(40 * ms));
        assert_eq!(gate.try_pass(&b, 100 * ms, start + 100 * ms), None);
        assert_eq!(gate.try_pass(&a, 100 * ms, start + 140 * ms), None);
    }

    #[test]
    fn hosts_that_have_rested_are_forgotten() {
        let gate = Gate::default();
        let start = Instant::now();
        let interval = Duration::from_millis(100);
        for n in 0..MOST {
            let host = HostKey::of(&format!("http://h{n}/").parse().unwrap());
            gate.try_pass(&host, interval, start);
        }
        let late = HostKey::of(&"http://late/".parse().unwrap());
        gate.try_pass(&late, interval, start + 2 * interval);
        assert_eq!(gate.last.lock().unwrap().len(), 1);
    }
}
