use std::time::Duration;

use serde_json::Value;
use url::Url;

use super::filter;
use super::refusal;
use super::work::hit;
use crate::CrawlError;
use crate::engine::options::{below, endpoint};
use crate::engine::{
    Answer, Ask, EngineOptions, EngineRequest, EngineState, Filters, Hit, Opening, Page, Quota,
    SearchEngine, Secret, Session, json,
};

/// Hits asked for on one page: the most that is given without an account.
const GUEST_PAGE: u32 = 20;
/// Hits asked for on one page with an account. More was given at times, this always.
const MEMBER_PAGE: u32 = 50;
/// The last page that is given.
const LAST_PAGE: u32 = 20;
/// Characters of a phrase that are searched.
const QUERY_CHARS: usize = 200;

/// What a guest was seen to be allowed.
const GUEST: [Quota; 2] = [Quota::a_minute(20), Quota::a_day(200)];
/// What an account is allowed.
const MEMBER: [Quota; 2] = [Quota::a_minute(100), Quota::a_day(10_000)];

/// A token is replaced this long before it runs out, so that none does so on its way.
const MARGIN: Duration = Duration::from_mins(1);
/// How long a token is used whose answer does not say.
const UNTOLD: Duration = Duration::from_hours(1);
/// The longest that a token is used.
const LONGEST: Duration = Duration::from_hours(24);

/// Searches the Openverse catalogue of openly licensed images.
#[derive(Debug)]
pub(in crate::engine) struct Openverse {
    endpoint: Url,
    account: Option<Account>,
    filters: Filters,
}

/// Is a registered client: its id, and its secret.
struct Account {
    id: String,
    secret: String,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Account")
    }
}

impl Openverse {
    pub(in crate::engine) fn new(options: &EngineOptions) -> Result<Self, CrawlError> {
        let endpoint = endpoint("openverse", &options.endpoints.openverse)?;
        let account = options.keys.openverse.clone();
        Ok(Self {
            endpoint,
            account: account.map(|(id, secret)| Account { id, secret }),
            filters: options.filters.clone(),
        })
    }

    /// The address that gives out tokens, beside the search.
    fn tokens(&self) -> Url {
        let search = below(&self.endpoint, "");
        let tokens = search.join("../auth_tokens/token/");
        tokens.expect("a path joins an http URL")
    }
}

