use std::time::SystemTime;

use serde_json::{Map, Value};
use url::Url;

use super::reservation::{POLICY, RESERVATION, Reservation, flag};
use crate::optout::pattern::{Pattern, path_of};
use crate::optout::refusal::printable;
use crate::optout::site::{Lookup, NotYet, SiteCache, site_of};
use crate::optout::{Signal, SiteFile, Watched};

/// Bytes of a file that are read. The report sets no limit; robots.txt has the same.
const LIMIT: usize = 500 * 1024;

/// Bytes that one rule takes beyond its texts, roughly.
const OVERHEAD: usize = 96;

/// The member that says for which paths a rule holds.
const LOCATION: &str = "location";

/// What a website's `/.well-known/tdmrep.json` says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TdmFile {
    rules: Vec<TdmRule>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct TdmRule {
    location: Pattern,
    reserved: bool,
    policy: Option<String>,
}

impl TdmFile {
    /// Reads a file; one that is no JSON, too large or of another form says nothing, and so does such a rule.
    ///
    /// Where the report is broken often and in one sense only, the sense is taken: a single rule without its
    /// brackets, and `"1"` or `true` for `1`.
    #[must_use]
    pub fn parse(body: &[u8]) -> Self {
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        if body.len() > LIMIT {
            return Self::default();
        }
        let rules = match serde_json::from_slice(body) {
            Ok(Value::Array(rules)) => rules.iter().filter_map(TdmRule::read).collect(),
            Ok(rule) => TdmRule::read(&rule).into_iter().collect(),
            Err(_) => Vec::new(),
        };
        Self { rules }
    }

    /// Returns what the file says of a URL; `None` when it says nothing.
    ///
    /// The report (section "TDM File on the Origin Server") calls the first rule that matches the most specific.
    #[must_use]
    pub fn reservation(&self, url: &Url) -> Option<Reservation> {
        let path = path_of(url);
        let rule = self
            .rules
            .iter()
            .find(|rule| rule.location.matches(&path))?;
        let location = format!(", {LOCATION}: {}", rule.location.text());
        let policy = rule.policy.as_deref();
        let policy = policy.map_or_else(String::new, |p| format!(", {POLICY}: {p}"));
        let rest = location + &policy;
        Some(Reservation::new(Signal::TdmFile, rule.reserved, &rest))
    }
}

impl TdmRule {
    fn read(rule: &Value) -> Option<Self> {
        let rule = rule.as_object()?;
        let reserved = match rule.get(RESERVATION)? {
            Value::Bool(reserved) => *reserved,
            Value::String(text) => flag(text.trim().as_bytes())?,
            Value::Number(number) => match number.as_f64()? {
                1.0 => true,
                0.0 => false,
                _ => return None,
            },
            _ => return None,
        };
        let location = rule.get(LOCATION)?.as_str()?.trim();
        let policy = rule.get(POLICY).and_then(Value::as_str);
        Some(Self {
            location: Pattern::parse(location.as_bytes())?,
            reserved,
            policy: policy.map(|text| printable(text.as_bytes())),
        })
    }

    fn write(&self) -> Value {
        let mut rule = Map::new();
        rule.insert(LOCATION.to_owned(), self.location.text().into());
        rule.insert(RESERVATION.to_owned(), u8::from(self.reserved).into());
        if let Some(policy) = &self.policy {
            rule.insert(POLICY.to_owned(), policy.as_str().into());
        }
        Value::Object(rule)
    }
}

impl SiteFile for TdmFile {
    const PATH: &'static str = "/.well-known/tdmrep.json";
    const READ: usize = LIMIT + 1;

    fn condense(body: &[u8], _watched: &Watched) -> Vec<u8> {
        let rules = Self::parse(body).rules;
        if rules.is_empty() {
            return Vec::new();
        }
        let rules: Vec<Value> = rules.iter().map(TdmRule::write).collect();
        Value::Array(rules).to_string().into_bytes()
    }

    fn read(condensed: &[u8], _watched: &Watched) -> Self {
        Self::parse(condensed)
    }

    fn weight(&self) -> usize {
        let texts = |rule: &TdmRule| {
            rule.location.text().len() + rule.policy.as_ref().map_or(0, String::len)
        };
        self.rules.iter().map(|rule| texts(rule) + OVERHEAD).sum()
    }
}

/// Remembers what the `TDMRep` file of many websites says.
pub type TdmCache = SiteCache<TdmFile>;

/// Says what a website's `TDMRep` file has to say of a URL, as far as is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TdmAnswer {
    /// What it says; `None` when it says nothing, or there is none.
    Known(Option<Reservation>),
    /// The file is not known at this moment.
    NotYet(NotYet),
}

impl SiteCache<TdmFile> {
    /// Says what the file of a URL's website says of it.
    ///
    /// A file that cannot be reached counts as none until it is fetched again: the report takes failure to
    /// provide it as not taking part. Asking while the policy has tdmrep off is of no use.
    pub fn reservation(&mut self, url: &Url, now: SystemTime) -> TdmAnswer {
        let Some(site) = site_of(url) else {
            return TdmAnswer::Known(None);
        };
        match self.lookup(&site, now) {
            Lookup::Absent => TdmAnswer::NotYet(NotYet::Fetch),
            Lookup::Fetching { until } => TdmAnswer::NotYet(NotYet::Wait { until }),
            Lookup::Unreachable { .. } => TdmAnswer::Known(None),
            Lookup::Known(file) => TdmAnswer::Known(file.reservation(url)),
        }
    }
}

#[cfg(test)]
mod tests;
