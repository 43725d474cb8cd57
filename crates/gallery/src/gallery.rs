//! The running site.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::collection::Collection;
use crate::faults::Bodies;
use crate::listing::Listing;
use crate::log::RequestLog;
use crate::ports::Block;
use crate::site::{self, Site};
use crate::studio::Studio;
use crate::{GalleryError, GallerySettings};

/// How long a stopping site waits for answers under way.
const GRACE: Duration = Duration::from_secs(2);

/// A running demo image site; dropping it stops it.
pub struct Gallery {
    site: Arc<Site>,
    servers: JoinSet<()>,
    /// Cancels the site's stop token when the gallery is dropped.
    _stop: DropGuard,
}

impl Gallery {
    /// Starts the site on the current tokio runtime; when this returns, all seventeen ports answer.
    ///
    /// # Errors
    ///
    /// [`GalleryError`] when a port is taken, or the pictures cannot be found or their index not be understood.
    pub async fn start(settings: GallerySettings) -> Result<Self, GalleryError> {
        let collection = Arc::new(Collection::open(&settings.source)?);
        let listing = Listing::arrange(&collection, settings.faults);
        let studio = Studio::open(&collection)?;
        let block = Block::take(settings.port).await?;
        let stop = CancellationToken::new();
        let site = Arc::new(Site {
            addresses: block.addresses,
            collection,
            listing,
            studio,
            bodies: Arc::new(Bodies::make()),
            latency: settings.latency,
            log: RequestLog::new(),
            stop: stop.clone(),
            refused_once: std::sync::Mutex::default(),
        });
        let mut servers = JoinSet::new();
        for (port, listener) in (block.addresses.search_port..).zip(block.listeners) {
            servers.spawn(serve(Arc::clone(&site), port, listener));
        }
        Ok(Self {
            site,
            servers,
            _stop: stop.drop_guard(),
        })
    }

    /// Returns the search engine's base URL, such as `http://127.0.0.1:8765`, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        self.site.addresses.search_url()
    }

    /// Returns the search engine's port; the image hosts have the [`IMAGE_HOSTS`](crate::IMAGE_HOSTS) ports above it.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.site.addresses.search_port
    }

    /// Returns the request log; it stays readable after the site has stopped.
    #[must_use]
    pub fn log(&self) -> RequestLog {
        self.site.log.clone()
    }

    /// Returns the site behind the listeners.
    #[cfg(test)]
    #[cfg(feature = "builtin-gallery")]
    pub(crate) fn site(&self) -> &Site {
        &self.site
    }

    /// Stops the site: the ports are free when this returns, answers under way get two seconds, endless ones end at once.
    pub async fn stop(mut self) {
        self.site.stop.cancel();
        let all_ended = async { while self.servers.join_next().await.is_some() {} };
        // A client that does not read would hold its connection for ever; dropping the servers leaves it to itself.
        let _ = time::timeout(GRACE, all_ended).await;
    }
}

impl fmt::Debug for Gallery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gallery")
            .field("url", &self.url())
            .finish_non_exhaustive()
    }
}

async fn serve(site: Arc<Site>, port: u16, listener: TcpListener) {
    let stop = site.stop.clone();
    let router = if port == site.addresses.search_port {
        site::search_engine(site, port)
    } else {
        site::image_host(site, port)
    };
    // Small answers leave at once; where the option is refused they only leave a little later.
    let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
    let served = axum::serve(listener, router)
        .with_graceful_shutdown(stop.cancelled_owned())
        .await;
    drop(served); // it never fails: a connection that cannot be accepted is tried again
}