impl SearchEngine for Openverse {
    fn id(&self) -> &'static str {
        "openverse"
    }

    fn endpoint(&self) -> Option<&Url> {
        Some(&self.endpoint)
    }

    fn quotas(&self) -> &[Quota] {
        match self.account {
            Some(_) => &MEMBER,
            None => &GUEST,
        }
    }

    fn page_size(&self) -> u32 {
        match self.account {
            Some(_) => MEMBER_PAGE,
            None => GUEST_PAGE,
        }
    }

    fn most_pages(&self) -> Option<u32> {
        Some(LAST_PAGE)
    }

    fn unfiltered(&self) -> Vec<&'static str> {
        filter::missing(&self.filters)
    }

    fn opening(&self, _query: &str) -> Option<Opening> {
        let Account { id, secret } = self.account.as_ref()?;
        let mut request = EngineRequest::get(self.tokens())
            .secret(Secret::form("client_id", id))
            .secret(Secret::form("client_secret", secret));
        let grant = ("grant_type".to_owned(), "client_credentials".to_owned());
        request.form = Some(vec![grant]);
        Some(Opening {
            scope: String::new(),
            request,
        })
    }

    fn open(&self, answer: &Answer) -> Result<Session, EngineState> {
        let answer = json::read(&answer.body)?;
        let token = json::text(&answer, "access_token")
            .filter(|token| token.bytes().all(|b| b.is_ascii_graphic()))
            .ok_or_else(|| EngineState::schema("no `access_token`"))?;
        let told = answer.get("expires_in").and_then(Value::as_u64);
        let lifetime = told.map_or(UNTOLD, |seconds| {
            Duration::from_secs(seconds).saturating_sub(MARGIN)
        });
        Ok(Session {
            token,
            lifetime: lifetime.min(LONGEST),
        })
    }

    fn ask(&self, query: &str, cursor: Option<&str>, token: Option<&str>) -> Ask {
        let query: String = query.chars().take(QUERY_CHARS).collect();
        let mut url = self.endpoint.clone();
        {
            let mut pairs = url.query_pairs_mut();
            pairs
                .append_pair("q", &query)
                .append_pair("page", &json::page_number(cursor).to_string())
                .append_pair("page_size", &self.page_size().to_string());
            for (name, value) in filter::narrowing(&self.filters) {
                pairs.append_pair(name, &value);
            }
            pairs.append_pair("filter_dead", "true");
        }
        let request = EngineRequest::get(url);
        Ask::Web(match token {
            Some(token) => request.secret(Secret::header("authorization", "Bearer ", token)),
            None => request,
        })
    }

    fn parse(&self, cursor: Option<&str>, answer: &Answer) -> Result<Page, EngineState> {
        let answer = json::read(&answer.body)?;
        let results = json::list(&answer, "results")?;
        if results.is_empty() {
            return Err(EngineState::Empty);
        }
        let hits: Vec<Hit> = results.iter().filter_map(hit).collect();
        if hits.is_empty() {
            return Err(EngineState::schema("no result has a `url`"));
        }
        let page = json::page_number(cursor);
        let full = results.len() >= self.page_size() as usize;
        let more = json::number(&answer, "page_count").map_or(full, |pages| page < pages);
        let next = (more && page < LAST_PAGE).then(|| (page + 1).to_string());
        Ok(Page {
            hits,
            next,
            pause: None,
        })
    }

    fn refusal(&self, answer: &Answer) -> Option<EngineState> {
        refusal::read(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &[u8] = include_bytes!("../../../fixtures/openverse/page.json");
    const LAST: &[u8] = include_bytes!("../../../fixtures/openverse/last.json");

    fn openverse(filters: Filters, is_member: bool) -> Openverse {
        let mut options = EngineOptions {
            filters,
            ..EngineOptions::default()
        };
        let account = ("client-7".to_owned(), "s3cret".to_owned());
        options.keys.openverse = is_member.then_some(account);
        Openverse::new(&options).unwrap()
    }

    fn guest() -> Openverse {
        openverse(Filters::default(), false)
    }

    fn member() -> Openverse {
        openverse(Filters::default(), true)
    }

    fn asked(engine: &Openverse, cursor: Option<&str>, token: Option<&str>) -> EngineRequest {
        match engine.ask("snowy owl", cursor, token) {
            Ask::Web(request) => request,
            Ask::Local(_) | Ask::Failed(_) => panic!("not local"),
        }
    }

    #[test]
    fn a_guest_asks_for_small_pages_and_shows_nothing() {
        let request = asked(&guest(), None, None);
        assert_eq!(
            request.url.as_str(),
            "https://api.openverse.org/v1/images/?q=snowy+owl&page=1&page_size=20\
             &extension=jpg%2Cpng&mature=false&filter_dead=true"
        );
        assert!(request.headers.is_empty() && request.secrets.is_empty());
        assert!(
            asked(&guest(), Some("7"), None)
                .url
                .query()
                .unwrap()
                .contains("&page=7&")
        );
        let Ask::Web(long) = guest().ask(&"ü".repeat(300), None, None) else {
            panic!("not local")
        };
        let (_, q) = long.url.query_pairs().next().unwrap();
        assert_eq!(q.chars().count(), 200);
        let free = Filters {
            licenses: "commercial".parse().unwrap(),
            ..Filters::default()
        };
        let narrow = asked(&openverse(free, false), None, None).url;
        assert!(
            narrow.as_str().contains("&license_type=commercial&"),
            "{narrow}"
        );
        assert_eq!(guest().opening("owl"), None);
        assert_eq!(guest().quotas(), [Quota::a_minute(20), Quota::a_day(200)]);
    }

    #[test]
    fn an_account_opens_a_session_for_every_phrase() {
        let opening = member().opening("owl").unwrap();
        assert_eq!(opening.scope, "");
        let request = opening.request;
        assert_eq!(
            request.url.as_str(),
            "https://api.openverse.org/v1/auth_tokens/token/"
        );
        let grant = ("grant_type".to_owned(), "client_credentials".to_owned());
        assert_eq!(request.form, Some(vec![grant]));
        let secrets = [
            Secret::form("client_id", "client-7"),
            Secret::form("client_secret", "s3cret"),
        ];
        assert_eq!(request.secrets, secrets);
        let page = asked(&member(), Some("2"), Some("t0ken"));
        assert!(page.url.query().unwrap().contains("&page=2&page_size=50&"));
        assert_eq!(
            page.secrets,
            [Secret::header("authorization", "Bearer ", "t0ken")]
        );
        let shown = format!("{:?} {request:?} {page:?}", member());
        assert!(
            !["client-7", "s3cret", "t0ken"]
                .iter()
                .any(|key| shown.contains(key)),
            "{shown}"
        );
        assert_eq!(
            member().quotas(),
            [Quota::a_minute(100), Quota::a_day(10_000)]
        );
    }

    #[test]
    fn tokens_are_given_out_beside_the_search_wherever_that_is() {
        for root in [
            "http://127.0.0.1:9/v1/images/",
            "http://127.0.0.1:9/v1/images",
        ] {
            let mut options = EngineOptions::default();
            options.endpoints.openverse = root.to_owned();
            let tokens = Openverse::new(&options).unwrap().tokens();
            assert_eq!(tokens.as_str(), "http://127.0.0.1:9/v1/auth_tokens/token/");
        }
    }

    #[test]
    fn a_token_is_good_for_as_long_as_told_but_a_minute() {
        let open = |body: &str| member().open(&Answer::of(body));
        let token = include_str!("../../../fixtures/openverse/token.json");
        let session = open(token).unwrap();
        assert_eq!(session.token, "example-token");
        assert_eq!(session.lifetime, Duration::from_mins(12 * 60 - 1));
        for (expires, lifetime) in [
            ("null", UNTOLD),
            ("9", Duration::ZERO),
            ("18446744073709551615", LONGEST),
        ] {
            let session = open(&token.replace("43200", expires)).unwrap();
            assert_eq!(session.lifetime, lifetime, "{expires}");
        }
        for bad in [
            "{}",
            "{\"access_token\":\"a b\"}",
            "{\"access_token\":7}",
            "[]",
            "<",
        ] {
            assert!(
                matches!(open(bad), Err(EngineState::SchemaChanged { .. })),
                "{bad}"
            );
        }
    }

    #[test]
    fn the_depth_ends_with_the_pages_and_with_the_limit() {
        let page = guest().parse(None, &Answer::of(PAGE)).unwrap();
        assert_eq!((page.hits.len(), page.next.as_deref()), (2, Some("2")));
        let next = |cursor| guest().parse(Some(cursor), &Answer::of(PAGE)).unwrap().next;
        assert_eq!(next("11").as_deref(), Some("12"));
        assert_eq!(next("12"), None, "page_count is 12");
        let endless =
            String::from_utf8_lossy(PAGE).replace("\"page_count\": 12", "\"page_count\": 999");
        let page = guest().parse(Some("20"), &Answer::of(endless)).unwrap();
        assert_eq!(page.next, None);
        let last = guest().parse(Some("12"), &Answer::of(LAST)).unwrap();
        assert_eq!((last.hits.len(), last.next), (1, None));
        let untold = String::from_utf8_lossy(LAST).replace("page_count", "pages");
        assert_eq!(guest().parse(None, &Answer::of(untold)).unwrap().next, None);
    }

    #[test]
    fn every_other_answer_has_its_state() {
        let state = |body: &[u8]| guest().parse(None, &Answer::of(body)).unwrap_err();
        assert_eq!(
            state(include_bytes!("../../../fixtures/openverse/empty.json")),
            EngineState::Empty
        );
        let changed = state(include_bytes!("../../../fixtures/openverse/changed.json"));
        assert!(matches!(changed, EngineState::SchemaChanged { .. }));
        let captcha = state(b"<html>Access Denied</html>");
        assert!(matches!(captcha, EngineState::Blocked { .. }));
    }
}
