use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use crate::Reject;

/// Names every special-purpose IPv4 block: (first address, prefix length, what it is).
const V4: &[(Ipv4Addr, u32, &str)] = &[
    (Ipv4Addr::UNSPECIFIED, 8, "this network"),
    (Ipv4Addr::new(10, 0, 0, 0), 8, "private"),
    (Ipv4Addr::new(100, 64, 0, 0), 10, "carrier-grade NAT"),
    (Ipv4Addr::new(127, 0, 0, 0), 8, "loopback"),
    (Ipv4Addr::new(169, 254, 0, 0), 16, "link-local"),
    (Ipv4Addr::new(172, 16, 0, 0), 12, "private"),
    (Ipv4Addr::new(192, 0, 0, 0), 24, "protocol assignments"),
    (Ipv4Addr::new(192, 0, 2, 0), 24, "documentation"),
    (Ipv4Addr::new(192, 31, 196, 0), 24, "AS112"),
    (Ipv4Addr::new(192, 52, 193, 0), 24, "AMT"),
    (Ipv4Addr::new(192, 88, 99, 0), 24, "6to4 relay"),
    (Ipv4Addr::new(192, 168, 0, 0), 16, "private"),
    (Ipv4Addr::new(192, 175, 48, 0), 24, "AS112"),
    (Ipv4Addr::new(198, 18, 0, 0), 15, "benchmarking"),
    (Ipv4Addr::new(198, 51, 100, 0), 24, "documentation"),
    (Ipv4Addr::new(203, 0, 113, 0), 24, "documentation"),
    (Ipv4Addr::new(224, 0, 0, 0), 4, "multicast"),
    (Ipv4Addr::new(240, 0, 0, 0), 4, "reserved"),
];

/// Names every special-purpose IPv6 block; what lies outside `2000::/3` is refused in any case.
const V6: &[(Ipv6Addr, u32, &str)] = &[
    (Ipv6Addr::UNSPECIFIED, 128, "unspecified"),
    (Ipv6Addr::LOCALHOST, 128, "loopback"),
    (v6([0, 0, 0, 0, 0, 0xffff]), 96, "IPv4-mapped"),
    (v6([0, 0, 0, 0, 0, 0]), 96, "IPv4-compatible"),
    (v6([0x64, 0xff9b, 0, 0, 0, 0]), 96, "NAT64"),
    (v6([0x64, 0xff9b, 1, 0, 0, 0]), 48, "local NAT64"),
    (v6([0x100, 0, 0, 0, 0, 0]), 64, "discard"),
    (v6([0x2001, 0, 0, 0, 0, 0]), 32, "Teredo"),
    (v6([0x2001, 0, 0, 0, 0, 0]), 23, "protocol assignments"),
    (v6([0x2001, 0xdb8, 0, 0, 0, 0]), 32, "documentation"),
    (v6([0x2002, 0, 0, 0, 0, 0]), 16, "6to4"),
    (v6([0x2620, 0x4f, 0x8000, 0, 0, 0]), 48, "AS112"),
    (v6([0x3fff, 0, 0, 0, 0, 0]), 20, "documentation"),
    (v6([0x5f00, 0, 0, 0, 0, 0]), 16, "segment routing"),
    (v6([0xfc00, 0, 0, 0, 0, 0]), 7, "unique local"),
    (v6([0xfe80, 0, 0, 0, 0, 0]), 10, "link-local"),
    (v6([0xfec0, 0, 0, 0, 0, 0]), 10, "site-local"),
    (v6([0xff00, 0, 0, 0, 0, 0]), 8, "multicast"),
    (v6([0x2000, 0, 0, 0, 0, 0]), 3, ""),
    (Ipv6Addr::UNSPECIFIED, 0, "not global"),
];

/// Builds the first address of a block from the first six of its eight groups.
const fn v6(groups: [u16; 6]) -> Ipv6Addr {
    let g = groups;
    Ipv6Addr::new(g[0], g[1], g[2], g[3], g[4], g[5], 0, 0)
}

/// Decides what may be dialled.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Guard {
    allow_private: bool,
}

impl Guard {
    pub(crate) fn new(allow_private: bool) -> Self {
        Self { allow_private }
    }

    /// Checks all that a URL tells without resolving its name: scheme, port, and an address in any notation
    /// (parsing has turned decimal, octal, hexadecimal and short forms into an address already).
    pub(crate) fn check(self, url: &Url) -> Result<(), Reject> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Reject::BadScheme(url.scheme().to_owned()));
        }
        let host = url
            .host()
            .ok_or_else(|| Reject::BadUrl("no host".to_owned()))?;
        if self.allow_private {
            return Ok(());
        }
        let literal = match host {
            Host::Ipv4(ip) => Some(IpAddr::V4(ip)),
            Host::Ipv6(ip) => Some(IpAddr::V6(ip)),
            Host::Domain(_) => None,
        };
        if let Some(range) = literal.and_then(special) {
            return Err(Reject::PrivateAddress(format!("{host} is {range}")));
        }
        match url.port_or_known_default() {
            Some(80 | 443) => Ok(()),
            port => Err(Reject::BadPort(format!(
                "{} (80 and 443 are asked)",
                port.unwrap_or(0)
            ))),
        }
    }

    /// Says why a resolved address may not be dialled; `None` when it may.
    pub(crate) fn refuses(self, ip: IpAddr) -> Option<&'static str> {
        if self.allow_private {
            None
        } else {
            special(ip)
        }
    }
}

/// Returns the special-purpose block that the address lies in.
fn special(ip: IpAddr) -> Option<&'static str> {
    let range = match ip {
        IpAddr::V4(ip) => V4
            .iter()
            .find(|(first, length, _)| {
                (u32::from(ip) ^ u32::from(*first)).leading_zeros() >= *length
            })
            .map(|block| block.2),
        IpAddr::V6(ip) => V6
            .iter()
            .find(|(first, length, _)| {
                (u128::from(ip) ^ u128::from(*first)).leading_zeros() >= *length
            })
            .map(|block| block.2),
    };
    range.filter(|range| !range.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(url: &str) -> &'static str {
        let guard = Guard::new(false);
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
        ] {
            assert_eq!(code(&format!("https://{host}/a")), "ok", "{host}");
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
    fn the_flag_is_the_only_way_out_and_leaves_the_scheme() {
        let guard = Guard::new(true);
        let url = |text: &str| Url::parse(text).unwrap();
        assert!(guard.check(&url("http://127.0.0.1:8765/")).is_ok());
        assert!(guard.check(&url("file:///etc/passwd")).is_err());
        assert_eq!(guard.refuses(IpAddr::V4(Ipv4Addr::LOCALHOST)), None);
        let closed = Guard::new(false);
        assert_eq!(
            closed.refuses(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            Some("loopback")
        );
    }
}
