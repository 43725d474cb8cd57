use std::error::Error;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use futures::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use thiserror::Error;

use super::Guard;

/// Looks a name up, whatever the addresses.
type Lookup = Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync>;

/// Resolves names to addresses that may be dialled.
///
/// The connection is made to what is returned here, so a name cannot be resolved once for the check and
/// otherwise for the connection. Literal addresses never come here: [`Guard::check`] sees those.
#[derive(Clone)]
pub(super) struct Resolver {
    guard: Guard,
    lookup: Lookup,
}

/// Tells why a name has no address to dial.
#[derive(Debug, Error)]
pub(super) enum ResolveError {
    /// It resolves only to addresses that are not public.
    #[error("{host} resolves to {address} ({range})")]
    Refused {
        host: String,
        address: SocketAddr,
        range: &'static str,
    },
    /// It does not resolve.
    #[error("{host}: {source}")]
    Unknown { host: String, source: io::Error },
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver")
            .field("guard", &self.guard)
            .finish_non_exhaustive()
    }
}

impl Resolver {
    /// Builds a resolver that asks the system.
    pub(super) fn system(guard: Guard) -> Self {
        let lookup: Lookup = Arc::new(|host| {
            Box::pin(async move {
                let found = tokio::net::lookup_host((host.as_str(), 0)).await?;
                Ok(found.collect())
            })
        });
        Self { guard, lookup }
    }

    async fn addresses(self, host: String) -> Result<Vec<SocketAddr>, ResolveError> {
        let found = match (self.lookup)(host.clone()).await {
            Ok(found) => found,
            Err(source) => return Err(ResolveError::Unknown { host, source }),
        };
        let mut refused = None;
        let mut allowed = Vec::new();
        for address in found {
            match self.guard.refuses(address.ip()) {
                None => allowed.push(address),
                Some(range) => refused = Some((address, range)),
            }
        }
        match (allowed.is_empty(), refused) {
            (false, _) => Ok(allowed),
            (true, Some((address, range))) => Err(ResolveError::Refused {
                host,
                address,
                range,
            }),
            (true, None) => Err(ResolveError::Unknown {
                host,
                source: io::Error::new(io::ErrorKind::NotFound, "no address"),
            }),
        }
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = self.clone();
        Box::pin(async move {
            let found = resolver.addresses(name.as_str().to_owned()).await;
            match found {
                Ok(found) => Ok(Box::new(found.into_iter()) as Addrs),
                Err(e) => Err(Box::new(e) as Box<dyn Error + Send + Sync>),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolver(allow: bool, answers: &[&str]) -> Resolver {
        let answers: Vec<SocketAddr> = answers.iter().map(|a| a.parse().unwrap()).collect();
        Resolver {
            guard: Guard::new(allow),
            lookup: Arc::new(move |_| {
                let answers = answers.clone();
                Box::pin(async move { Ok(answers) })
            }),
        }
    }

    async fn resolve(resolver: &Resolver) -> Result<Vec<SocketAddr>, String> {
        let name = "rebind.example".parse().unwrap();
        match resolver.resolve(name).await {
            Ok(found) => Ok(found.collect()),
            Err(e) => Err(e.to_string()),
        }
    }

    #[tokio::test]
    async fn only_public_addresses_are_left() {
        let mixed = resolver(false, &["127.0.0.1:0", "8.8.8.8:0", "[::1]:0"]);
        let left = resolve(&mixed).await.unwrap();
        assert_eq!(left, ["8.8.8.8:0".parse().unwrap()]);
    }

    #[tokio::test]
    async fn a_name_with_none_left_fails_and_says_why() {
        let inner = resolver(false, &["10.0.0.1:0", "169.254.169.254:0"]);
        let error = resolve(&inner).await.unwrap_err();
        assert!(
            error.contains("169.254.169.254") && error.contains("link-local"),
            "{error}"
        );
        assert!(resolve(&resolver(false, &[])).await.is_err());
    }

    #[tokio::test]
    async fn the_flag_lets_every_address_through() {
        let inner = resolver(true, &["127.0.0.1:0", "[::1]:0"]);
        assert_eq!(resolve(&inner).await.unwrap().len(), 2);
    }
}
