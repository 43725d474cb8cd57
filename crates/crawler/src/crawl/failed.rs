use std::collections::{BTreeMap, HashMap};

use super::open::Crawl;
use crate::CrawlError;

impl Crawl {
    /// Takes back the downloads that failed for a reason that may have passed, so that [`Crawl::run`] asks for them anew, with all
    /// their tries and in their place of the order; returns how many there were for each reason.
    ///
    /// Such reasons are a host that was not found or reached, was too slow, broke off or answered with an error of its own, a pause
    /// that was too long to wait for, and tries that were used up by runs that were cut off. What a server refuses is left as it is,
    /// and so is what no name of this run claims within what the run decides.
    ///
    /// `reopen` is told the URLs first, in batches, and forgets what it has stored of them before it returns. A run that is killed
    /// in between finds both sides as they were or the word of the failure delivered once more.
    ///
    /// # Errors
    ///
    /// Whatever `reopen` fails with, and [`CrawlError`] when the state file fails.
    pub fn retry_failed<E: From<CrawlError>>(
        &mut self,
        mut reopen: impl FnMut(&[String]) -> Result<(), E>,
    ) -> Result<BTreeMap<&'static str, u64>, E> {
        let mut from = HashMap::with_capacity(self.names.len());
        for start in self.starts() {
            from.insert(self.store.label(&start.label)?.id, start.from_seq);
        }
        // A website that could not be asked for its rules is asked again too, not only when its time has come.
        self.store.forget_unreachable_sites()?;
        let mut counts = BTreeMap::new();
        let mut after = 0;
        while let Some((mut failed, last)) = self.store.failed(after)? {
            after = last;
            failed.retain(|failed| {
                let mut claims = failed.claims.iter();
                claims.any(|(label, seq)| from.get(label).is_some_and(|from| seq >= from))
            });
            if failed.is_empty() {
                continue;
            }
            let urls: Vec<String> = failed.iter().map(|failed| failed.url.clone()).collect();
            reopen(&urls)?;
            for failed in &failed {
                self.store.reopen(failed.id)?;
                *counts.entry(failed.code).or_default() += 1;
            }
            self.store.commit()?;
        }
        self.store.commit()?;
        Ok(counts)
    }
}
