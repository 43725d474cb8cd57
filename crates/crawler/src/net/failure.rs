use std::error::Error;
use std::io;

use super::resolver::ResolveError;
use crate::Reject;
use crate::frontier::Retry;

/// Sorts a request that failed before its headers were there.
pub(super) fn classify(error: &reqwest::Error) -> Reject {
    let detail = cause(error);
    if let Some(resolve) = find::<ResolveError>(error) {
        return match resolve {
            ResolveError::Refused { .. } => Reject::PrivateAddress(resolve.to_string()),
            ResolveError::Port { .. } => Reject::BadPort(resolve.to_string()),
            ResolveError::Unknown { .. } => Reject::Dns(resolve.to_string()),
        };
    }
    if let Some(tls) = find::<rustls::Error>(error) {
        return Reject::Tls(distrust(tls).map_or(detail, str::to_owned));
    }
    if error.is_builder() {
        return Reject::BadUrl(detail);
    }
    if error.is_timeout() && error.is_connect() {
        return Reject::TimeoutConnect(detail);
    }
    Reject::Connection(detail)
}

/// Says what is wrong with a certificate, in words that everybody knows.
fn distrust(error: &rustls::Error) -> Option<&'static str> {
    use rustls::CertificateError as Bad;
    let rustls::Error::InvalidCertificate(bad) = error else {
        return None;
    };
    match bad {
        Bad::Expired | Bad::ExpiredContext { .. } => Some("the certificate has expired"),
        Bad::NotValidYet | Bad::NotValidYetContext { .. } => {
            Some("the certificate is not valid yet")
        }
        Bad::UnknownIssuer => Some("the certificate is from an unknown issuer"),
        Bad::NotValidForName | Bad::NotValidForNameContext { .. } => {
            Some("the certificate is for another name")
        }
        Bad::Revoked => Some("the certificate was revoked"),
        _ => None,
    }
}

/// Says whether the same request may succeed before long.
pub(super) fn is_transient(reject: &Reject) -> bool {
    Retry::of(reject) == Retry::Soon
}

/// Says whether a status is worth another try.
pub(super) fn is_transient_status(status: u16) -> bool {
    Retry::of_status(status) == Retry::Soon
}

/// Finds an error of a type in the chain of causes, those wrapped by `io::Error` included.
fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        // The cause that `io::Error::source` gives is that of the wrapped error, so that one is skipped.
        let wrapped = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        next = match wrapped {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

/// Writes the first cause of an error: what lies between it and the request says only which layer passed it on.
pub(super) fn cause(error: &dyn Error) -> String {
    let mut first = error;
    while let Some(error) = first.source() {
        first = error;
    }
    first.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_wrapped_by_io_are_found() {
        let tls = rustls::Error::General("no".to_owned());
        let wrapped = io::Error::other(io::Error::other(tls));
        assert!(find::<rustls::Error>(&wrapped).is_some());
        assert!(find::<ResolveError>(&wrapped).is_none());
    }

    #[test]
    fn only_some_failures_are_worth_a_retry() {
        let detail = || String::new();
        assert!(is_transient(&Reject::CutShort(detail())));
        assert!(is_transient(&Reject::TimeoutConnect(detail())));
        assert!(!is_transient(&Reject::Tls(detail())));
        assert!(!is_transient(&Reject::PrivateAddress(detail())));
        assert!(!is_transient(&Reject::Html(detail())));
        assert!(is_transient(&Reject::TooSlow(detail())));
        assert!(!is_transient(&Reject::Bomb(detail())));
        assert!(!is_transient(&Reject::BadEncoding(detail())));
        let again: Vec<u16> = (300..600).filter(|&s| is_transient_status(s)).collect();
        assert_eq!(again, [408, 425, 429, 500, 502, 503, 504]);
    }
}
