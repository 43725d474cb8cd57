use std::error::Error;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use futures::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use thiserror::Error;

use super::Guard;
use super::address::{Lane, Refusal};

/// Looks a name up, whatever the addresses.
pub(super) type Lookup =
    Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync>;

/// Resolves names to addresses that may be dialled.
///
/// The connection is made to what is returned here, so a name cannot be resolved once for the check and
/// otherwise for the connection. Literal addresses never come here: [`Guard::check`] sees those.
#[derive(Clone)]
pub(super) struct Resolver {
    lookup: Lookup,
    rule: Rule,
}

/// Says what a resolver gives addresses for.
#[derive(Debug, Clone)]
enum Rule {
    /// Names at the ports of a lane, as far as the guard lets them through.
    Guarded(Guard, Lane),
    /// The proxy alone: where it stands is the choice of whoever configured it.
    Proxy(String),
}

/// Tells why a name has no address to dial.
#[derive(Debug, Error)]
pub(super) enum ResolveError {
    /// It resolves only to addresses that are not public.
    #[error("{host} resolves to {address} ({range})")]
    Refused {
        host: String,
        address: String,
        range: &'static str,
    },
    /// It resolves to public addresses, and is asked at a port where only private ones are.
    #[error("{host} resolves to {address}, and public hosts are not asked at this port")]
    Port { host: String, address: String },
    /// It does not resolve.
    #[error("{host}: {source}")]
    Unknown { host: String, source: io::Error },
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver")
            .field("rule", &self.rule)
            .finish_non_exhaustive()
    }
}

/// Asks the system.
pub(super) fn system() -> Lookup {
    Arc::new(|host| {
        Box::pin(async move {
            // No test asks a name server: that would be a packet to another machine.
            #[cfg(test)]
            if host != "localhost" {
                return crate::testing::lookup(&host);
            }
            let found = tokio::net::lookup_host((host.as_str(), 0)).await?;
            Ok(found.collect())
        })
    })
}

impl Resolver {
    /// Builds a resolver for names at the ports of a lane.
    pub(super) fn guarded(lookup: &Lookup, guard: &Guard, lane: Lane) -> Self {
        Self {
            lookup: Arc::clone(lookup),
            rule: Rule::Guarded(guard.clone(), lane),
        }
    }

    /// Builds a resolver that knows the proxy's name only.
    pub(super) fn proxy(lookup: &Lookup, host: &str) -> Self {
        Self {
            lookup: Arc::clone(lookup),
            rule: Rule::Proxy(host.to_owned()),
        }
    }

    async fn addresses(self, host: String) -> Result<Vec<SocketAddr>, ResolveError> {
        let unknown = |host, source: io::Error| ResolveError::Unknown { host, source };
        let (guard, lane) = match &self.rule {
            Rule::Guarded(guard, lane) => (Some(guard), *lane),
            Rule::Proxy(proxy) if proxy.eq_ignore_ascii_case(&host) => (None, Lane::Ordinary),
            Rule::Proxy(_) => {
                let source = io::Error::other("names are resolved by the proxy");
                return Err(unknown(host, source));
            }
        };
        let found = match (self.lookup)(host.clone()).await {
            Ok(found) => found,
            Err(source) => return Err(unknown(host, source)),
        };
        let mut refused = None;
        let mut allowed = Vec::new();
        for address in found {
            match guard.and_then(|guard| guard.refuses(address.ip(), lane)) {
                None => allowed.push(address),
                Some(refusal) => refused = Some((address.ip().to_string(), refusal)),
            }
        }
        match (allowed.is_empty(), refused) {
            (false, _) => Ok(allowed),
            (true, Some((address, Refusal::Range(range)))) => Err(ResolveError::Refused {
                host,
                address,
                range,
            }),
            (true, Some((address, Refusal::Port))) => Err(ResolveError::Port { host, address }),
            (true, None) => Err(unknown(
                host,
                io::Error::new(io::ErrorKind::NotFound, "no address"),
            )),
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
    use std::sync::Mutex;

    use super::*;
    use crate::CrawlSettings;

    fn guard(allow_private_hosts: bool) -> Guard {
        Guard::new(&CrawlSettings {
            allow_private_hosts,
            ..CrawlSettings::default()
        })
    }

    fn lookup(answers: &[&str]) -> Lookup {
        let answers: Vec<SocketAddr> = answers.iter().map(|a| a.parse().unwrap()).collect();
        Arc::new(move |_| {
            let answers = answers.clone();
            Box::pin(async move { Ok(answers) })
        })
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
        let mixed = lookup(&["127.0.0.1:0", "8.8.8.8:0", "[::1]:0"]);
        let mixed = Resolver::guarded(&mixed, &guard(false), Lane::Ordinary);
        let left = resolve(&mixed).await.unwrap();
        assert_eq!(left, ["8.8.8.8:0".parse().unwrap()]);
    }

    #[tokio::test]
    async fn a_name_with_none_left_fails_and_says_why() {
        let inner = lookup(&["10.0.0.1:0", "169.254.169.254:0"]);
        let inner = Resolver::guarded(&inner, &guard(false), Lane::Ordinary);
        let error = resolve(&inner).await.unwrap_err();
        assert!(
            error.contains("169.254.169.254") && error.contains("link-local"),
            "{error}"
        );
        let nothing = Resolver::guarded(&lookup(&[]), &guard(false), Lane::Ordinary);
        assert!(resolve(&nothing).await.is_err());
    }

    #[tokio::test]
    async fn the_flag_lets_private_addresses_through_and_no_public_one_at_other_ports() {
        let both = lookup(&["127.0.0.1:0", "8.8.8.8:0", "[::1]:0"]);
        let ordinary = Resolver::guarded(&both, &guard(true), Lane::Ordinary);
        assert_eq!(resolve(&ordinary).await.unwrap().len(), 3);
        let private = Resolver::guarded(&both, &guard(true), Lane::Private);
        let left = resolve(&private).await.unwrap();
        assert_eq!(
            left,
            ["127.0.0.1:0".parse().unwrap(), "[::1]:0".parse().unwrap()]
        );
        let public = Resolver::guarded(&lookup(&["8.8.8.8:0"]), &guard(true), Lane::Private);
        let error = resolve(&public).await.unwrap_err();
        assert!(error.contains("not asked at this port"), "{error}");
    }

    #[tokio::test]
    async fn behind_a_proxy_only_its_own_name_is_resolved() {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        let recording: Lookup = Arc::new(move |host| {
            log.lock().unwrap().push(host);
            Box::pin(async { Ok(vec!["10.0.0.1:0".parse().unwrap()]) })
        });
        let resolver = Resolver::proxy(&recording, "proxy.example");
        assert!(resolve(&resolver).await.is_err());
        let own = resolver.resolve("Proxy.example".parse().unwrap()).await;
        assert_eq!(own.unwrap().count(), 1, "wherever it stands");
        assert_eq!(*asked.lock().unwrap(), ["Proxy.example"]);
    }
}
