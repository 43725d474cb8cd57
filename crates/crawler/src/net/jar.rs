use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use cookie_store::{CookieStore, RawCookie};
use reqwest::header::{HeaderMap, HeaderValue, SET_COOKIE};
use url::Url;

/// Most bytes of cookies that go with one request; servers refuse headers much larger than this.
const LONGEST: usize = 8 * 1024;

/// Keeps the cookies of each engine apart and in memory only. Image hosts neither get nor leave any.
#[derive(Debug, Default)]
pub(super) struct Jars {
    by_engine: Mutex<HashMap<String, CookieStore>>,
}

impl Jars {
    /// Takes the cookies that an answer sets.
    pub(super) fn keep(&self, engine: &str, url: &Url, headers: &HeaderMap) {
        let set: Vec<RawCookie<'static>> = headers
            .get_all(SET_COOKIE)
            .iter()
            .filter_map(|value| RawCookie::parse(value.to_str().ok()?.to_owned()).ok())
            .collect();
        if set.is_empty() {
            return;
        }
        let mut jars = self
            .by_engine
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let jar = jars.entry(engine.to_owned()).or_default();
        jar.store_response_cookies(set.into_iter(), url);
    }

    /// Writes the cookies that belong to a URL; `None` when there are none.
    pub(super) fn cookies(&self, engine: &str, url: &Url) -> Option<HeaderValue> {
        let jars = self
            .by_engine
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        for (name, value) in jars.get(engine)?.get_request_values(url) {
            if text.len() + name.len() + value.len() > LONGEST {
                break;
            }
            if !text.is_empty() {
                text.push_str("; ");
            }
            text.extend([name, "=", value]);
        }
        let value = HeaderValue::from_str(&text).ok();
        value.filter(|value| !value.is_empty())
    }

    /// Throws the cookies of an engine away.
    pub(super) fn empty(&self, engine: &str) {
        let mut jars = self
            .by_engine
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        jars.remove(engine);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.append(SET_COOKIE, value.parse().unwrap());
        headers
    }

    #[test]
    fn cookies_go_back_to_whom_they_belong_and_to_no_other_engine() {
        let jars = Jars::default();
        let url = |text: &str| Url::parse(text).unwrap();
        let home = url("https://image.engine.example/");
        jars.keep("a", &home, &set("id=7; Path=/"));
        jars.keep("a", &home, &set("deep=1; Path=/search"));
        let cookies = |engine: &str, at: &str| {
            let value = jars.cookies(engine, &url(at))?;
            Some(value.to_str().unwrap().to_owned())
        };
        assert_eq!(
            cookies("a", "https://image.engine.example/x").as_deref(),
            Some("id=7")
        );
        let both = cookies("a", "https://image.engine.example/search/q").unwrap();
        assert!(both.contains("id=7") && both.contains("deep=1"), "{both}");
        assert_eq!(cookies("a", "https://other.example/"), None);
        assert_eq!(cookies("b", "https://image.engine.example/"), None);
        jars.empty("a");
        assert_eq!(cookies("a", "https://image.engine.example/"), None);
    }

    #[test]
    fn a_flood_of_cookies_is_cut() {
        let jars = Jars::default();
        let url = Url::parse("https://e.example/").unwrap();
        for n in 0..40 {
            jars.keep("a", &url, &set(&format!("c{n}={}", "x".repeat(1_000))));
        }
        assert!(jars.cookies("a", &url).unwrap().len() <= LONGEST + 40);
    }
}
