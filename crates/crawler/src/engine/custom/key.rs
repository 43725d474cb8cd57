use std::fmt;

use reqwest::header::{HeaderName, HeaderValue};
use url::{Host, Url};

use super::super::{Keys, Secret};
use super::defect::Defect;
use super::file::KeyTable;

/// Shortest key that is looked for in what the site says; a shorter one would be found by chance.
const TELLING: usize = 8;

/// Is the key of a site and where it goes.
pub(super) struct Key {
    /// The parameter's name, when it goes there.
    param: Option<String>,
    secret: Secret,
    value: String,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Key").field(&self.secret).finish()
    }
}

impl Key {
    /// Takes the key that the table `key` asks for out of those that were given.
    ///
    /// # Errors
    ///
    /// A [`Defect`] for a table that cannot be, for a key that was not given, and for an endpoint to which it would go in the open.
    pub(super) fn take(table: &KeyTable, keys: &Keys, endpoint: &Url) -> Result<Self, Defect> {
        table.check()?;
        if endpoint.scheme() != "https" && !is_loopback(endpoint) {
            let what = "a key is sent to https only: use an https address";
            return Err(Defect::at("endpoint", what));
        }
        let given = keys.custom.get(&table.variable);
        let Some(value) = given.filter(|value| !value.is_empty()) else {
            let from = table.from.as_ref();
            let from = from.map_or(String::new(), |from| format!("get one at {from} and "));
            let what = format!(
                "{} is not set: {from}set it in the environment",
                table.variable
            );
            return Err(Defect::at("key.variable", what));
        };
        let secret = match (&table.param, &table.header) {
            (Some(param), _) => Secret::query(param, value),
            (None, Some(header)) => {
                HeaderName::from_bytes(header.as_bytes()).map_err(|_| {
                    let what = "no header field can be called so: use letters, digits and -";
                    Defect::at("key.header", what)
                })?;
                HeaderValue::from_str(&format!("{}{value}", table.prefix)).map_err(|_| {
                    let what = "the prefix or what the variable has is no visible ASCII: mend it";
                    Defect::at("key", what)
                })?;
                Secret::header(&header.to_ascii_lowercase(), &table.prefix, value)
            }
            (None, None) => unreachable!("the table was checked"),
        };
        Ok(Self {
            param: table.param.clone(),
            secret,
            value: value.clone(),
        })
    }

    pub(super) fn secret(&self) -> Secret {
        self.secret.clone()
    }

    /// Takes the key's parameter out of an address.
    pub(super) fn taken_out(&self, mut url: Url) -> Url {
        let Some(param) = &self.param else {
            return url;
        };
        if !url.query_pairs().any(|(name, _)| name == *param) {
            return url;
        }
        let others = url.query_pairs().filter(|(name, _)| name != param);
        let others: Vec<_> = others
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        url.set_query(None);
        if !others.is_empty() {
            url.query_pairs_mut().extend_pairs(others);
        }
        url
    }

    /// Whether a text shows the key, as it is or as it looks in a URL.
    pub(super) fn is_shown_in(&self, text: &str) -> bool {
        self.value.len() >= TELLING && self.secret.blot(text) != text
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}
