use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::CrawlSettings;

/// Hands out the bytes that bodies may hold.
///
/// A share grows with its body, so that a server that sends little holds little. Shares that grow while they are held
/// could wait for each other for ever, so the budget is in two parts: most of it is the shelf, which anybody takes from;
/// bytes for one largest body are the seat, for one body at a time that found the shelf empty. Whoever has the seat gets
/// as large as it must, so there is always one that goes on.
#[derive(Debug, Clone)]
pub(super) struct Budget {
    shelf: Arc<Semaphore>,
    shelf_size: u32,
    seat: Arc<Semaphore>,
    turn: Arc<Semaphore>,
    cap: u32,
}

/// Is what one body holds of the budget, until it is dropped.
#[derive(Debug)]
pub(crate) struct Share {
    budget: Budget,
    shelf: Option<OwnedSemaphorePermit>,
    seat: Option<OwnedSemaphorePermit>,
    turn: Option<OwnedSemaphorePermit>,
}

impl Budget {
    pub(super) fn new(limits: &CrawlSettings) -> Self {
        let fit = |bytes: u64| u32::try_from(bytes).unwrap_or(u32::MAX);
        let cap = fit(limits.body_cap());
        let shelf_size = fit(limits.body_budget).saturating_sub(cap);
        let pool = |size: u32| Arc::new(Semaphore::new(size as usize));
        Self {
            shelf: pool(shelf_size),
            shelf_size,
            seat: pool(cap),
            turn: pool(1),
            cap,
        }
    }

    /// Begins a share of nothing.
    pub(super) fn share(&self) -> Share {
        Share {
            budget: self.clone(),
            shelf: None,
            seat: None,
            turn: None,
        }
    }

    /// Bytes that are free right now.
    #[cfg(test)]
    pub(super) fn free(&self) -> usize {
        self.shelf.available_permits() + self.seat.available_permits()
    }
}

impl Share {
    /// Makes the share as large as this, or as the largest body; waits until there is enough.
    pub(super) async fn grow(&mut self, to: u64) {
        let to = u32::try_from(to).unwrap_or(u32::MAX).min(self.budget.cap);
        let more = to.saturating_sub(self.held());
        if more == 0 {
            return;
        }
        if let Ok(some) = Arc::clone(&self.budget.shelf).try_acquire_many_owned(more) {
            return put(&mut self.shelf, some);
        }
        if self.turn.is_none() {
            let fits = more <= self.budget.shelf_size;
            tokio::select! {
                some = Arc::clone(&self.budget.shelf).acquire_many_owned(more), if fits => {
                    return put(&mut self.shelf, some.expect(NEVER_CLOSED));
                }
                turn = Arc::clone(&self.budget.turn).acquire_owned() => {
                    self.turn = Some(turn.expect(NEVER_CLOSED));
                }
            }
        }
        let some = Arc::clone(&self.budget.seat).acquire_many_owned(more).await;
        put(&mut self.seat, some.expect(NEVER_CLOSED));
    }

    /// Gives back what a body of this many bytes, which grows no more, does not need.
    pub(super) fn settle(&mut self, bytes: usize) {
        self.turn = None;
        let held = usize::try_from(self.held()).unwrap_or(usize::MAX);
        let mut surplus = held.saturating_sub(bytes);
        for part in [&mut self.seat, &mut self.shelf] {
            let Some(permit) = part else { continue };
            let back = surplus.min(permit.num_permits());
            drop(permit.split(back));
            surplus -= back;
        }
    }

    /// Bytes held.
    fn held(&self) -> u32 {
        let parts = [&self.shelf, &self.seat];
        let sum: usize = parts
            .into_iter()
            .flatten()
            .map(OwnedSemaphorePermit::num_permits)
            .sum();
        u32::try_from(sum).unwrap_or(u32::MAX)
    }
}

const NEVER_CLOSED: &str = "the budget is never closed";

fn put(part: &mut Option<OwnedSemaphorePermit>, some: OwnedSemaphorePermit) {
    match part {
        Some(part) => part.merge(some),
        None => *part = Some(some),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    fn budget(max_body_bytes: u64, body_budget: u64) -> Budget {
        Budget::new(&CrawlSettings {
            max_body_bytes,
            body_budget,
            ..CrawlSettings::default()
        })
    }

    /// Says whether a share grows without waiting for anybody.
    async fn grows(share: &mut Share, to: u64) -> bool {
        timeout(Duration::from_millis(20), share.grow(to))
            .await
            .is_ok()
    }

    #[tokio::test]
    async fn a_share_grows_settles_and_is_given_back() {
        let budget = budget(100, 1_000);
        let mut share = budget.share();
        share.grow(30).await;
        share.grow(20).await;
        share.grow(70).await;
        assert_eq!(budget.free(), 930);
        share.grow(5_000).await;
        assert_eq!(budget.free(), 900, "no more than the largest body");
        share.settle(42);
        assert_eq!(budget.free(), 958);
        drop(share);
        assert_eq!(budget.free(), 1_000);
    }

    #[tokio::test]
    async fn shares_that_grow_together_never_wait_for_each_other_for_ever() {
        let budget = budget(100, 250);
        let mut shares: Vec<Share> = (0..3).map(|_| budget.share()).collect();
        for share in &mut shares {
            share.grow(50).await;
        }
        assert!(grows(&mut shares[0], 100).await, "the seat");
        assert!(!grows(&mut shares[1], 100).await, "taken");
        shares[0].settle(90);
        assert_eq!(budget.free(), 60);
        assert!(
            grows(&mut shares[1], 100).await,
            "the seat is free again, and has enough for the next"
        );
        assert!(!grows(&mut shares[2], 100).await);
        drop(shares.remove(0));
        assert!(grows(&mut shares[1], 90).await, "the shelf has some again");
    }

    #[tokio::test]
    async fn a_budget_of_one_body_is_all_seat() {
        let budget = budget(100, 100);
        let mut one = budget.share();
        let mut two = budget.share();
        one.grow(100).await;
        assert!(!grows(&mut two, 1).await);
        one.settle(60);
        assert!(grows(&mut two, 40).await);
        assert!(!grows(&mut two, 41).await, "until the first is dropped");
        drop(one);
        assert!(grows(&mut two, 100).await);
    }

    #[tokio::test]
    async fn a_wait_that_is_given_up_takes_nothing_along() {
        let budget = budget(100, 150);
        let mut one = budget.share();
        let mut two = budget.share();
        one.grow(40).await;
        two.grow(100).await;
        let mut three = budget.share();
        assert!(!grows(&mut three, 30).await);
        drop((one, two, three));
        assert_eq!(budget.free(), 150);
    }
}
