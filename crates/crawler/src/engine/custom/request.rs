use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{HeaderName, HeaderValue};
use url::Url;

use super::super::options::below;
use super::super::{EngineRequest, Keys};
use super::defect::Defect;
use super::file::{File, PagingKind};
use super::key::Key;
use super::template::Template;

/// What is written as it is in a component of a URL: RFC 3986, section 2.3.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Header fields that are not a file's to set, and why.
const RESERVED: [(&str, &str); 9] = [
    ("user-agent", "trawl says itself who it is"),
    (
        "authorization",
        "keys go into [key], so that they are in no file",
    ),
    ("cookie", "trawl keeps cookies itself"),
    ("host", "it follows from the endpoint"),
    ("accept-encoding", "trawl says itself what it can decode"),
    ("connection", "it is the connection's own"),
    ("content-length", "nothing is posted"),
    ("content-type", "nothing is posted"),
    ("transfer-encoding", "nothing is posted"),
];

/// Is what the file says of the request for a page.
#[derive(Debug)]
pub(super) struct Request {
    endpoint: Url,
    path: Template,
    query: Option<Template>,
    params: Vec<(String, Template)>,
    headers: Vec<(String, String)>,
    key: Option<Key>,
}

/// Is what stands in the places of a request.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Places<'a> {
    pub(super) query: &'a str,
    pub(super) number: u32,
    pub(super) cursor: &'a str,
    pub(super) page_size: u32,
}

impl Places<'_> {
    fn value(&self, place: &str) -> Option<String> {
        Some(match place {
            "query" => self.query.to_owned(),
            "page" | "offset" => self.number.to_string(),
            "cursor" => self.cursor.to_owned(),
            "page_size" => self.page_size.to_string(),
            _ => return None,
        })
    }
}

