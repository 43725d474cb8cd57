use std::time::{Instant, SystemTime};

use super::asking::PageEnd;
use super::reading::{opened, read};
use super::sessions::Sessions;
use crate::engine::{Ask, EngineRequest, EngineState, Opening, SearchEngine, Secret};
use crate::net::{Client, PageAnswer, Validators};

/// Is what an engine is asked next for the sake of a page: the page itself, or what must be opened before.
#[derive(Debug)]
pub(super) struct Question {
    request: EngineRequest,
    cursor: Option<String>,
    /// The scope of the session that is opened; `None` for the page.
    opens: Option<String>,
    /// The session under which the page is asked for.
    session: Option<u64>,
    /// The version of the page that is known.
    known: Option<Validators>,
}

impl Sessions {
    /// Says what to ask an engine for the page at a cursor, `at` being the engine's place; no local source is asked so.
    pub(super) fn question(
        &self,
        at: usize,
        engine: &dyn SearchEngine,
        query: &str,
        cursor: Option<&str>,
        now: Instant,
    ) -> Question {
        let opening = engine.opening(query);
        let session = opening
            .as_ref()
            .map(|opening| self.token(at, &opening.scope, now));
        let cursor = cursor.map(str::to_owned);
        match (opening, session) {
            (Some(Opening { scope, request }), Some(None)) => Question {
                request,
                cursor,
                opens: Some(scope),
                session: None,
                known: None,
            },
            (_, session) => {
                let (session, token) = session.flatten().unzip();
                match engine.ask(query, cursor.as_deref(), token) {
                    Ask::Web(request) => Question {
                        request,
                        cursor,
                        opens: None,
                        session,
                        known: None,
                    },
                    Ask::Local(_) | Ask::Failed(_) => {
                        unreachable!("local sources are read without a request")
                    }
                }
            }
        }
    }
}

impl Question {
    /// The session under which the page is asked for.
    pub(super) fn session(&self) -> Option<u64> {
        self.session
    }

    /// The words that would ask for the same page in a later run; `None` when it is never asked in the same words again, as under
    /// a session, or when it is no page.
    pub(super) fn lasting_words(&self) -> Option<String> {
        let request = &self.request;
        if self.opens.is_some() || self.session.is_some() || request.form.is_some() {
            return None;
        }
        let fields = request.headers.iter();
        let fields = fields.flat_map(|(name, value)| ["\n", name, ": ", value]);
        Some(
            std::iter::once(request.url.as_str())
                .chain(fields)
                .collect(),
        )
    }

    /// Asks for the page only if it is another version by now.
    pub(super) fn hold_against(&mut self, known: Option<Validators>) {
        self.known = known;
    }

    /// Drops the cookies of an engine that is opened anew for all phrases; to be called before it is sent.
    pub(super) fn forget_cookies(&self, client: &Client, engine: &str) {
        if let Some(scope) = &self.opens {
            client.forget_cookies_if(engine, scope.is_empty());
        }
    }

    /// Sends it and reads the answer.
    pub(super) async fn put(self, client: &Client, engine: &dyn SearchEngine) -> Asked {
        let request = &self.request;
        let without = |end| Asked {
            end,
            code: None,
            date: None,
        };
        let known = self.known.as_ref();
        match client.page(engine.id(), request, known).await {
            PageAnswer::Answer(answer, wait) => {
                let date = answer.header("date");
                let date = date.and_then(|date| httpdate::parse_http_date(date).ok());
                let end = match self.opens {
                    None => {
                        let cursor = self.cursor.as_deref();
                        read(engine, cursor, &answer, wait, request, known.is_some())
                    }
                    Some(scope) => opened(engine, scope, &answer, wait, request),
                };
                Asked {
                    date,
                    ..without(end)
                }
            }
            PageAnswer::State(state) => {
                without(PageEnd::State(state.without(&request.secrets), None))
            }
            PageAnswer::Unanswered {
                detail,
                code,
                is_passing,
            } => {
                let detail = Secret::blot_all(&request.secrets, &detail);
                let end = if is_passing {
                    PageEnd::Retry(detail, None)
                } else {
                    PageEnd::State(EngineState::Unreachable { detail }, None)
                };
                Asked {
                    code: Some(code),
                    ..without(end)
                }
            }
        }
    }
}

/// Is what one question brought.
pub(super) struct Asked {
    /// What it means.
    pub(super) end: PageEnd,
    /// The code of the failure where there was no answer ([`Reject::code`](crate::Reject::code)).
    pub(super) code: Option<&'static str>,
    /// What the engine's clock said.
    pub(super) date: Option<SystemTime>,
}
