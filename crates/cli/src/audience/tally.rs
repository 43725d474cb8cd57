//! What one run met: failures by reason and host, and pauses.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use trawl_crawler::Event;

/// Hosts remembered for one reason. Past it the rarest half is forgotten, so that a crawl of millions of hosts needs no memory for
/// each; what is left then counts at least as often as shown.
const HOSTS: usize = 8192;

/// Hosts named for one reason.
const NAMED: usize = 3;

/// Counts of one run.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    reasons: BTreeMap<&'static str, Reason>,
    fallbacks: u64,
    pauses: u64,
}

#[derive(Debug, Default)]
struct Reason {
    count: u64,
    hosts: HashMap<String, u64>,
    /// Whether hosts were forgotten.
    is_cut: bool,
}

/// Downloads that failed for one reason in this run, and where.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Failures {
    pub(crate) reason: &'static str,
    pub(crate) count: u64,
    /// Those where it was most, with their counts.
    pub(crate) hosts: Vec<(String, u64)>,
    /// How many other hosts there were; not known when there were too many to remember.
    pub(crate) other_hosts: Option<usize>,
}

impl Tally {
    pub(super) fn event(&mut self, event: &Event) {
        match event {
            Event::Rejected { host, reject, .. } => {
                self.reasons.entry(reject.code()).or_default().add(host);
            }
            Event::FellBack { .. } => self.fallbacks += 1,
            Event::HostPaused { .. } => self.pauses += 1,
            _ => {}
        }
    }

    /// Downloads replaced by another copy of the same picture.
    pub(crate) fn fallbacks(&self) -> u64 {
        self.fallbacks
    }

    /// Times a host was left alone for a while.
    pub(crate) fn pauses(&self) -> u64 {
        self.pauses
    }

    /// Every reason of this run, most frequent first.
    pub(crate) fn failures(&self) -> Vec<Failures> {
        let mut failures: Vec<Failures> = self
            .reasons
            .iter()
            .map(|(reason, found)| found.most(reason))
            .collect();
        failures.sort_by(|a, b| b.count.cmp(&a.count).then(a.reason.cmp(b.reason)));
        failures
    }
}

impl Reason {
    fn add(&mut self, host: &str) {
        self.count += 1;
        if let Some(count) = self.hosts.get_mut(host) {
            *count += 1;
            return;
        }
        if self.hosts.len() >= HOSTS {
            self.forget_the_rare();
        }
        self.hosts.insert(host.to_owned(), 1);
    }

    fn forget_the_rare(&mut self) {
        let mut counts: Vec<u64> = self.hosts.values().copied().collect();
        let (_, median, _) = counts.select_nth_unstable(HOSTS / 2);
        let median = *median;
        self.hosts.retain(|_, count| *count > median);
        self.is_cut = true;
    }

    fn most(&self, reason: &'static str) -> Failures {
        let mut hosts: Vec<(&String, u64)> = self.hosts.iter().map(|(h, c)| (h, *c)).collect();
        hosts.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        let other_hosts = (!self.is_cut).then(|| hosts.len().saturating_sub(NAMED));
        let named = hosts.into_iter().take(NAMED);
        Failures {
            reason,
            count: self.count,
            hosts: named.map(|(host, count)| (host.clone(), count)).collect(),
            other_hosts,
        }
    }
}

#[cfg(test)]
mod tests {
    use trawl_crawler::Reject;

    use super::*;

    fn rejected(host: &str, reject: Reject) -> Event {
        Event::Rejected {
            url: format!("{host}/a.jpg"),
            host: host.to_owned(),
            reject,
            tries: 1,
        }
    }

    #[test]
    fn reasons_come_by_frequency_and_each_with_its_worst_hosts() {
        let mut tally = Tally::default();
        for (host, times) in [
            ("http://b", 3),
            ("http://a", 3),
            ("http://c", 1),
            ("http://d", 9),
        ] {
            for _ in 0..times {
                tally.event(&rejected(host, Reject::NotFound("status 404".to_owned())));
            }
        }
        tally.event(&rejected(
            "http://a",
            Reject::Dns("no such host".to_owned()),
        ));
        let failures = tally.failures();
        assert_eq!(failures.len(), 2);
        assert_eq!((failures[0].reason, failures[0].count), ("not-found", 16));
        let hosts: Vec<(&str, u64)> = failures[0]
            .hosts
            .iter()
            .map(|(host, count)| (host.as_str(), *count))
            .collect();
        assert_eq!(hosts, [("http://d", 9), ("http://a", 3), ("http://b", 3)]);
        assert_eq!(failures[0].other_hosts, Some(1));
        assert_eq!((failures[1].reason, failures[1].count), ("dns", 1));
    }

    #[test]
    fn hosts_without_end_need_no_memory_without_end_and_the_worst_stays_known() {
        let mut tally = Tally::default();
        for host in 0..50_000 {
            let reject = || Reject::Dns("no such host".to_owned());
            tally.event(&rejected(&format!("http://h{host}"), reject()));
            if host % 10 == 0 {
                tally.event(&rejected("http://worst", reject()));
            }
        }
        assert!(tally.reasons["dns"].hosts.len() <= HOSTS);
        let failures = tally.failures();
        assert_eq!(failures[0].count, 55_000);
        assert_eq!(failures[0].hosts[0].0, "http://worst");
        assert!(failures[0].hosts[0].1 > 4_900, "{:?}", failures[0].hosts[0]);
        assert_eq!(failures[0].other_hosts, None);
    }
}
