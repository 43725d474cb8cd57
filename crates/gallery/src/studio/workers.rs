//! The threads that render, and the queue before them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

use super::cache::Cache;
use super::render::{RenderError, render};
use crate::GalleryError;
use crate::collection::Collection;
use crate::listing::Rendition;

/// Threads that render; with a crawler on the same machine, more would only take its cores.
const THREADS: usize = 2;
/// Requests that may wait for a thread before others wait to queue.
const QUEUE: usize = 64;
/// Most bytes of rendered pictures kept: the builtin gallery whole.
const CACHE_BYTES: usize = 32 << 20;

/// Renders pictures away from the runtime's threads, each rendition once while the cache holds it.
///
/// The threads end when the studio is dropped.
#[derive(Debug)]
pub(crate) struct Studio {
    queue: mpsc::Sender<Order>,
    cache: Arc<Mutex<Cache>>,
}

/// A rendition wanted, and who waits for it.
#[derive(Debug)]
struct Order {
    rendition: Rendition,
    reply: oneshot::Sender<Result<Bytes, RenderError>>,
}

impl Studio {
    /// Starts the threads.
    ///
    /// # Errors
    ///
    /// [`GalleryError::Thread`] when the system has none to give.
    pub(crate) fn open(collection: &Arc<Collection>) -> Result<Self, GalleryError> {
        let cache = Arc::new(Mutex::new(Cache::new(CACHE_BYTES)));
        let (queue, orders) = mpsc::channel(QUEUE);
        let orders = Arc::new(Mutex::new(orders));
        for _ in 0..THREADS {
            let (collection, orders, cache) = (
                Arc::clone(collection),
                Arc::clone(&orders),
                Arc::clone(&cache),
            );
            thread::Builder::new()
                .name("gallery-render".to_owned())
                .spawn(move || work(&collection, &orders, &cache))
                .map_err(|source| GalleryError::Thread { source })?;
        }
        Ok(Self { queue, cache })
    }

    /// Renders a picture, or takes it from the cache.
    ///
    /// # Errors
    ///
    /// What reading, decoding or encoding says; [`RenderError::Stopping`] when the threads have ended.
    pub(crate) async fn render(&self, rendition: Rendition) -> Result<Bytes, RenderError> {
        if let Some(bytes) = lock(&self.cache).get(&rendition) {
            return Ok(bytes);
        }
        let (reply, answer) = oneshot::channel();
        self.queue
            .send(Order { rendition, reply })
            .await
            .map_err(|_| RenderError::Stopping)?;
        answer.await.map_err(|_| RenderError::Stopping)?
    }
}

fn work(collection: &Collection, orders: &Mutex<mpsc::Receiver<Order>>, cache: &Mutex<Cache>) {
    loop {
        // One thread waits in the queue, the other at the lock; whoever has an order leaves both.
        let Some(order) = lock(orders).blocking_recv() else {
            return;
        };
        if order.reply.is_closed() {
            continue; // the client left
        }
        // Looked up again: the same rendition may have been ordered twice before it was made.
        let kept = lock(cache).get(&order.rendition);
        let rendered = kept.map_or_else(|| make(collection, &order.rendition, cache), Ok);
        let _ = order.reply.send(rendered); // an error only says that the client left meanwhile
    }
}

fn make(
    collection: &Collection,
    rendition: &Rendition,
    cache: &Mutex<Cache>,
) -> Result<Bytes, RenderError> {
    let bytes = render(collection.read(rendition.picture)?, rendition)?;
    lock(cache).put(*rendition, bytes.clone());
    Ok(bytes)
}

/// Locks, also after a panic of another thread: both queue and cache are whole between two calls.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[cfg(feature = "builtin-gallery")]
mod tests {
    use super::*;
    use crate::Source;
    use crate::listing::Encoding;

    #[tokio::test]
    async fn the_same_rendition_is_made_once_and_shared() {
        let collection = Arc::new(Collection::open(&Source::Builtin).unwrap());
        let studio = Studio::open(&collection).unwrap();
        let rendition =
            Rendition::whole(0, &collection.pictures()[0], Encoding::Jpeg { quality: 80 });
        let (one, two) = tokio::join!(studio.render(rendition), studio.render(rendition));
        let (one, two) = (one.unwrap(), two.unwrap());
        assert_eq!(one, two);
        let again = studio.render(rendition).await.unwrap();
        assert!(
            again.as_ptr() == one.as_ptr() || again.as_ptr() == two.as_ptr(),
            "the cache was not used"
        );
    }

    #[tokio::test]
    async fn the_threads_end_with_the_studio() {
        let collection = Arc::new(Collection::open(&Source::Builtin).unwrap());
        let studio = Studio::open(&collection).unwrap();
        assert_eq!(Arc::strong_count(&collection), 1 + THREADS);
        drop(studio);
        for _ in 0..200 {
            if Arc::strong_count(&collection) == 1 {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("a thread still holds the collection");
    }
}
