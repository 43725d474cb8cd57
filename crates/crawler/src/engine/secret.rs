use std::fmt;

/// Is a key or token on its way into a request; it shows itself nowhere else.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    /// Where it goes.
    place: Place,
    /// The parameter's or field's name.
    name: String,
    /// What goes before it in a header field, such as `Bearer `.
    before: String,
    value: String,
}

/// Is the part of a request that carries a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Header,
    Query,
    Form,
}

impl Secret {
    /// Puts a value into a header field.
    #[must_use]
    pub fn header(name: &str, before: &str, value: &str) -> Self {
        Self::new(Place::Header, name, before, value)
    }

    /// Puts a value into the URL's query.
    #[must_use]
    pub fn query(name: &str, value: &str) -> Self {
        Self::new(Place::Query, name, "", value)
    }

    /// Puts a value into the form that is posted.
    #[must_use]
    pub fn form(name: &str, value: &str) -> Self {
        Self::new(Place::Form, name, "", value)
    }

    fn new(place: Place, name: &str, before: &str, value: &str) -> Self {
        Self {
            place,
            name: name.to_owned(),
            before: before.to_owned(),
            value: value.to_owned(),
        }
    }

    /// The header field to send, when it goes there.
    pub(crate) fn as_header(&self) -> Option<(&str, String)> {
        let is_header = self.place == Place::Header;
        is_header.then(|| (self.name.as_str(), format!("{}{}", self.before, self.value)))
    }

    /// The parameter to add to the query, when it goes there.
    pub(crate) fn as_query(&self) -> Option<(&str, &str)> {
        (self.place == Place::Query).then_some((&self.name, &self.value))
    }

    /// The parameter to add to the form, when it goes there.
    pub(crate) fn as_form(&self) -> Option<(&str, &str)> {
        (self.place == Place::Form).then_some((&self.name, &self.value))
    }

    /// Blots the value out of a text, as it is and as it looks in a URL.
    pub(crate) fn blot(&self, text: &str) -> String {
        const BLOT: &str = "[key]";
        if self.value.is_empty() {
            return text.to_owned();
        }
        let encoded: String = url::form_urlencoded::byte_serialize(self.value.as_bytes()).collect();
        text.replace(&self.value, BLOT).replace(&encoded, BLOT)
    }

    /// Blots every one of these out of a text.
    pub(crate) fn blot_all(secrets: &[Self], text: &str) -> String {
        let text = text.to_owned();
        secrets.iter().fold(text, |text, secret| secret.blot(&text))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({:?} {})", self.place, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_goes_to_its_place_and_shows_nowhere_else() {
        let secret = Secret::query("api_key", "p+q");
        assert_eq!(secret.as_query(), Some(("api_key", "p+q")));
        assert_eq!((secret.as_header(), secret.as_form()), (None, None));
        assert!(!format!("{secret:?}").contains("p+q"));
        assert_eq!(
            secret.blot("?api_key=p%2Bq and p+q"),
            "?api_key=[key] and [key]"
        );
        let header = Secret::header("authorization", "Bearer ", "t");
        assert_eq!(
            header.as_header(),
            Some(("authorization", "Bearer t".to_owned()))
        );
        assert_eq!(Secret::form("a", "").blot("as it was"), "as it was");
    }
}
