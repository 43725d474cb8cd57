//! The block of seventeen ports on 127.0.0.1, and the URLs that they answer for.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::net::Ipv4Addr;

use tokio::net::TcpListener;

use crate::{GalleryError, dice};

/// Number of image hosts of a site; they listen on the ports directly above the search engine's.
pub const IMAGE_HOSTS: u16 = 16;

/// Blocks tried before giving up; the first nearly always does.
const TRIES: u32 = 200;

/// Where free blocks are looked for first: below the ports that systems give to whoever names none (from 32768 on by Linux, from 49152 on
/// by others), since a site that is started again at its old place would find one of those taken by any connection.
const QUIET: std::ops::Range<u16> = 20_000..32_000;

/// The site's addresses: first port of the block, and which host a path belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Addresses {
    /// Port of the search engine.
    pub(crate) search_port: u16,
}

impl Addresses {
    /// Returns the base URL of the search engine, without a slash at the end.
    pub(crate) fn search_url(self) -> String {
        format!("http://127.0.0.1:{}", self.search_port)
    }

    /// Returns the URL of an image path on the host that it belongs to.
    pub(crate) fn image_url(self, path: &str) -> String {
        self.url_on(host_of(path), path)
    }

    /// Returns the URL of an image path on a host that it does not belong to: where redirects lead.
    pub(crate) fn other_host_url(self, from: &str, path: &str) -> String {
        let step = 1 + dice::below("other-host", path, u32::from(IMAGE_HOSTS) - 1);
        self.url_on((host_of(from) + step) % u32::from(IMAGE_HOSTS), path)
    }

    fn url_on(self, host: u32, path: &str) -> String {
        format!(
            "http://127.0.0.1:{}{path}",
            u32::from(self.search_port) + 1 + host
        )
    }
}

/// Says which image host, `0..IMAGE_HOSTS`, a path belongs to.
fn host_of(path: &str) -> u32 {
    dice::below("host", path, u32::from(IMAGE_HOSTS))
}

/// Seventeen listeners on ports in a row: the search engine's first, then the image hosts'.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) addresses: Addresses,
    pub(crate) listeners: Vec<TcpListener>,
}

impl Block {
    /// Takes the block that starts at `first`, or any free one when `first` is 0.
    ///
    /// # Errors
    ///
    /// [`GalleryError::PortTaken`] names the port in use; [`GalleryError::PortTooHigh`], [`GalleryError::NoFreeBlock`]
    /// and [`GalleryError::Listen`] as they say.
    pub(crate) async fn take(first: u16) -> Result<Self, GalleryError> {
        if first != 0 {
            return Self::take_exactly(first).await;
        }
        for tried in 0..TRIES {
            let suggested = if tried < TRIES / 2 {
                quiet()
            } else {
                suggest().await?
            };
            match Self::take_exactly(suggested).await {
                Err(GalleryError::PortTaken { .. } | GalleryError::PortTooHigh { .. }) => {}
                done => return done,
            }
        }
        Err(GalleryError::NoFreeBlock { tries: TRIES })
    }

    async fn take_exactly(first: u16) -> Result<Self, GalleryError> {
        let last = first
            .checked_add(IMAGE_HOSTS)
            .ok_or(GalleryError::PortTooHigh {
                port: first,
                highest: u16::MAX - IMAGE_HOSTS,
            })?;
        let mut listeners = Vec::with_capacity(usize::from(IMAGE_HOSTS) + 1);
        for port in first..=last {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
                .await
                .map_err(|source| match source.kind() {
                    io::ErrorKind::AddrInUse => GalleryError::PortTaken { port, first, last },
                    _ => GalleryError::Listen { port, source },
                })?;
            listeners.push(listener);
        }
        Ok(Self {
            addresses: Addresses { search_port: first },
            listeners,
        })
    }
}

/// Draws the first port of a block out of the quiet ones, so that sites that start at the same time hardly meet.
fn quiet() -> u16 {
    let size = IMAGE_HOSTS + 1;
    let blocks = u64::from((QUIET.end - QUIET.start) / size);
    let drawn = RandomState::new().build_hasher().finish() % blocks;
    QUIET.start + u16::try_from(drawn).unwrap_or(0) * size
}

/// Asks the system for a free port, the first of a block that may be free as well.
async fn suggest() -> Result<u16, GalleryError> {
    let failed = |source| GalleryError::Listen { port: 0, source };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .map_err(failed)?;
    Ok(listener.local_addr().map_err(failed)?.port())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[tokio::test]
    async fn any_free_block_is_seventeen_ports_in_a_row() {
        let block = Block::take(0).await.unwrap();
        let first = block.addresses.search_port;
        let ports: Vec<u16> = block
            .listeners
            .iter()
            .map(|l| l.local_addr().unwrap().port())
            .collect();
        assert_eq!(ports, (first..=first + IMAGE_HOSTS).collect::<Vec<_>>());
    }

    #[test]
    fn blocks_are_drawn_apart_and_below_what_the_system_gives_away() {
        let drawn: BTreeSet<u16> = (0..500).map(|_| quiet()).collect();
        assert!(drawn.len() > 250, "{}", drawn.len());
        let size = IMAGE_HOSTS + 1;
        for first in &drawn {
            assert!(
                (*first - QUIET.start).is_multiple_of(size) && *first < QUIET.end - IMAGE_HOSTS
            );
        }
    }

    #[tokio::test]
    async fn a_taken_port_is_named_with_the_remedy() {
        let block = Block::take(0).await.unwrap();
        let first = block.addresses.search_port;
        let mut listeners = block.listeners;
        let holder = listeners.remove(5);
        drop(listeners); // all are free again but the one in the middle
        let error = Block::take(first).await.unwrap_err();
        assert!(
            matches!(error, GalleryError::PortTaken { port, .. } if port == first + 5),
            "{error}"
        );
        assert!(
            error.to_string().contains("choose another first port"),
            "{error}"
        );
        drop(holder);
    }

    #[tokio::test]
    async fn a_block_past_the_last_port_is_refused() {
        let error = Block::take(65_520).await.unwrap_err();
        assert!(
            matches!(
                error,
                GalleryError::PortTooHigh {
                    highest: 65_519,
                    ..
                }
            ),
            "{error}"
        );
    }

    #[test]
    fn urls_spread_over_the_hosts_and_a_redirect_changes_host() {
        let addresses = Addresses { search_port: 8765 };
        let mut hosts = std::collections::HashSet::new();
        for n in 0..200 {
            let path = format!("/image/{n}.jpg");
            let own = addresses.image_url(&path);
            assert_ne!(own, addresses.other_host_url(&path, &path));
            assert_eq!(own, addresses.image_url(&path));
            hosts.insert(own.split('/').nth(2).unwrap().to_owned());
        }
        assert_eq!(hosts.len(), usize::from(IMAGE_HOSTS));
        assert!(hosts.contains("127.0.0.1:8766") && hosts.contains("127.0.0.1:8781"));
    }
}
