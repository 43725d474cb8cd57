use serde_json::Value;

use super::super::markup::{self, Piece, attribute};
use super::body::{Item, scalar};
use super::defect::Defect;
use super::file::{BodyKind, Decode, FieldTable, WayTable};
use super::locator::Locator;
use super::template::Template;

/// Longest value of a field, in bytes; the frontier takes no longer URL.
const LONGEST: usize = 8 * 1024;

/// Finds one field of a hit, by the ways that the file lists.
#[derive(Debug, Default)]
pub(super) struct Field {
    ways: Vec<Way>,
}

#[derive(Debug)]
struct Way {
    at: Option<Locator>,
    json: Option<String>,
    decode: Vec<Decode>,
    template: Option<(Template, Vec<(String, Locator)>)>,
    is_url: bool,
}

/// Is what a field is compiled for: where it is looked for, and whether it is a URL.
pub(super) struct Purpose<'f> {
    pub(super) kind: BodyKind,
    pub(super) groups: &'f [String],
    /// The key in the file, for messages.
    pub(super) key: &'static str,
    pub(super) is_url: bool,
}

impl Field {
    /// Compiles a field. In a text, one that the file leaves out is the group of its name, if there is one.
    pub(super) fn compile(table: Option<&FieldTable>, purpose: &Purpose) -> Result<Self, Defect> {
        let name = purpose.key.trim_start_matches("results.");
        let own = purpose.groups.iter().any(|group| group == name);
        let ways = match table {
            Some(FieldTable::One(way)) => vec![way.clone()],
            Some(FieldTable::Several(ways)) => ways.clone(),
            None if own => vec![WayTable::At(name.to_owned())],
            None => Vec::new(),
        };
        let ways = ways.iter().map(|way| Way::compile(way, purpose));
        Ok(Self {
            ways: ways.collect::<Result<_, _>>()?,
        })
    }

    /// Whether the file says how it is found.
    pub(super) fn is_told(&self) -> bool {
        !self.ways.is_empty()
    }

    /// Returns what the first way finds that finds anything.
    pub(super) fn first(&self, item: &Item) -> Option<String> {
        self.ways.iter().find_map(|way| way.find(item))
    }

    /// Returns what each way finds.
    pub(super) fn all(&self, item: &Item) -> Vec<String> {
        self.ways.iter().filter_map(|way| way.find(item)).collect()
    }
}

impl Way {
    fn compile(table: &WayTable, purpose: &Purpose) -> Result<Self, Defect> {
        let refuse = |what: String| Defect::at(purpose.key, what);
        let locate =
            |text: &str| Locator::in_item(purpose.kind, purpose.groups, text).map_err(refuse);
        let (at, json, decode, template) = match table {
            WayTable::At(at) => (Some(at), None, None, None),
            WayTable::Full(way) => (
                way.at.as_ref(),
                way.json.clone(),
                way.decode.clone(),
                way.template.as_deref(),
            ),
        };
        if json
            .as_ref()
            .is_some_and(|json| !json.is_empty() && !json.starts_with('/'))
        {
            return Err(refuse(
                "json must be a JSON pointer, such as /url".to_owned(),
            ));
        }
        let template = template
            .map(|text| -> Result<_, Defect> {
                let template = Template::read(text).map_err(refuse)?;
                let other = template.places().filter(|place| *place != "value");
                let places = other
                    .map(|place| Ok((place.to_owned(), locate(place)?)))
                    .collect::<Result<Vec<_>, Defect>>()?;
                Ok((template, places))
            })
            .transpose()?;
        let takes_value = template
            .as_ref()
            .is_none_or(|(template, _)| template.places().any(|place| place == "value"));
        match (&at, takes_value) {
            (None, true) => {
                return Err(refuse(
                    "give `at`, which says where the value is".to_owned(),
                ));
            }
            (Some(_), false) => {
                return Err(refuse(
                    "the template has no {value}: write where it goes, or take `at` away"
                        .to_owned(),
                ));
            }
            _ => {}
        }
        Ok(Self {
            at: at.map(|text| locate(text)).transpose()?,
            decode: decode.unwrap_or_else(|| usual(purpose, json.is_some())),
            json,
            template,
            is_url: purpose.is_url,
        })
    }

    fn find(&self, item: &Item) -> Option<String> {
        let own = match &self.at {
            Some(at) => Some(self.decoded(item.find(at)?)?),
            None => None,
        };
        let found = match &self.template {
            None => own?,
            Some((template, places)) => template.fill(|place| {
                if place == "value" {
                    return own.clone();
                }
                let (_, at) = places.iter().find(|(name, _)| name == place)?;
                item.find(at)
            })?,
        };
        let found = found.trim();
        (!found.is_empty() && found.len() <= LONGEST).then(|| found.to_owned())
    }

