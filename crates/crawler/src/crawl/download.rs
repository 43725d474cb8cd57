use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::mpsc::error::TrySendError;
use url::Url;

use super::driver::{Done, Driver};
use super::handout::barred;
use super::job::{Effect, Note, Phase, Ticket, What};
use crate::frontier::HostKey;
use crate::net::{Attempt, Origin};
use crate::stamp;
use crate::{Body, Claim, CrawlError, Delivery, DeliveryOutcome, Event, Reject};

impl Driver {
    /// Lets something out after the commit.
    pub(super) fn let_out(&mut self, effect: Effect) -> Result<(), CrawlError> {
        match effect {
            Effect::Fetch {
                job,
                url,
                local,
                body,
                origin,
                reservation,
                interval,
            } => {
                let client = Arc::clone(&self.client);
                let task = async move {
                    let filed = reservation.as_ref();
                    let fetch = client.fetch(&url, local, body, origin, filed, interval);
                    Done::Fetched(job, fetch.await)
                };
                self.running.spawn_on(task, &self.border.tasks);
            }
            Effect::ReadKept { job, url, body } => {
                let client = Arc::clone(&self.client);
                let task = async move {
                    let kept = client.read_kept(body, &url).await;
                    let attempt =
                        kept.map_or(Attempt::Lost, |(body, origin)| Attempt::Body(body, origin));
                    Done::Fetched(job, attempt)
                };
                self.running.spawn_on(task, &self.border.tasks);
            }
            Effect::Page { ask } => self.send_page(ask)?,
            Effect::Site {
                ask,
                url,
                known,
                most,
                interval,
            } => self.send_site(ask, url, known, most, interval),
            Effect::Send(delivery) => match self.border.deliveries.try_send(delivery) {
                Ok(()) => self.active -= 1,
                Err(TrySendError::Closed(_)) => {
                    self.active -= 1;
                    self.stop();
                }
                // The slot stays taken until there is room, so that no more is downloaded than is stored.
                Err(TrySendError::Full(delivery)) => {
                    let deliveries = self.border.deliveries.clone();
                    let task = async move {
                        let is_closed = deliveries.send(delivery).await.is_err();
                        Done::Sent { is_closed }
                    };
                    self.running.spawn_on(task, &self.border.tasks);
                }
            },
        }
        Ok(())
    }

    /// Takes the result of one request.
    pub(super) fn fetched(
        &mut self,
        number: u64,
        attempt: Attempt,
        now: Instant,
    ) -> Result<(), CrawlError> {
        let host = self.jobs[&number].route.host.clone();
        self.hosts.done(&host, now);
        match attempt {
            Attempt::Body(body, origin) => {
                self.hosts.ease(&host, now);
                self.deliver_body(number, body, &origin)
            }
            Attempt::Lost => {
                self.active -= 1;
                self.ask_after_all(number, now)
            }
            Attempt::Redirect(url) => {
                self.active -= 1;
                self.redirect(number, &url, now)
            }
            Attempt::Failed {
                reject,
                retry,
                wait,
                busy,
                headers,
            } => {
                self.active -= 1;
                if !headers.is_empty() {
                    self.store.saw(self.jobs[&number].download, &headers)?;
                }
                let wait = wait.filter(|_| retry);
                self.failed(number, reject, retry, wait, busy, now)
            }
        }
    }

    /// Asks for a body that was said to be kept and is not there.
    fn ask_after_all(&mut self, number: u64, now: Instant) -> Result<(), CrawlError> {
        let job = self.jobs.get_mut(&number).expect("a running job is kept");
        job.kept = false;
        if let Some(target) = &job.route.target {
            job.route.host = HostKey::of(target);
        }
        match self.refuse(number) {
            Some(reject) => self.reject(number, reject, now),
            None => self.take_up(number, now),
        }
    }

    /// Sends a job on to where its URL leads: checked like a first request, and queued at that host.
    fn redirect(&mut self, number: u64, url: &Url, now: Instant) -> Result<(), CrawlError> {
        let most = self.settings.max_redirects as usize;
        let check = self.client.guard().check(url);
        let job = self.jobs.get_mut(&number).expect("a running job is kept");
        let from = job.route.target.replace(url.clone());
        job.route.visited.extend(from);
        let refusal = if job.route.visited.contains(url) {
            Some(Reject::TooManyRedirects(format!("a loop at {url}")))
        } else if job.route.visited.len() > most {
            Some(Reject::TooManyRedirects(format!("more than {most}")))
        } else {
            check.err()
        };
        if let Some(reject) = refusal {
            return self.reject(number, reject, now);
        }
        job.route.host = HostKey::of(url);
        self.enqueue(number, now)
    }

    fn failed(
        &mut self,
        number: u64,
        reject: Reject,
        retry: bool,
        wait: Option<Duration>,
        busy: bool,
        now: Instant,
    ) -> Result<(), CrawlError> {
        let job = &self.jobs[&number];
        let (tries, host) = (job.tries, job.route.host.clone());
        let delay = wait.unwrap_or_default().max(self.backoff.draw(tries));
        if busy {
            self.hosts.strain(&host, now);
        }
        if busy || wait.is_some() {
            self.pause_host(&host, delay, wait.is_some(), now)?;
        }
        if delay > self.settings.max_wait {
            return self.reject(number, barred(&host, delay), now);
        }
        if !retry || tries >= self.settings.tries {
            return self.reject(number, reject, now);
        }
        if self.give_up.is_some() {
            return Ok(());
        }
        let job = self.jobs.get_mut(&number).expect("a running job is kept");
        job.phase = Phase::Waiting;
        job.route.visited.clear();
        job.route.target = Url::parse(&job.url).ok();
        if let Some(target) = job.route.target.as_ref().filter(|_| !job.local) {
            job.route.host = HostKey::of(target);
        }
        let url = job.url.to_string();
        self.delayed.insert((now + delay, number));
        self.counters.retries += 1;
        self.emit(Event::Retrying {
            url,
            host: host.to_string(),
            reject,
            after: delay,
            tries,
        });
        Ok(())
    }

