use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::baidu::Baidu;
use super::bing::Bing;
use super::duckduckgo::DuckDuckGo;
use super::flickr::Flickr;
use super::openverse::Openverse;
use super::pexels::Pexels;
use super::pixabay::Pixabay;
use super::site::{KEY, PHRASE, Rules, Site, Trouble, is_gone};
use super::wikimedia::Wikimedia;
use crate::engine::{Color, Kind, Safe, Size};
use crate::testing::{Catalog, crawl, settings};
use crate::{
    CrawlReport, CrawlSettings, End, EngineOptions, EngineState, Event, Filters, Mode, build_engine,
};

/// The page at which trouble comes: in the middle of paging.
const MIDDLE: usize = 1;

/// Is a crawl of a stand-in that has ended.
struct Ran {
    site: Site,
    report: CrawlReport,
    events: Vec<Event>,
    catalog: Catalog,
    folder: tempfile::TempDir,
}

async fn run<R: Rules>(rules: &Arc<R>, trouble: Option<(Trouble, usize)>, filters: Filters) -> Ran {
    let site = Site::start(Arc::clone(rules), trouble).await;
    let options = EngineOptions {
        filters,
        ..rules.options(&site.server.url(""))
    };
    let engine = build_engine(&rules.spec(), &options).unwrap();
    let limits = CrawlSettings {
        user_agent:
            "Mozilla/5.0 (compatible; trawl/0.1.0; +https://example.org/bot; me@example.org)"
                .to_owned(),
        ..settings()
    };
    let folder = tempfile::tempdir().unwrap();
    let mut catalog = Catalog::default();
    let (report, events) = crawl(
        &folder.path().join("crawl.db"),
        &limits,
        vec![engine],
        Some(&[PHRASE]),
        Mode::Continue,
        &mut catalog,
    )
    .await;
    Ran {
        site,
        report: report.unwrap(),
        events,
        catalog,
        folder,
    }
}

/// Crawls a stand-in with this trouble, and sees that it ends as it should.
async fn check<R: Rules>(rules: R, trouble: Option<Trouble>) {
    let rules = Arc::new(rules);
    let at = trouble.map(|trouble| (trouble, MIDDLE));
    let ran = run(&rules, at, Filters::default()).await;
    assert_eq!(
        ran.site.complaints(),
        [""; 0],
        "the engine asks as is known"
    );
    ran.ended(trouble);
    let goes_on = matches!(trouble, None | Some(Trouble::Limited));
    let found = if goes_on {
        rules.total()
    } else {
        rules.page_size()
    };
    ran.found(found);
    ran.asked(&*rules, trouble);
    ran.shows_no_key();
}

/// Asks with every filter there is, and sees that the stand-in knows what comes of them.
async fn check_filters<R: Rules>(rules: R) {
    let rules = Arc::new(rules);
    let mut complaints = BTreeSet::new();
    for filters in filters() {
        let ran = run(&rules, Some((Trouble::Empty, 0)), filters).await;
        complaints.extend(ran.site.complaints());
    }
    assert_eq!(complaints, BTreeSet::new());
}

fn filters() -> Vec<Filters> {
    let sizes = [Size::Small, Size::Medium, Size::Large, Size::Huge].map(|size| Filters {
        size,
        ..Filters::default()
    });
    let kinds = [
        Kind::Photo,
        Kind::Clipart,
        Kind::Line,
        Kind::Transparent,
        Kind::Animated,
    ];
    let kinds = kinds.map(|kind| Filters {
        kind,
        safe: Safe::Moderate,
        ..Filters::default()
    });
    let colors = [
        Color::Color,
        Color::Gray,
        Color::Red,
        Color::Teal,
        Color::White,
    ];
    let colors = colors.map(|color| Filters {
        color,
        safe: Safe::Off,
        ..Filters::default()
    });
    let licenses = [
        "cc0",
        "public-domain",
        "cc-by,cc-by-sa",
        "cc",
        "commercial",
        "modify",
        "commercial-modify",
    ];
    let licenses = licenses.map(|licenses| Filters {
        licenses: licenses.parse().unwrap(),
        ..Filters::default()
    });
    let all = sizes.into_iter().chain(kinds).chain(colors);
    all.chain(licenses).collect()
}