    fn decoded(&self, mut value: String) -> Option<String> {
        if let Some(pointer) = &self.json {
            let json: Value = serde_json::from_str(&value).ok()?;
            value = scalar(json.pointer(pointer)?)?;
        }
        for decode in &self.decode {
            value = match decode {
                Decode::Html if self.is_url => without_entities(&value),
                Decode::Html => markup::plain(&value)?,
                Decode::Json => serde_json::from_str(&format!("\"{value}\"")).ok()?,
                Decode::Url => percent_encoding::percent_decode_str(&value)
                    .decode_utf8()
                    .ok()?
                    .into_owned(),
            };
        }
        Some(value)
    }
}

/// What is decoded unless the file says otherwise: HTML comes decoded from its parser, a text is most likely a page's source,
/// and members of JSON are URLs as they are, and words that may hold tags and entities.
fn usual(purpose: &Purpose, is_inner_json: bool) -> Vec<Decode> {
    let is_decoded = match purpose.kind {
        BodyKind::Json => !purpose.is_url,
        BodyKind::Html => is_inner_json && !purpose.is_url,
        BodyKind::Text => true,
    };
    if is_decoded {
        vec![Decode::Html]
    } else {
        Vec::new()
    }
}

/// Decodes entities as those of an attribute, where `&copy=1` in a URL stays what it is.
fn without_entities(text: &str) -> String {
    let mut decoded = None;
    let quoted = text.replace('"', "&quot;");
    markup::walk(&format!("<i title=\"{quoted}\">"), |piece| {
        if let Piece::Start(tag) = piece {
            decoded = attribute(tag, "title").map(str::to_owned);
        }
    });
    decoded.unwrap_or_else(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Purpose = Purpose {
        kind: BodyKind::Json,
        groups: &[],
        key: "results.title",
        is_url: false,
    };
    const URL: Purpose = Purpose {
        is_url: true,
        key: "results.image",
        ..PLAIN
    };

    fn table(toml: &str) -> FieldTable {
        #[derive(serde::Deserialize)]
        struct Row {
            f: FieldTable,
        }
        toml::from_str::<Row>(&format!("f = {toml}")).unwrap().f
    }

    fn find(toml: &str, purpose: &Purpose, item: &Value) -> Option<String> {
        let field = Field::compile(Some(&table(toml)), purpose).unwrap();
        field.first(&Item::Json(item))
    }

    #[test]
    fn words_lose_tags_and_entities_and_urls_only_when_told() {
        let item = serde_json::json!({"t": "a <b>cat</b> &amp; dog", "u": "http://h/?a=1&amp;copy=2&copy=3"});
        assert_eq!(find("'/t'", &PLAIN, &item).unwrap(), "a cat & dog");
        assert_eq!(
            find("'/u'", &URL, &item).unwrap(),
            "http://h/?a=1&amp;copy=2&copy=3"
        );
        let told = find("{ at = '/u', decode = ['html'] }", &URL, &item);
        assert_eq!(told.unwrap(), "http://h/?a=1&copy=2&copy=3");
    }

    #[test]
    fn values_are_decoded_in_order_and_put_into_templates() {
        let item = serde_json::json!({
            "u": "http%3A%2F%2Fh%2Fa", "j": "{\"murl\":\"http://h/b\"}", "e": "http:\\/\\/h\\/c", "id": 7
        });
        assert_eq!(
            find("{ at = '/u', decode = ['url'] }", &URL, &item).unwrap(),
            "http://h/a"
        );
        assert_eq!(
            find("{ at = '/j', json = '/murl' }", &URL, &item).unwrap(),
            "http://h/b"
        );
        assert_eq!(
            find("{ at = '/e', decode = ['json'] }", &URL, &item).unwrap(),
            "http://h/c"
        );
        let both = "{ at = '/id', template = 'https://h/{value}/{/id}.jpg' }";
        assert_eq!(find(both, &URL, &item).unwrap(), "https://h/7/7.jpg");
        assert_eq!(find("{ template = 'CC0' }", &PLAIN, &item).unwrap(), "CC0");
        assert_eq!(find("['/none', '/id']", &PLAIN, &item).unwrap(), "7");
        assert_eq!(
            find("{ at = '/none', template = '{value}' }", &PLAIN, &item),
            None
        );
    }

    #[test]
    fn ways_that_cannot_work_are_refused_with_their_key() {
        for (toml, hint) in [
            ("'t'", "such as /t"),
            ("{ json = '/a' }", "give `at`"),
            ("{ at = '/a', template = 'x' }", "no {value}"),
            ("{ at = '/a', template = '{value' }", "without its"),
            ("{ at = '/a', json = 'b' }", "JSON pointer"),
        ] {
            let defect = Field::compile(Some(&table(toml)), &PLAIN).unwrap_err();
            let text = format!("{defect:?}");
            assert!(
                text.contains("results.title: ") && text.contains(hint),
                "{text}"
            );
        }
    }
}
