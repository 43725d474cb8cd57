use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use url::{Host, Url};

use super::special::special;
use crate::{CrawlSettings, Reject};

/// Decides what may be dialled: public hosts at ports 80, 443 and those of `allow_ports`, and with
/// `allow_private_hosts` also private addresses, at any port.
///
/// What stands in a URL is seen by [`Guard::check`], what a name resolves to by [`Guard::refuses`]. With a proxy, names
/// are resolved there and never come here, so the second half of the check is the proxy's to make.
#[derive(Debug, Clone)]
pub(crate) struct Guard {
    private: Private,
    ports: Arc<[u16]>,
}

/// Says which addresses that are not public may be dialled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Private {
    None,
    All,
    /// Only 127.0.0.0/8, whatever else is asked for.
    #[cfg(test)]
    Loopback,
}

/// Says what a client is for, which the port of the URL decides before any name is resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    /// Ports at which public hosts are asked.
    Ordinary,
    /// Any other port: private addresses only.
    Private,
}

/// Tells why a resolved address may not be dialled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It lies in this special-purpose block.
    Range(&'static str),
    /// It is public, and the port is not one of those that public hosts are asked at.
    Port,
}

impl Guard {
    pub(crate) fn new(settings: &CrawlSettings) -> Self {
        let private = if settings.allow_private_hosts {
            Private::All
        } else {
            Private::None
        };
        #[cfg(test)]
        let private = match private {
            Private::All if settings.loopback_only => Private::Loopback,
            other => other,
        };
        Self {
            private,
            ports: settings.allow_ports.clone().into(),
        }
    }

    /// Checks all that a URL tells without resolving its name: scheme, port, and an address in any notation
    /// (parsing has turned decimal, octal, hexadecimal and short forms into an address already).
    ///
    /// The name of a private host may pass at a port that no public host is asked at; [`Guard::lane`] then gives the client
    /// that dials private addresses only.
    pub(crate) fn check(&self, url: &Url) -> Result<(), Reject> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Reject::BadScheme(url.scheme().to_owned()));
        }
        let host = url
            .host()
            .ok_or_else(|| Reject::BadUrl("no host".to_owned()))?;
        let literal = match host {
            Host::Ipv4(ip) => Some(IpAddr::V4(ip)),
            Host::Ipv6(ip) => Some(IpAddr::V6(ip)),
            // Loopback by definition (RFC 6761, section 6.3), whatever a resolver says of it.
            Host::Domain(name) if is_localhost(name) => Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            Host::Domain(_) => None,
        };
        let range = literal.and_then(|ip| Some((ip, special(ip)?)));
        if let Some((ip, range)) = range {
            return if self.lets_in(ip) {
                Ok(())
            } else {
                Err(Reject::PrivateAddress(format!("{host} is {range}")))
            };
        }
        let may_be_private = literal.is_none() && self.private != Private::None;
        if may_be_private || self.lane(url) == Lane::Ordinary {
            return Ok(());
        }
        Err(Reject::BadPort(format!(
            "{} ({} are asked, and what allow_ports adds)",
            url.port_or_known_default().unwrap_or(0),
            self.asked()
        )))
    }

    /// Says which client asks this URL.
    pub(super) fn lane(&self, url: &Url) -> Lane {
        match url.port_or_known_default() {
            Some(80 | 443) => Lane::Ordinary,
            Some(port) if self.ports.contains(&port) => Lane::Ordinary,
            _ => Lane::Private,
        }
    }

    /// Says whether any private address may be dialled.
    pub(super) fn has_private_lane(&self) -> bool {
        self.private != Private::None
    }

    /// Says why a client may not dial a resolved address; `None` when it may.
    pub(super) fn refuses(&self, ip: IpAddr, lane: Lane) -> Option<Refusal> {
        match special(ip) {
            Some(_) if self.lets_in(ip) => None,
            Some(range) => Some(Refusal::Range(range)),
            None if lane == Lane::Private => Some(Refusal::Port),
            None => None,
        }
    }

    /// Says whether an address that is not public may be dialled all the same.
    fn lets_in(&self, ip: IpAddr) -> bool {
        match (self.private, ip) {
            (Private::None, _) => false,
            (Private::All, _) => true,
            #[cfg(test)]
            (Private::Loopback, IpAddr::V4(ip)) => ip.is_loopback(),
            #[cfg(test)]
            (Private::Loopback, IpAddr::V6(_)) => false,
        }
    }

    /// Writes the ports that public hosts are asked at.
    fn asked(&self) -> String {
        let more = self.ports.iter().map(|port| format!(", {port}"));
        format!("80, 443{}", more.collect::<String>())
    }
}

