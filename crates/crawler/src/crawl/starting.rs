use std::sync::Arc;
use std::time::Instant;

use super::driver::Driver;
use super::job::{Effect, Past, Phase};
use crate::net::Origin;
use crate::{CrawlError, Event};

impl Driver {
    /// Starts every download that is due, as far as there are global slots. Each try is counted in the
    /// transaction that is committed before the requests leave.
    pub(super) fn start_downloads(&mut self, now: Instant) -> Result<(), CrawlError> {
        while let Some((due, number)) = self.delayed.first().copied().filter(|d| d.0 <= now) {
            self.delayed.remove(&(due, number));
            self.again(number, now)?;
        }
        while let Some(number) = self.next_interrupted(now) {
            if self.jobs.contains_key(&number) {
                self.enqueue(number, now)?;
            }
        }
        while self.active < self.settings.downloads {
            let Some((host, number)) = self.hosts.pop(now) else {
                match self.last_chance(now) {
                    Some(number) if self.jobs.contains_key(&number) => self.enqueue(number, now)?,
                    Some(_) => {}
                    None => break,
                }
                continue;
            };
            if self.sites.asks.contains_key(&number) {
                if self.is_site_wanted(number) {
                    self.start_site(number);
                } else {
                    self.hosts.unstarted(&host, now);
                    self.drop_site(number);
                }
            } else if self.jobs.contains_key(&number) && self.is_wanted(number) {
                self.start(number);
            } else {
                self.hosts.unstarted(&host, now);
                self.discard(number);
            }
        }
        Ok(())
    }

    /// Queues a download for its next try; the last one of what was interrupted waits with the others of its kind.
    fn again(&mut self, number: u64, now: Instant) -> Result<(), CrawlError> {
        let Some(job) = self.jobs.get(&number) else {
            return Ok(());
        };
        if job.past == Past::Interrupted && job.tries + 1 >= self.settings.tries {
            self.interrupted
                .push(job.tries, self.settings.tries, number);
            return Ok(());
        }
        self.enqueue(number, now)
    }

    fn next_interrupted(&mut self, now: Instant) -> Option<u64> {
        let jobs = &self.jobs;
        let is_over = |number: u64| {
            jobs.get(&number)
                .is_none_or(|job| job.phase == Phase::Ended)
        };
        self.interrupted.pop(now, is_over)
    }

    /// Gives a download that has a single try left after interrupted runs, when this run has outlived those and nothing else is
    /// under way, or will be after what is still to be heard.
    fn last_chance(&mut self, now: Instant) -> Option<u64> {
        let is_quiet = now >= self.life.outlives_at()
            && self.active == 0
            && self.unsettled == 0
            && self.notes.is_empty()
            && self.hosts.is_idle()
            && self.delayed.is_empty()
            && self.asks.is_empty()
            && self.sites.asks.is_empty();
        if is_quiet {
            self.interrupted.pop_last()
        } else {
            None
        }
    }

    fn start(&mut self, number: u64) {
        let job = self.jobs.get_mut(&number).expect("a queued job is kept");
        if job.kept {
            job.phase = Phase::Running;
            self.active += 1;
            self.effects.push(Effect::ReadKept {
                job: number,
                url: Arc::clone(&job.url),
                body: self.incoming.path(job.download),
            });
            return;
        }
        if job.route.visited.is_empty() {
            self.store.claim(job.download);
            job.tries += 1;
        }
        job.phase = Phase::Running;
        let url = job
            .route
            .target
            .clone()
            .expect("a job without URL is refused");
        let (host, local) = (job.route.host.to_string(), job.local);
        let reservation = job.reservation.clone();
        let interval = self.hosts.interval(&job.route.host);
        let body = self.incoming.path(job.download);
        let origin = Origin {
            url: job.url.to_string(),
            final_url: job.final_url(),
            ..Origin::default()
        };
        self.active += 1;
        self.counters.requests += 1;
        self.counters.most_in_flight = self.counters.most_in_flight.max(self.active);
        self.emit(Event::Started {
            url: url.to_string(),
            host,
        });
        self.effects.push(Effect::Fetch {
            job: number,
            url,
            local,
            body,
            origin,
            reservation,
            interval,
        });
    }
}
