use url::Url;

use crate::optout::Watched;

/// Redirects that are followed to such a file, other hosts included (RFC 9309, section 2.3.1.2).
pub const MAX_REDIRECTS: u32 = 5;

/// A file at a fixed place by which a website speaks for all its URLs.
pub trait SiteFile: Sized {
    /// The path at which it lies.
    const PATH: &'static str;
    /// Bytes of the body to read: one more than count, which tells whether the file goes on.
    const READ: usize;

    /// Returns the part of a body that matters, in the file's own format.
    #[must_use]
    fn condense(body: &[u8], watched: &Watched) -> Vec<u8>;

    /// Reads a condensed body; an empty one is a file that says nothing.
    #[must_use]
    fn read(condensed: &[u8], watched: &Watched) -> Self;

    /// Returns about how many bytes of memory this takes.
    #[must_use]
    fn weight(&self) -> usize;

    /// Returns where the file of a URL's website lies; `None` when the URL is neither http nor https.
    #[must_use]
    fn url(url: &Url) -> Option<Url> {
        let mut file = robotxt::robots_url(url).ok()?;
        file.set_path(Self::PATH);
        Some(file)
    }
}

/// Names a URL's website by scheme, host and port, as `https://example.org` or `http://example.org:8080`.
///
/// Each has files of its own (RFC 9309, section 2.3). `None` when the URL is neither http nor https.
#[must_use]
pub fn site_of(url: &Url) -> Option<String> {
    let web = matches!(url.scheme(), "http" | "https") && url.host().is_some();
    web.then(|| url.origin().ascii_serialization())
}

/// Says how an attempt to fetch such a file ended, its redirects followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fetched<'a> {
    /// There is a file, and this is its body up to [`SiteFile::READ`] bytes.
    Body(&'a [u8]),
    /// There is none, or it may not be read, or more than [`MAX_REDIRECTS`] redirects lead to it.
    Unavailable,
    /// The server failed, did not answer or asked to be left alone for now.
    Unreachable,
}

impl<'a> Fetched<'a> {
    /// Sorts a final status (RFC 9309, section 2.3.1).
    ///
    /// 429 counts as unreachable, as at Google: it is a website under load, not one without a file. A redirect
    /// that leads nowhere is unavailable. No answer at all, and a redirect that must not be followed because
    /// of its address, are for the caller to call [`Fetched::Unreachable`].
    #[must_use]
    pub fn from_status(status: u16, body: &'a [u8]) -> Self {
        match status {
            200..=299 => Self::Body(body),
            429 => Self::Unreachable,
            300..=499 => Self::Unavailable,
            _ => Self::Unreachable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optout::{RobotsFile, TdmFile};

    #[test]
    fn a_website_is_its_scheme_host_and_port() {
        let cases: &[(&str, Option<&str>)] = &[
            ("https://Example.org/a?b#c", Some("https://example.org")),
            (
                "http://user:pass@example.org:80/",
                Some("http://example.org"),
            ),
            ("http://example.org:8080/", Some("http://example.org:8080")),
            (
                "https://b\u{fc}cher.example/",
                Some("https://xn--bcher-kva.example"),
            ),
            ("http://[::1]:81/", Some("http://[::1]:81")),
            ("ftp://example.org/", None),
            ("file:///robots.txt", None),
            ("data:text/plain,x", None),
        ];
        for (url, site) in cases {
            let url = Url::parse(url).unwrap();
            assert_eq!(site_of(&url).as_deref(), *site);
            assert_eq!(RobotsFile::url(&url).is_some(), site.is_some());
        }
    }

    #[test]
    fn the_files_lie_where_their_specifications_say() {
        let url = Url::parse("https://me:x@example.org:8443/a/b.jpg?c#d").unwrap();
        let robots = RobotsFile::url(&url).unwrap();
        assert_eq!(robots.as_str(), "https://example.org:8443/robots.txt");
        let tdm = TdmFile::url(&url).unwrap();
        assert_eq!(
            tdm.as_str(),
            "https://example.org:8443/.well-known/tdmrep.json"
        );
    }

    #[test]
    fn statuses_mean_what_rfc_9309_says() {
        for status in [200, 204, 206, 299] {
            assert_eq!(Fetched::from_status(status, b"x"), Fetched::Body(b"x"));
        }
        for status in [301, 304, 400, 401, 403, 404, 410, 451, 499] {
            assert_eq!(Fetched::from_status(status, b"x"), Fetched::Unavailable);
        }
        for status in [0, 100, 429, 500, 503, 599, 600, 999] {
            assert_eq!(Fetched::from_status(status, b"x"), Fetched::Unreachable);
        }
    }
}
