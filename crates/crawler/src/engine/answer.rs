use std::borrow::Cow;

use url::Url;

/// Is what an engine answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The header fields, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body after content decoding.
    pub body: Vec<u8>,
    /// The address that answered, after redirects and without secrets, where there is one.
    pub url: Option<Url>,
}

impl Answer {
    /// Builds an answer with status 200 and without header fields.
    #[must_use]
    pub fn of(body: impl Into<Vec<u8>>) -> Self {
        Self {
            status: 200,
            headers: Vec::new(),
            body: body.into(),
            url: None,
        }
    }

    /// Returns the first field of this name (in lower case).
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut fields = self.headers.iter();
        let (_, value) = fields.find(|(known, _)| known == name)?;
        Some(value)
    }

    /// Returns the body as text; what is not UTF-8 is replaced.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_by_name_and_bytes_become_text() {
        let answer = Answer {
            headers: vec![("x-left".to_owned(), "7".to_owned())],
            ..Answer::of(b"a\xffb".to_vec())
        };
        assert_eq!(answer.header("x-left"), Some("7"));
        assert_eq!(answer.header("x-right"), None);
        assert_eq!(answer.text(), "a\u{fffd}b");
    }
}