    /// Pauses a whole host; what is queued there is given up when the pause is longer than may be waited.
    pub(super) fn pause_host(
        &mut self,
        host: &HostKey,
        wait: Duration,
        is_asked_for: bool,
        now: Instant,
    ) -> Result<(), CrawlError> {
        self.hosts.pause(host, now + wait, now);
        if is_asked_for {
            let until = SystemTime::now() + wait;
            self.store.pause_host(&host.to_string(), until)?;
        }
        self.emit(Event::HostPaused {
            host: host.to_string(),
            wait,
        });
        if wait > self.settings.max_wait {
            for number in self.hosts.drain(host, now) {
                let reject = barred(host, wait);
                if self.jobs.contains_key(&number) {
                    self.reject(number, reject, now)?;
                } else {
                    self.give_site_up(number, reject, now)?;
                }
            }
        }
        Ok(())
    }

    fn deliver_body(&mut self, number: u64, body: Body, origin: &Origin) -> Result<(), CrawlError> {
        let job = self.jobs.get_mut(&number).expect("a running job is kept");
        job.phase = Phase::Ended;
        job.has_body = true;
        let (url, claims) = (job.url.to_string(), job.claims.clone());
        let (host, tries) = (job.route.host.to_string(), job.tries);
        let bytes = body.bytes.len() as u64;
        let mut delivery = self.compose(number, &claims, DeliveryOutcome::Body(body))?;
        for claim in &mut delivery.claims {
            claim.provenance.final_url.clone_from(&origin.final_url);
            claim.provenance.fetched_at = Some(origin.fetched_at.clone());
            claim.provenance.headers.clone_from(&origin.headers);
            claim.provenance.signals.clone_from(&origin.signals);
        }
        self.effects.push(Effect::Send(delivery));
        self.counters.bodies += 1;
        self.counters.bytes += bytes;
        self.emit(Event::Fetched {
            url,
            host,
            bytes,
            tries,
        });
        Ok(())
    }

    /// Gives a job up for good and queues the word of it.
    pub(super) fn reject(
        &mut self,
        number: u64,
        reject: Reject,
        now: Instant,
    ) -> Result<(), CrawlError> {
        let job = &self.jobs[&number];
        let stamp = (job.tries > 0).then(|| stamp::rfc3339(SystemTime::now()));
        let final_url = job.final_url();
        self.store.reject(job.download, &reject, final_url, stamp);
        let event = Event::Rejected {
            url: job.url.to_string(),
            host: job.route.host.to_string(),
            reject: reject.clone(),
            tries: job.tries,
        };
        self.emit(event);
        self.give_up(number, reject, now)
    }

    /// Sends what needs no download, as far as there are global slots.
    pub(super) fn send_notes(&mut self) -> Result<(), CrawlError> {
        while self.active < self.settings.downloads {
            let Some(Note { job, claims, what }) = self.notes.pop_front() else {
                break;
            };
            let claims = self.wanted_claims(job, claims);
            if claims.is_empty() {
                continue;
            }
            let outcome = match what {
                What::Known => {
                    self.counters.known += 1;
                    DeliveryOutcome::Known
                }
                What::Rejected(reject) => {
                    self.counters.rejected += 1;
                    DeliveryOutcome::Rejected(reject)
                }
            };
            let delivery = self.compose(job, &claims, outcome)?;
            self.active += 1;
            self.effects.push(Effect::Send(delivery));
        }
        Ok(())
    }

    /// Returns a note's claims and those that came while it waited, without the labels that want nothing more.
    fn wanted_claims(&mut self, number: u64, mut claims: Vec<Ticket>) -> Vec<Ticket> {
        let job = self.jobs.get_mut(&number).expect("a note keeps its job");
        let late = std::mem::take(&mut job.waiters);
        job.claims.extend_from_slice(&late);
        claims.extend(late);
        let (wanted, unwanted): (Vec<Ticket>, Vec<Ticket>) = claims
            .into_iter()
            .partition(|&(label, _)| self.labels[label].wants());
        for (label, _) in unwanted {
            self.release(number, label);
        }
        wanted
    }

    /// Writes a delivery and marks its claims as handed out.
    fn compose(
        &mut self,
        number: u64,
        tickets: &[Ticket],
        outcome: DeliveryOutcome,
    ) -> Result<Delivery, CrawlError> {
        let url = self.jobs[&number].url.to_string();
        let mut claims = Vec::with_capacity(tickets.len());
        for &(label, seq) in tickets {
            let label = &self.labels[label];
            claims.push(Claim {
                label: label.name.clone(),
                seq,
                provenance: self.store.hand_out(label.id, seq)?,
            });
        }
        self.unsettled += claims.len();
        Ok(Delivery {
            url,
            claims,
            outcome,
        })
    }
}
