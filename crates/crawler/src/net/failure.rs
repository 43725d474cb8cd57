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
            ResolveError::Unknown { .. } => Reject::Dns(resolve.to_string()),
        };
    }
    if find::<rustls::Error>(error).is_some() {
        return Reject::Tls(detail);
    }
    if error.is_builder() {
        return Reject::BadUrl(detail);
    }
    if error.is_timeout() && error.is_connect() {
        return Reject::TimeoutConnect(detail);
    }
    Reject::Connection(detail)
}

/// Says whether the same request may succeed before long.
pub(super) fn is_transient(reject: &Reject) -> bool {
    Retry::of(reject) == Retry::Soon
}

/// Says whether a status is worth another try.
pub(crate) fn is_transient_status(status: u16) -> bool {
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
}