impl Request {
    /// Compiles the request of a file, with the key that was given for it.
    ///
    /// # Errors
    ///
    /// The first [`Defect`] of the tables `request` and `key`, or of the endpoint.
    pub(super) fn compile(file: &File, keys: &Keys) -> Result<Self, Defect> {
        let endpoint = endpoint(&file.endpoint)?;
        let table = &file.request;
        let at_url = |what: String| Defect::at("request.url", what);
        if table.url.contains('#') || table.url.contains("://") {
            return Err(at_url(format!(
                "`{}` must be what follows the endpoint, such as search?q={{query}}",
                table.url
            )));
        }
        let (path, query) = match table.url.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (table.url.as_str(), None),
        };
        let read = |text: &str| Template::read(text).map_err(at_url);
        let path = read(path.trim_start_matches('/'))?;
        let query = query.map(read).transpose()?;
        let params = table
            .params
            .iter()
            .map(|(name, text)| {
                let key = format!("request.params.{name}");
                let template = Template::read(text).map_err(|what| Defect::at(&key, what))?;
                Ok((name.clone(), template))
            })
            .collect::<Result<Vec<_>, Defect>>()?;
        let request = Self {
            headers: headers(file)?,
            key: file
                .key
                .as_ref()
                .map(|key| Key::take(key, keys, &endpoint))
                .transpose()?,
            endpoint,
            path,
            query,
            params,
        };
        request.check_places(file)?;
        Ok(request)
    }

    /// Sees that every place is known, and that the phrase and the position go somewhere.
    fn check_places(&self, file: &File) -> Result<(), Defect> {
        let params = self.params.iter().map(|(_, template)| template);
        let all: Vec<&str> = [&self.path]
            .into_iter()
            .chain(&self.query)
            .chain(params)
            .flat_map(Template::places)
            .collect();
        let position = match file.paging.by {
            PagingKind::None => None,
            PagingKind::Page => Some("page"),
            PagingKind::Offset => Some("offset"),
            PagingKind::Cursor => Some("cursor"),
        };
        let known = |place: &str| matches!(place, "query" | "page_size") || Some(place) == position;
        if let Some(place) = all.iter().find(|place| !known(place)) {
            let also = position.map_or(String::new(), |position| format!(" {{{position}}}"));
            return Err(Defect::at(
                "request",
                format!(
                    "{{{place}}} is not known here: use {{query}} {{page_size}}{also}, and for another position change paging.by"
                ),
            ));
        }
        if !all.contains(&"query") {
            return Err(Defect::at(
                "request",
                "the phrase goes nowhere: put {query} into url or params",
            ));
        }
        if all.contains(&"page_size") && file.paging.page_size.is_none() {
            return Err(Defect::at(
                "paging.page_size",
                "{page_size} is in the request: say how many results a page has",
            ));
        }
        let follows = file.paging.next_url.is_some();
        match position {
            Some(position) if !follows && !all.contains(&position) => Err(Defect::at(
                "request",
                format!("every page would be the first: put {{{position}}} into url or params"),
            )),
            _ => Ok(()),
        }
    }

    /// Returns the address that the file names.
    pub(super) fn endpoint(&self) -> &Url {
        &self.endpoint
    }

    /// Builds the request for a page from what stands in its places; `more` are further parameters.
    pub(super) fn build(&self, places: Places, more: &[(String, String)]) -> EngineRequest {
        let encoded = |place: &str| {
            let value = places.value(place)?;
            Some(utf8_percent_encode(&value, COMPONENT).to_string())
        };
        let checked = "places were checked when the file was read";
        let mut url = below(&self.endpoint, &self.path.fill(encoded).expect(checked));
        if let Some(query) = &self.query {
            url.set_query(Some(&query.fill(encoded).expect(checked)));
        }
        let params = self.params.iter().filter_map(|(name, template)| {
            let value = template.fill(|place| places.value(place)).expect(checked);
            // The first page has no cursor yet, and an empty parameter may mean something else than none.
            let is_absent = value.is_empty() && template.places().next().is_some();
            (!is_absent).then(|| (name.clone(), value))
        });
        let params: Vec<_> = params.chain(more.iter().cloned()).collect();
        if !params.is_empty() {
            url.query_pairs_mut().extend_pairs(params);
        }
        self.dress(url)
    }

    /// Builds the request for an address that the site gave for the page, kept as path and query.
    pub(super) fn follow(&self, address: &str) -> EngineRequest {
        let mut url = self.endpoint.clone();
        let (path, query) = match address.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (address, None),
        };
        url.set_path(path);
        url.set_query(query);
        self.dress(url)
    }

    fn dress(&self, url: Url) -> EngineRequest {
        let mut request = EngineRequest::get(url);
        request.headers.clone_from(&self.headers);
        match &self.key {
            Some(key) => request.secret(key.secret()),
            None => request,
        }
    }

    /// Takes the key's parameter out of an address that the site gave.
    pub(super) fn without_key(&self, url: Url) -> Url {
        match &self.key {
            Some(key) => key.taken_out(url),
            None => url,
        }
    }

    /// Whether a text of the site shows the key, and must not be recorded.
    pub(super) fn shows_key(&self, text: &str) -> bool {
        self.key.as_ref().is_some_and(|key| key.is_shown_in(text))
    }
}

fn endpoint(text: &str) -> Result<Url, Defect> {
    let refuse = |what: String| Defect::at("endpoint", what);
    let url = Url::parse(text).map_err(|e| {
        refuse(format!(
            "`{text}` is no URL ({e}): write it whole, such as https://api.example.org/"
        ))
    })?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refuse(format!("`{text}`: only http and https are asked")));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refuse(format!(
            "`{text}`: put what follows the path into request.url or request.params"
        )));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse(
            "a name or password in it would be recorded: use [key]".to_owned(),
        ));
    }
    Ok(url)
}

fn headers(file: &File) -> Result<Vec<(String, String)>, Defect> {
    let mut headers = Vec::new();
    for (name, value) in &file.request.headers {
        let refuse = |what: &str| Defect::at(&format!("request.headers.{name}"), what);
        let lower = name.to_ascii_lowercase();
        if let Some((_, why)) = RESERVED.iter().find(|(reserved, _)| *reserved == lower) {
            return Err(refuse(&format!("cannot be set: {why}")));
        }
        HeaderName::from_bytes(lower.as_bytes())
            .map_err(|_| refuse("no header field can be called so: use letters, digits and -"))?;
        HeaderValue::from_str(value)
            .map_err(|_| refuse("its value must be one line of visible ASCII"))?;
        headers.push((lower, value.clone()));
    }
    Ok(headers)
}
