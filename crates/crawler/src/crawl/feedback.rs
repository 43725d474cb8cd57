use super::driver::Driver;
use super::job::{Note, Phase, What};
use super::open::Mode;
use crate::{CrawlError, Feedback};

impl Driver {
    /// Takes one message of whoever stores the deliveries; `None` says that there will be no more.
    pub(super) fn hear(&mut self, message: Option<Feedback>) -> Result<(), CrawlError> {
        match message {
            Some(Feedback::Settled { label, url }) => self.settle(&label, &url),
            Some(Feedback::Progress {
                label,
                next_seq,
                remaining,
            }) => self.note_progress(&label, next_seq, remaining),
            None => {
                self.hears = false;
                self.stop();
                Ok(())
            }
        }
    }

    /// Records what a label still needs.
    pub(super) fn note_progress(
        &mut self,
        label: &str,
        next_seq: u64,
        remaining: Option<u32>,
    ) -> Result<(), CrawlError> {
        let Some(&at) = self.by_label.get(label) else {
            return Ok(());
        };
        let state = &mut self.labels[at];
        let wanted_nothing = !state.wants();
        state.next_seq = state.next_seq.max(next_seq);
        state.remaining = remaining;
        if wanted_nothing && state.wants() {
            // What was let go at the goal is wanted again.
            state.cursor = state.next_seq;
        }
        state.cursor = state.cursor.max(state.next_seq);
        let satisfied = match self.mode {
            Mode::Continue => remaining == Some(0),
            Mode::Refresh { add } => remaining.is_some_and(|remaining| remaining <= add),
        };
        if state.satisfied != satisfied {
            state.satisfied = satisfied;
            self.store.set_satisfied(state.id, satisfied)?;
        }
        self.dirty.insert(at);
        Ok(())
    }

    /// Settles one claim; labels that waited for this URL get it as known.
    fn settle(&mut self, label: &str, url: &str) -> Result<(), CrawlError> {
        let Some(&at) = self.by_label.get(label) else {
            return Ok(());
        };
        let id = self.labels[at].id;
        let Some(&number) = self.by_url.get(url) else {
            return self.store.settle_url(id, url);
        };
        let job = self.jobs.get_mut(&number).expect("by_url names kept jobs");
        let claim = job.claims.iter().find(|claim| claim.0 == at);
        let Some(&(_, seq)) = claim.filter(|_| job.phase == Phase::Ended) else {
            return self.store.settle_url(id, url);
        };
        self.store.settle(id, seq, job.download);
        self.unsettled = self.unsettled.saturating_sub(1);
        if job.has_body {
            self.client.forget(self.incoming.path(job.download));
        }
        let claims = std::mem::take(&mut job.waiters);
        job.claims.extend_from_slice(&claims);
        self.release(number, at);
        if !claims.is_empty() {
            self.notes.push_back(Note {
                job: number,
                claims,
                what: What::Known,
            });
        }
        Ok(())
    }
}
