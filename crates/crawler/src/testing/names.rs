use std::io;
use std::net::{IpAddr, SocketAddr};

/// Resolves the names that tests use, without asking anybody: what begins with these words, below `.test`.
const NAMES: &[(&str, &[&str])] = &[
    ("loopback", &["127.0.0.1"]),
    ("private", &["10.0.0.1"]),
    ("metadata", &["169.254.169.254"]),
    ("mixed", &["10.0.0.1", "127.0.0.1", "fd00::1"]),
    ("mapped", &["::ffff:127.0.0.1"]),
    ("public", &["8.8.8.8"]),
];

/// Looks a name up in the table of the tests; no other name resolves.
pub(crate) fn lookup(host: &str) -> io::Result<Vec<SocketAddr>> {
    let host = host.strip_suffix('.').unwrap_or(host);
    let found = NAMES.iter().find(|(word, _)| {
        host.strip_suffix(".test")
            .is_some_and(|name| name.starts_with(word))
    });
    match found {
        Some((_, addresses)) => Ok(addresses
            .iter()
            .map(|text| SocketAddr::new(text.parse::<IpAddr>().unwrap(), 0))
            .collect()),
        None => Err(io::Error::new(io::ErrorKind::NotFound, "no such name")),
    }
}
