use std::cell::RefCell;
use std::fmt::Display;
use std::str::FromStr;

use url::Url;

use crate::testing::Seen;

/// Header fields that any client may send.
const USUAL: [&str; 8] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "connection",
    "cookie",
    "host",
    "referer",
    "user-agent",
];

/// Is a request as a stand-in reads it, and what is wrong with it.
pub(super) struct Asked {
    pub(super) path: String,
    params: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    complaints: RefCell<Vec<String>>,
}

impl Asked {
    pub(super) fn read(seen: &Seen) -> Self {
        let url = Url::parse(&format!("http://stand-in{}", seen.path)).unwrap();
        let lines = seen.head.lines().skip(1);
        let headers = lines.filter_map(|line| {
            let (name, value) = line.split_once(": ")?;
            Some((name.to_ascii_lowercase(), value.to_owned()))
        });
        let asked = Self {
            path: url.path().to_owned(),
            params: url.query_pairs().into_owned().collect(),
            headers: headers.collect(),
            complaints: RefCell::default(),
        };
        if !seen.head.starts_with("GET ") {
            asked.complain("not a GET");
        }
        asked
    }

    pub(super) fn complain(&self, what: impl Display) {
        self.complaints.borrow_mut().push(what.to_string());
    }

    pub(super) fn complaints(&self) -> Vec<String> {
        self.complaints.borrow().clone()
    }

    /// The scheme and host that were asked.
    pub(super) fn root(&self) -> String {
        format!("http://{}", self.header("host").unwrap_or_default())
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut fields = self.headers.iter();
        fields
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    pub(super) fn param(&self, name: &str) -> Option<&str> {
        let mut params = self.params.iter();
        params
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Complains of header fields beyond the usual ones and these.
    pub(super) fn headers_at_most(&self, more: &[&str]) {
        for (name, _) in &self.headers {
            if !USUAL.contains(&name.as_str()) && !more.contains(&name.as_str()) {
                self.complain(format!("header field {name}"));
            }
        }
    }

    /// Complains of a field that is absent or of which this does not hold.
    pub(super) fn header_holds(&self, name: &str, holds: impl Fn(&str) -> bool) {
        match self.header(name) {
            Some(value) if holds(value) => {}
            other => self.complain(format!("header field {name} is {other:?}")),
        }
    }

    /// Complains of parameters that are not among these, and of any that comes twice.
    pub(super) fn params_at_most(&self, known: &[&str]) {
        for (at, (name, _)) in self.params.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                self.complain(format!("parameter {name}"));
            }
            if self.params[..at].iter().any(|(earlier, _)| earlier == name) {
                self.complain(format!("parameter {name} twice"));
            }
        }
    }

    /// Complains of a parameter that is absent or another.
    pub(super) fn is(&self, name: &str, value: &str) {
        if self.param(name) != Some(value) {
            self.complain(format!(
                "parameter {name} is {:?}, not {value}",
                self.param(name)
            ));
        }
    }

    /// Complains of a parameter that is there and of which this does not hold.
    pub(super) fn if_there(&self, name: &str, holds: impl Fn(&str) -> bool) {
        if let Some(value) = self.param(name).filter(|value| !holds(value)) {
            self.complain(format!("parameter {name} is {value}"));
        }
    }

    /// Returns a parameter that is a number; complains of one that is absent or none.
    pub(super) fn number(&self, name: &str) -> usize {
        self.number_or(name, None)
    }

    /// Returns a parameter that is a number, or the other one when it is absent.
    pub(super) fn number_or(&self, name: &str, other: Option<usize>) -> usize {
        let text = self.param(name);
        let number = text.map(usize::from_str);
        match (number, other) {
            (Some(Ok(number)), _) | (None, Some(number)) => number,
            _ => {
                self.complain(format!("parameter {name} is {text:?}, no number"));
                0
            }
        }
    }
}
