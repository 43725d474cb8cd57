use reqwest::{RequestBuilder, header};

/// Longest validator that is kept, in bytes; servers choose them, and what is longer is none that is meant to be sent back.
const LONGEST: usize = 512;

/// Is what a server says about the version of an answer, to be asked later whether there is another one (RFC 9110, section 8.8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Validators {
    /// The entity tag as it came, quotes and all.
    pub(crate) etag: Option<String>,
    /// When it was last modified, as it came.
    pub(crate) modified: Option<String>,
}

impl Validators {
    /// Takes them from the fields of an answer, read by their names in lower case; `None` when there is none of use.
    pub(crate) fn of<'a>(field: impl Fn(&str) -> Option<&'a str>) -> Option<Self> {
        let take = |name| {
            let value = field(name)?.trim();
            let is_fit = !value.is_empty()
                && value.len() <= LONGEST
                && value.bytes().all(|b| matches!(b, 0x20..=0x7e));
            is_fit.then(|| value.to_owned())
        };
        let etag = take("etag").filter(|tag| tag.ends_with('"'));
        let modified = take("last-modified").filter(|at| httpdate::parse_http_date(at).is_ok());
        (etag.is_some() || modified.is_some()).then_some(Self { etag, modified })
    }

    /// Asks for the answer only if it is another version by now. A tag says it exactly; the date is for servers without one (RFC 9110,
    /// section 13.1.3).
    pub(super) fn apply(&self, request: RequestBuilder) -> RequestBuilder {
        match (&self.etag, &self.modified) {
            (Some(etag), _) => request.header(header::IF_NONE_MATCH, etag),
            (None, Some(modified)) => request.header(header::IF_MODIFIED_SINCE, modified),
            (None, None) => request,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(fields: &[(&str, &str)]) -> Option<Validators> {
        Validators::of(|name| {
            fields
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, v)| *v)
        })
    }

    #[test]
    fn what_can_be_sent_back_is_taken_and_nothing_else() {
        let date = "Tue, 24 Nov 2026 08:00:00 GMT";
        let both = of(&[("etag", "W/\"a b\""), ("last-modified", date)]).unwrap();
        assert_eq!(both.etag.as_deref(), Some("W/\"a b\""));
        assert_eq!(both.modified.as_deref(), Some(date));
        let long = format!("\"{}\"", "x".repeat(LONGEST));
        for useless in ["", "bare", "\"a\u{1}\"", "\"ä\"", &long] {
            assert_eq!(of(&[("etag", useless)]), None, "{useless}");
        }
        for useless in ["yesterday", "0", ""] {
            assert_eq!(of(&[("last-modified", useless)]), None, "{useless}");
        }
    }
}
