use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

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

/// Returns the special-purpose block that the address lies in.
pub(super) fn special(ip: IpAddr) -> Option<&'static str> {
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

    #[test]
    fn a_block_ends_where_its_prefix_says() {
        let range = |text: &str| special(text.parse().unwrap());
        assert_eq!(range("172.16.0.0"), Some("private"));
        assert_eq!(range("172.31.255.255"), Some("private"));
        assert_eq!((range("172.15.255.255"), range("172.32.0.0")), (None, None));
        assert_eq!(range("fdff:ffff::1"), Some("unique local"));
        assert_eq!(range("2001:1ff::1"), Some("protocol assignments"));
        assert_eq!(range("2001:200::1"), None);
        assert_eq!(range("::ffff:8.8.8.8"), Some("IPv4-mapped"));
        assert_eq!(range("4000::1"), Some("not global"));
    }
}
