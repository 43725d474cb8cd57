use std::fmt;
use std::sync::Arc;

use url::Url;

/// Is what is paced as one: a scheme, host and port, or the machine's own disk.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum HostKey {
    /// A server.
    Web {
        /// Whether by https.
        secure: bool,
        /// The host in ASCII.
        host: Arc<str>,
        /// The port, the scheme's own when the URL has none.
        port: u16,
    },
    /// Files of folder sources.
    Disk,
}

impl HostKey {
    /// Returns the host of a URL that the guard has let through.
    pub(crate) fn of(url: &Url) -> Self {
        Self::Web {
            secure: url.scheme() == "https",
            host: url.host_str().unwrap_or_default().into(),
            port: url.port_or_known_default().unwrap_or(0),
        }
    }
}

impl fmt::Display for HostKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Web { secure, host, port } => {
                let scheme = if *secure { "https" } else { "http" };
                write!(f, "{scheme}://{host}:{port}")
            }
            Self::Disk => f.write_str("disk"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scheme_host_and_port_make_a_host() {
        let key = |url: &str| HostKey::of(&Url::parse(url).unwrap()).to_string();
        assert_eq!(key("http://a.example/x"), key("http://A.example:80/y?z"));
        assert_ne!(key("http://a.example/x"), key("https://a.example/x"));
        assert_ne!(key("http://a.example/x"), key("http://a.example:8080/x"));
        assert_eq!(key("https://a.example/x"), "https://a.example:443");
    }
}