/// Says whether a name is `localhost` or below it, with or without the dot of the root.
fn is_localhost(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let last = name.rsplit('.').next().unwrap_or(name);
    last.eq_ignore_ascii_case("localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(private: Private, ports: &[u16]) -> Guard {
        Guard {
            private,
            ports: ports.into(),
        }
    }

    fn code(url: &str) -> &'static str {
        code_by(&guard(Private::None, &[]), url)
    }

    fn code_by(guard: &Guard, url: &str) -> &'static str {
        match Url::parse(url) {
            Ok(url) => guard.check(&url).map_or_else(|r| r.code(), |()| "ok"),
            Err(_) => "unparsable",
        }
    }

    #[test]
    fn every_notation_of_an_inner_address_is_refused() {
        for host in [
            "127.0.0.1",
            "2130706433",
            "0x7f.1",
            "0177.0.0.1",
            "127.1",
            "0",
            "10.1.2.3",
            "100.127.255.255",
            "169.254.169.254",
            "172.31.0.1",
            "192.168.0.1",
            "198.19.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "[::]",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:8.8.8.8]",
            "[::127.0.0.1]",
            "[64:ff9b::7f00:1]",
            "[64:ff9b:1::1]",
            "[2001::1]",
            "[2001:db8::1]",
            "[2002:7f00:1::]",
            "[fd00::1]",
            "[fe80::1]",
            "[fec0::1]",
            "[ff02::1]",
            "[4000::1]",
            "127.0.0.1.",
            "0x7f000001",
            "%31%32%37.0.0.1",
            "１２７.0.0.1",
            "127。0。0。1",
            "[::ffff:a9fe:a9fe]",
            "localhost",
            "LOCALHOST.",
            "a.b.localhost",
            "a.localhost.",
        ] {
            assert_eq!(
                code(&format!("http://{host}/")),
                "private-address",
                "{host}"
            );
        }
        assert_eq!(code("http:127.0.0.1"), "private-address");
        assert_eq!(
            code("http://good.example\\@127.0.0.1/"),
            "ok",
            "the host is good.example"
        );
        assert_eq!(code("http://good.example@127.0.0.1/"), "private-address");
    }

    #[test]
    fn the_neighbours_of_each_block_pass() {
        for host in [
            "1.0.0.0",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.1",
            "169.253.0.1",
            "172.15.255.255",
            "172.32.0.0",
            "192.167.0.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "[2001:200::1]",
            "[2003::1]",
            "[2606:4700::1]",
            "[2a00:1450::1]",
            "example.org",
            "example.org.",
        ] {
            assert_eq!(code(&format!("https://{host}/a")), "ok", "{host}");
        }
    }

    #[test]
    fn other_names_are_left_to_what_they_resolve_to() {
        for host in [
            "metadata.google.internal",
            "printer.local",
            "localhost.example",
            "notlocalhost",
            "127.0.0.1.nip.io",
        ] {
            assert_eq!(code(&format!("http://{host}/")), "ok", "{host}");
        }
        for host in [
            "[fe80::1%25eth0]",
            "[fe80::1%eth0]",
            "1.2.3.4.5",
            "256.1.1.1",
        ] {
            assert_eq!(code(&format!("http://{host}/")), "unparsable", "{host}");
        }
    }

    #[test]
    fn schemes_and_ports_are_refused_by_their_own_reason() {
        assert_eq!(code("file:///etc/passwd"), "bad-scheme");
        assert_eq!(code("ftp://example.org/"), "bad-scheme");
        assert_eq!(code("data:image/png;base64,AA"), "bad-scheme");
        assert_eq!(code("http://example.org:8080/"), "bad-port");
        assert_eq!(code("http://example.org:443/"), "ok");
        assert_eq!(code("http://example.org:22/"), "bad-port");
    }

    #[test]
    fn ports_of_the_settings_are_asked_at_public_hosts_too() {
        let guard = guard(Private::None, &[8080, 8443]);
        assert_eq!(code_by(&guard, "http://example.org:8080/"), "ok");
        assert_eq!(code_by(&guard, "https://8.8.8.8:8443/"), "ok");
        assert_eq!(code_by(&guard, "http://127.0.0.1:8080/"), "private-address");
        let url = Url::parse("http://example.org:22/").unwrap();
        let reject = guard.check(&url).unwrap_err();
        assert!(
            reject
                .detail()
                .starts_with("22 (80, 443, 8080, 8443 are asked")
        );
    }

    #[test]
    fn the_flag_opens_private_addresses_at_any_port_and_nothing_else() {
        let guard = guard(Private::All, &[]);
        for url in [
            "http://127.0.0.1:8765/",
            "http://localhost:8765/",
            "http://192.168.0.1:22/",
            "http://[::1]:9/",
            "http://printer.local:631/",
        ] {
            assert_eq!(code_by(&guard, url), "ok", "{url}");
        }
        assert_eq!(code_by(&guard, "http://8.8.8.8:22/"), "bad-port");
        assert_eq!(code_by(&guard, "file:///etc/passwd"), "bad-scheme");
        assert_eq!(code_by(&guard, "http://8.8.8.8/"), "ok");
    }

    #[test]
    fn what_a_name_resolves_to_decides_at_other_ports() {
        let private: IpAddr = "10.0.0.1".parse().unwrap();
        let public: IpAddr = "8.8.8.8".parse().unwrap();
        let closed = guard(Private::None, &[]);
        let open = guard(Private::All, &[]);
        let range = Some(Refusal::Range("private"));
        for lane in [Lane::Ordinary, Lane::Private] {
            assert_eq!(closed.refuses(private, lane), range);
            assert_eq!(open.refuses(private, lane), None);
        }
        assert_eq!(open.refuses(public, Lane::Ordinary), None);
        assert_eq!(open.refuses(public, Lane::Private), Some(Refusal::Port));
        let url = |text: &str| Url::parse(text).unwrap();
        assert_eq!(open.lane(&url("https://a.example/")), Lane::Ordinary);
        assert_eq!(open.lane(&url("http://a.example:443/")), Lane::Ordinary);
        assert_eq!(open.lane(&url("http://a.example:81/")), Lane::Private);
    }

    #[test]
    fn the_tests_own_form_lets_in_loopback_alone() {
        let guard = guard(Private::Loopback, &[]);
        assert_eq!(code_by(&guard, "http://127.0.0.2:8765/"), "ok");
        for url in [
            "http://[::1]:8765/",
            "http://10.0.0.1/",
            "http://169.254.169.254/",
            "http://192.168.0.1:8765/",
        ] {
            assert_eq!(code_by(&guard, url), "private-address", "{url}");
        }
    }
}