impl Ran {
    fn ended(&self, trouble: Option<Trouble>) {
        let failed = self.report.engines[0].failed.as_ref();
        let end = &self.report.names[0].end;
        match trouble {
            Some(Trouble::Blocked) => assert!(
                matches!(failed, Some(EngineState::Blocked { .. }))
                    && matches!(end, End::Blocked { .. }),
                "{failed:?} {end:?}"
            ),
            Some(Trouble::Changed) => {
                let kept = match failed {
                    Some(EngineState::SchemaChanged { sample, .. }) => sample.as_ref(),
                    other => panic!("{other:?}"),
                };
                assert!(
                    kept.is_some_and(|sample| sample.is_file()),
                    "the answer is kept"
                );
                assert!(matches!(end, End::Blocked { .. }), "{end:?}");
            }
            Some(Trouble::Empty | Trouble::Limited) | None => {
                assert_eq!((failed, end), (None, &End::Exhausted));
            }
        }
    }

    /// Every image of so many is found once, and had where it can be.
    fn found(&self, count: usize) {
        assert_eq!(self.report.names[0].found, count as u64, "found");
        assert_eq!(self.report.engines[0].hits, count as u64, "hits");
        let rows = &self.catalog.rows[PHRASE];
        assert_eq!(rows.len(), count);
        for (seq, got) in rows {
            let number = usize::try_from(*seq).unwrap();
            let is_it = |kind: &str| got.url.contains(&format!("/{kind}/{number}.jpg"));
            assert!(
                is_it("img") || is_it("thumb"),
                "{number} is {}: images come in the order of their ranks",
                got.url
            );
            assert_eq!(got.what, "body", "{}", got.url);
        }
        let seen = self.site.server.seen();
        for number in (0..count).filter(|number| is_gone(*number)) {
            let thumb = format!("/thumb/{number}.jpg");
            let asked = seen.iter().filter(|seen| seen.path.starts_with(&thumb));
            assert_eq!(asked.count(), 1, "{thumb}");
        }
    }

    /// No page is asked for twice, but for one that asked to be.
    fn asked(&self, rules: &impl Rules, trouble: Option<Trouble>) {
        let pages = self.site.pages();
        let last = rules.total().div_ceil(rules.page_size());
        for (page, count) in pages.iter().enumerate() {
            let most = match trouble {
                Some(Trouble::Limited) if page == MIDDLE => 2,
                Some(Trouble::Blocked) if page == MIDDLE && rules.has_sessions() => 2,
                _ => 1,
            };
            assert!(
                (1..=most).contains(count),
                "page {page} was asked {count} times: {pages:?}"
            );
        }
        let most = match trouble {
            None | Some(Trouble::Limited) => last + 1,
            Some(_) => MIDDLE + 1,
        };
        assert!(pages.len() <= most, "{pages:?}");
    }

    fn shows_no_key(&self) {
        let shows = |bytes: &[u8]| bytes.windows(KEY.len()).any(|part| part == KEY.as_bytes());
        assert!(!shows(
            format!("{:?} {:?}", self.events, self.report).as_bytes()
        ));
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for path in entries(&folder) {
                if path.is_dir() {
                    folders.push(path);
                } else {
                    assert!(!shows(&fs::read(&path).unwrap()), "{}", path.display());
                }
            }
        }
    }
}

fn entries(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// Writes the tests of an engine; some filters of one may be `beyond` what is known, for the reason given.
macro_rules! engine {
    ($name:ident, $rules:expr) => {
        engine!(@ $name, $rules, filters_are_known,);
    };
    ($name:ident, $rules:expr, beyond $why:literal) => {
        engine!(@ $name, $rules, filters_beyond_what_is_confirmed, #[ignore = $why]);
    };
    (@ $name:ident, $rules:expr, $filters:ident, $(#[$beyond:meta])?) => {
        mod $name {
            use super::*;

            engine!(all_is_found_once, $rules, None);
            engine!(a_block_ends_it, $rules, Some(Trouble::Blocked));
            engine!(an_empty_page_is_the_end, $rules, Some(Trouble::Empty));
            engine!(a_limit_is_waited_for, $rules, Some(Trouble::Limited));
            engine!(a_change_is_told, $rules, Some(Trouble::Changed));

            #[tokio::test]
            $(#[$beyond])?
            async fn $filters() {
                check_filters($rules).await;
            }
        }
    };
    ($test:ident, $rules:expr, $trouble:expr) => {
        #[tokio::test]
        async fn $test() {
            check($rules, $trouble).await;
        }
    };
}

engine!(openverse, Openverse, beyond "unconfirmed: the parameter license");
engine!(wikimedia, Wikimedia, beyond "unconfirmed: filetype:drawing without bitmap");
engine!(flickr, Flickr);
engine!(pexels, Pexels);
engine!(pixabay, Pixabay, beyond "unconfirmed: image_type other than photo");
engine!(baidu, Baidu);
engine!(bing, Bing);
engine!(duckduckgo, DuckDuckGo);
