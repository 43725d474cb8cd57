use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::asked::Asked;
use crate::testing::{Reply, Seen, Server, answer, ok};
use crate::{EngineOptions, EngineSpec};

/// The key of every engine that wants one.
pub(super) const KEY: &str = "k3y-0123456789-abcdef";

/// The phrase that every stand-in is asked for.
pub(super) const PHRASE: &str = "caf\u{e9} & \u{732b}";

/// What may stand after the address of an image.
pub(super) const QUERY: &str = "a=1&b=2";

/// Is what an engine's endpoint is known to do.
pub(super) trait Rules: Send + Sync + 'static {
    fn spec(&self) -> EngineSpec;

    /// The options that ask the stand-in instead of the engine.
    fn options(&self, root: &str) -> EngineOptions;

    /// Images that it finds.
    fn total(&self) -> usize;

    /// Images on a full page.
    fn page_size(&self) -> usize;

    /// Judges a request, and says which image the page that it asks for begins with.
    fn route(&self, asked: &Asked) -> Route;

    /// Writes the page of these images, of which the first is the `from`th.
    fn page(&self, asked: &Asked, items: &[Item], from: usize) -> Reply;

    /// Refuses.
    fn blocked(&self) -> Reply;

    /// Says something new.
    fn changed(&self) -> Reply;

    /// Whether it must be opened before, so that a refusal may be tried with another session.
    fn has_sessions(&self) -> bool {
        false
    }
}

/// Is what a request asks for.
pub(super) enum Route {
    /// The page from this image on.
    Page(usize),
    /// Something before it.
    Before(Reply),
}

/// Is what a stand-in does at one page instead of giving it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    Blocked,
    Empty,
    /// Once, with a pause of a second; then it gives the page.
    Limited,
    Changed,
}

/// Is one image of a stand-in.
pub(super) struct Item {
    pub(super) number: usize,
    pub(super) image: String,
    pub(super) thumb: String,
    pub(super) landing: String,
}

/// Whether the image itself is not there, so that only its thumbnail can be had.
pub(super) fn is_gone(number: usize) -> bool {
    number % 7 == 3
}

/// Is a running stand-in with its images.
pub(super) struct Site {
    pub(super) server: Server,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    complaints: Mutex<Vec<String>>,
    /// How often each page was asked for.
    pages: Mutex<BTreeMap<usize, usize>>,
}

impl Site {
    /// Starts one that has trouble at a page, counted from 0.
    pub(super) async fn start<R: Rules>(rules: Arc<R>, trouble: Option<(Trouble, usize)>) -> Self {
        let shared = Arc::<Shared>::default();
        let log = Arc::clone(&shared);
        let server = Server::start_seeing(move |seen, _| {
            (Duration::ZERO, serve(&*rules, trouble, &log, seen))
        })
        .await;
        Self { server, shared }
    }

    /// The first complaints; more of them say the same.
    pub(super) fn complaints(&self) -> Vec<String> {
        let all = self.shared.complaints.lock().unwrap();
        all.iter().take(8).cloned().collect()
    }

    /// How often each page was asked for, from the first on.
    pub(super) fn pages(&self) -> Vec<usize> {
        let pages = self.shared.pages.lock().unwrap();
        let last = pages.keys().next_back().map_or(0, |last| last + 1);
        (0..last)
            .map(|page| pages.get(&page).copied().unwrap_or(0))
            .collect()
    }
}

fn serve<R: Rules>(
    rules: &R,
    trouble: Option<(Trouble, usize)>,
    shared: &Shared,
    seen: &Seen,
) -> Reply {
    if let Some(reply) = image(&seen.path) {
        return reply;
    }
    let asked = Asked::read(seen);
    let route = rules.route(&asked);
    let complaints = asked.complaints();
    if !complaints.is_empty() {
        let mut all = shared.complaints.lock().unwrap();
        all.extend(
            complaints
                .iter()
                .map(|what| format!("{what}: {}", seen.path)),
        );
        return answer("400 Bad Request", "", complaints.join("\n").as_bytes());
    }
    let from = match route {
        Route::Before(reply) => return reply,
        Route::Page(from) => from,
    };
    // What lies behind the last image is another page, however few images the last one has.
    let page = from.div_ceil(rules.page_size());
    let before = {
        let mut pages = shared.pages.lock().unwrap();
        let count = pages.entry(page).or_default();
        *count += 1;
        *count - 1
    };
    let to = rules.total().min(from + rules.page_size());
    let items: Vec<Item> = (from..to.max(from))
        .map(|number| item(&asked.root(), number))
        .collect();
    match trouble.filter(|(_, at)| *at == page) {
        Some((Trouble::Blocked, _)) => rules.blocked(),
        Some((Trouble::Changed, _)) => rules.changed(),
        Some((Trouble::Empty, _)) => rules.page(&asked, &[], from),
        Some((Trouble::Limited, _)) if before == 0 => {
            answer("429 Too Many Requests", "Retry-After: 1\r\n", b"slower")
        }
        _ => rules.page(&asked, &items, from),
    }
}

fn item(root: &str, number: usize) -> Item {
    Item {
        number,
        image: format!("{root}/img/{number}.jpg"),
        thumb: format!("{root}/thumb/{number}.jpg"),
        landing: format!("{root}/landing/{number}"),
    }
}

/// Answers with an image, whose address must be asked as it was given.
fn image(path: &str) -> Option<Reply> {
    let (plain, query) = path.split_once('?').unwrap_or((path, QUERY));
    if plain.starts_with("/thumb/") {
        return Some(ok(path.as_bytes()));
    }
    let number = plain.strip_prefix("/img/")?.strip_suffix(".jpg")?;
    let is_there = number.parse().is_ok_and(|number| !is_gone(number)) && query == QUERY;
    Some(if is_there {
        ok(path.as_bytes())
    } else {
        answer("404 Not Found", "", b"gone")
    })
}

/// Answers with JSON.
pub(super) fn json(value: &serde_json::Value) -> Reply {
    let kind = "Content-Type: application/json\r\n";
    answer("200 OK", kind, value.to_string().as_bytes())
}

/// Answers with a page.
pub(super) fn html(text: &str) -> Reply {
    answer(
        "200 OK",
        "Content-Type: text/html; charset=utf-8\r\n",
        text.as_bytes(),
    )
}

/// Refuses as a documented interface does.
pub(super) fn forbidden() -> Reply {
    answer("403 Forbidden", "", b"{\"detail\":\"forbidden\"}")
}

/// Answers with JSON that nobody knows.
pub(super) fn new_shape() -> Reply {
    json(&serde_json::json!({"version": 9, "matches": {"of": []}}))
}

/// Returns the first image of a page that is counted from 1, and complains of pages that are not there.
pub(super) fn page_start(asked: &Asked, rules: &impl Rules) -> Route {
    let page = asked.number("page");
    let pages = rules.total().div_ceil(rules.page_size());
    if !(1..=pages).contains(&page) {
        asked.complain(format!("page {page} of {pages}"));
    }
    Route::Page(page.saturating_sub(1) * rules.page_size())
}

/// Complains of a referer that is neither the engine's nor the stand-in's own.
pub(super) fn refers_to(asked: &Asked, engine: &str) {
    let root = format!("{}/", asked.root());
    asked.header_holds("referer", |referer| referer == engine || referer == root);
}
