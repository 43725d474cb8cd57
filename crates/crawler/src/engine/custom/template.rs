/// Is a text with places in braces, such as `https://cdn.example/{value}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Place(String),
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    ///
    /// Says which brace has no partner.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, from) = rest.split_at(at);
            let Some(inner) = from.strip_prefix('{') else {
                return Err(format!("`{text}` has a `}}` without its `{{`: write both"));
            };
            let Some((place, after)) = inner.split_once('}') else {
                return Err(format!("`{text}` has a `{{` without its `}}`: write both"));
            };
            if place.is_empty() || place.contains('{') {
                return Err(format!(
                    "`{text}` has a place without a name: write it into the braces"
                ));
            }
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            pieces.push(Piece::Place(place.to_owned()));
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Self { pieces })
    }

    /// Returns the names of its places.
    pub(super) fn places(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Place(name) => Some(name.as_str()),
            Piece::Text(_) => None,
        })
    }

    /// Writes the text with its places filled in; `None` when one of them has nothing.
    pub(super) fn fill(&self, mut value: impl FnMut(&str) -> Option<String>) -> Option<String> {
        let mut filled = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Place(name) => filled.push_str(&value(name)?),
            }
        }
        Some(filled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_and_the_rest_stays() {
        let template = Template::read("a/{x}/b?{y}={x}").unwrap();
        assert_eq!(template.places().collect::<Vec<_>>(), ["x", "y", "x"]);
        let filled = template.fill(|name| Some(format!("<{name}>")));
        assert_eq!(filled.as_deref(), Some("a/<x>/b?<y>=<x>"));
        assert_eq!(template.fill(|name| (name == "x").then(String::new)), None);
        let plain = Template::read("plain").unwrap();
        assert_eq!(plain.fill(|_| None).as_deref(), Some("plain"));
    }

    #[test]
    fn lonely_braces_are_refused() {
        for text in ["a{b", "a}b", "{}", "{a{b}}"] {
            assert!(Template::read(text).is_err(), "{text}");
        }
    }
}
