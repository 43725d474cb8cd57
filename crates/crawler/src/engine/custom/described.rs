use std::path::Path;
use std::time::Duration;

use regex::Regex;
use url::Url;

use super::super::{Answer, Ask, EngineOptions, EngineState, Page, Quota, SearchEngine, Standing};
use super::body::Document;
use super::defect::Defect;
use super::file::{BodyKind, File, LimitsTable};
use super::filters::Narrowed;
use super::locator::regex;
use super::paging::Paging;
use super::request::Request;
use super::results::Results;
use super::signs::Signs;
use crate::CrawlError;

/// Searches a site as a file describes it.
#[derive(Debug)]
pub(in super::super) struct Custom {
    id: String,
    body: BodyKind,
    within: Option<Regex>,
    request: Request,
    paging: Paging,
    results: Results,
    signs: Signs,
    quotas: Vec<Quota>,
    narrowed: Narrowed,
}

impl Custom {
    /// Reads the file; `id` is what the person wrote.
    ///
    /// # Errors
    ///
    /// [`CrawlError::EngineFile`] for the file's first defect.
    pub(in super::super) fn read(
        id: String,
        path: &Path,
        options: &EngineOptions,
    ) -> Result<Self, CrawlError> {
        let file = File::read(path)?;
        Self::compile(id, &file, options).map_err(|defect| defect.of(path))
    }

    fn compile(id: String, file: &File, options: &EngineOptions) -> Result<Self, Defect> {
        if file.name.trim().is_empty() {
            return Err(Defect::at("name", "is empty: name the site"));
        }
        let within = file.within.as_ref().map(|text| within(text)).transpose()?;
        Ok(Self {
            id,
            body: file.body,
            within,
            request: Request::compile(file, &options.keys)?,
            paging: Paging::compile(&file.paging, file.body)?,
            results: Results::compile(&file.results, file.body)?,
            signs: Signs::compile(&file.states, file.body)?,
            quotas: quotas(&file.limits)?,
            narrowed: Narrowed::compile(&file.filters, &options.filters)?,
        })
    }

    fn document(&self, answer: &Answer) -> Result<Document, EngineState> {
        Document::read(self.body, self.within.as_ref(), &answer.body)
    }

    /// Returns what the links of a page are relative to.
    fn base(&self, answer: &Answer, document: &Document) -> Url {
        let page = answer
            .url
            .as_ref()
            .unwrap_or_else(|| self.request.endpoint());
        let base = document.base().and_then(|base| page.join(&base).ok());
        base.unwrap_or_else(|| page.clone())
    }
}

impl SearchEngine for Custom {
    fn id(&self) -> &str {
        &self.id
    }

    fn endpoint(&self) -> Option<&Url> {
        Some(self.request.endpoint())
    }

    fn standing(&self) -> Standing {
        Standing::Custom
    }

    fn quotas(&self) -> &[Quota] {
        &self.quotas
    }

    fn reading(&self) -> String {
        // Everything that was compiled from the file; keys show themselves nowhere.
        format!(
            "{:?} {:?} {:?} {:?} {:?}",
            self.body, self.within, self.paging, self.results, self.signs
        )
    }

    fn page_size(&self) -> u32 {
        self.paging.page_size()
    }

    fn most_pages(&self) -> Option<u32> {
        self.paging.most_pages()
    }

    fn unfiltered(&self) -> Vec<&'static str> {
        self.narrowed.missed.clone()
    }

    fn ask(&self, query: &str, cursor: Option<&str>, _token: Option<&str>) -> Ask {
        if let Some(address) = self.paging.address(cursor) {
            return Ask::Web(self.request.follow(address));
        }
        let places = self.paging.places(query, cursor);
        Ask::Web(self.request.build(places, &self.narrowed.params))
    }

    fn parse(&self, cursor: Option<&str>, answer: &Answer) -> Result<Page, EngineState> {
        let document = self.document(answer);
        if let Some(state) = self.signs.read(answer, document.as_ref().ok()) {
            return Err(state);
        }
        let document = document?;
        let base = self.base(answer, &document);
        let hits = self.results.read(&document, &base, &self.request)?;
        if hits.is_empty() {
            return Err(self.nothing(answer));
        }
        let next = self.paging.next(cursor, &document, &base, &self.request)?;
        Ok(Page {
            hits,
            next,
            pause: None,
        })
    }

    fn refusal(&self, answer: &Answer) -> Option<EngineState> {
        self.signs.read(answer, self.document(answer).ok().as_ref())
    }
}

impl Custom {
    /// Says what a page without items is: a list that is empty says so, a page of HTML or text without any may be anything.
    fn nothing(&self, answer: &Answer) -> EngineState {
        if self.body == BodyKind::Json {
            return EngineState::Empty;
        }
        match EngineState::challenge(&answer.body) {
            Some(challenge) => challenge,
            None if self.signs.tell_empty() => {
                EngineState::schema("no result, and none of the signs of states.empty")
            }
            None => EngineState::Empty,
        }
    }
}

fn within(text: &str) -> Result<Regex, Defect> {
    let refuse = |what: String| Defect::at("within", what);
    let regex = regex(text).map_err(refuse)?;
    if regex.captures_len() < 2 {
        return Err(refuse(
            "put the part that counts into a group, such as data = (\\{.*\\});".to_owned(),
        ));
    }
    Ok(regex)
}

fn quotas(table: &LimitsTable) -> Result<Vec<Quota>, Defect> {
    let mut quotas = Vec::new();
    for (key, requests, quota) in [
        (
            "per_minute",
            table.per_minute,
            Quota::a_minute as fn(u32) -> Quota,
        ),
        ("per_hour", table.per_hour, Quota::an_hour),
        ("per_day", table.per_day, Quota::a_day),
    ] {
        match requests {
            Some(0) => {
                return Err(Defect::at(&format!("limits.{key}"), "must be at least 1"));
            }
            Some(requests) => quotas.push(quota(requests)),
            None => {}
        }
    }
    if let Some(seconds) = table.interval_seconds {
        // Quotas over ten minutes are counted, shorter ones spaced.
        let is_fit = (0.001..=600.0).contains(&seconds);
        let window = Duration::try_from_secs_f64(seconds).ok().filter(|_| is_fit);
        let window = window.ok_or_else(|| {
            Defect::at(
                "limits.interval_seconds",
                "must be from 0.001 to 600; for longer pauses use per_hour or per_day",
            )
        })?;
        quotas.push(Quota {
            requests: 1,
            window,
        });
    }
    Ok(quotas)
}
