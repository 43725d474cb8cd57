use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

use super::load::driver_under;
use crate::CrawlSettings;
use crate::crawl::job::Effect;
use crate::net::Attempt;
use crate::store::{Fate, Store};
use crate::testing::{Catalog, Reply, Server, crawl_names, ok, settings};
use crate::{DeliveryOutcome, EngineSpec, Mode, Name, Reject, SearchEngine, build_engine};

/// Opens the folder's list, without asking websites first: their files are no part of what is counted here.
fn driver(
    folder: &std::path::Path,
) -> (
    crate::crawl::driver::Driver,
    tokio::sync::mpsc::UnboundedSender<crate::Feedback>,
) {
    let limits = CrawlSettings {
        window: 30,
        opt_outs: settings().opt_outs,
        ..CrawlSettings::default()
    };
    driver_under(folder, limits)
}

/// What the state file says of each place of the only label: tries, and whether there is a result.
fn tries(folder: &std::path::Path) -> Vec<(u32, bool)> {
    let mut store = Store::open(&folder.join("crawl.db")).unwrap();
    let label = store.label("owl").unwrap().id;
    let candidates = store.candidates(label, 0, 1_000).unwrap();
    candidates
        .iter()
        .map(|c| (c.tries, !matches!(c.fate, Fate::Open)))
        .collect()
}

#[tokio::test]
async fn a_kill_finds_every_request_counted_that_could_leave_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let rows: Vec<String> = (0..40)
        .map(|n| format!("owl,http://host-{}.example/{n}", n % 8))
        .collect();
    let rows = rows.join("\n");
    fs::write(folder.path().join("list.csv"), format!("label,url\n{rows}")).unwrap();
    let now = Instant::now();

    let (mut first, _say) = driver(folder.path());
    first.decide(now).unwrap();
    let left: BTreeSet<String> = first
        .effects
        .iter()
        .map(|effect| match effect {
            Effect::Fetch { url, .. } => url.to_string(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        left.len(),
        8,
        "one a host, since the interval has not passed"
    );
    drop(first);
    let told = tries(folder.path());
    assert_eq!(told.len(), 40);
    assert!(told[..8].iter().all(|told| *told == (1, false)));
    assert!(told[8..].iter().all(|told| *told == (0, false)), "{told:?}");

    // The next run asks the eight once more, one after the other, and the rest as before. Its answers are decided and not yet
    // committed when it is killed: they never were, and are asked within what is left of the tries.
    let (mut second, _say) = driver(folder.path());
    second.decide(now).unwrap();
    let effects = std::mem::take(&mut second.effects);
    assert_eq!(effects.len(), 8);
    for effect in effects {
        let Effect::Fetch { job, .. } = effect else {
            panic!("{effect:?}");
        };
        let attempt = Attempt::Failed {
            reject: Reject::from_status(404),
            retry: false,
            wait: None,
            busy: false,
            headers: Vec::new(),
        };
        second.fetched(job, attempt, now).unwrap();
    }
    drop(second);
    let told = tries(folder.path());
    assert!(told.iter().all(|(_, is_over)| !is_over), "{told:?}");
    assert_eq!(told.iter().map(|(tries, _)| tries).sum::<u32>(), 8 + 8);
    assert!(told.iter().all(|(tries, _)| *tries <= 2));

    // Once the answers are committed they stay, and their word is given again without a request.
    let (mut third, _say) = driver(folder.path());
    third.decide(now).unwrap();
    for effect in std::mem::take(&mut third.effects) {
        if let Effect::Fetch { job, .. } = effect {
            let attempt = Attempt::Failed {
                reject: Reject::from_status(404),
                retry: false,
                wait: None,
                busy: false,
                headers: Vec::new(),
            };
            third.fetched(job, attempt, now).unwrap();
        }
    }
    third.decide(now).unwrap();
    let sent = |effects: &[Effect]| {
        let rejected = |effect: &&Effect| match effect {
            Effect::Send(delivery) => matches!(delivery.outcome, DeliveryOutcome::Rejected(_)),
            _ => false,
        };
        effects.iter().filter(rejected).count()
    };
    let over = sent(&third.effects);
    assert_eq!(over, 8);
    drop(third);
    let told = tries(folder.path());
    assert_eq!(told.iter().filter(|(_, is_over)| *is_over).count(), over);
    let (mut fourth, _say) = driver(folder.path());
    assert_eq!(fourth.store.handed_out().unwrap().len(), over);
    fourth.decide(now).unwrap();
    assert_eq!(sent(&fourth.effects), over, "said again");
}

#[tokio::test]
async fn a_page_that_waited_for_another_is_not_asked_again_after_a_kill() {
    let server = Server::start(|path, before| {
        if path.starts_with("/api/search?q=slow") && before == 0 {
            return (Duration::ZERO, Reply::Stall(Vec::new()));
        }
        let body = format!(
            "{{\"results\":[{{\"url\":\"http://127.0.0.1:9/{}\"}}],\"next\":null}}",
            path.len()
        );
        (Duration::ZERO, ok(body.as_bytes()))
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("crawl.db");
    let engines = || -> Vec<Box<dyn SearchEngine>> {
        let mut options = crate::EngineOptions::default();
        options.endpoints.gallery = server.url("");
        vec![build_engine(&EngineSpec::Gallery, &options).unwrap()]
    };
    let names = || {
        let queries = ["quick", "slow one"].map(str::to_owned).to_vec();
        let label = "owl".to_owned();
        Some(vec![Name { label, queries }])
    };
    let limits = crate::CrawlSettings {
        tries: 1,
        ..settings()
    };
    let mut catalog = Catalog::default();
    {
        let run = crawl_names(
            &state,
            &limits,
            engines(),
            names(),
            Mode::Continue,
            &mut catalog,
        );
        let both = async {
            while server.seen().len() < 2 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::select! {
            _ = run => panic!("one page is never answered"),
            () = both => {}
        }
    }
    let (report, _) = crawl_names(
        &state,
        &limits,
        engines(),
        names(),
        Mode::Continue,
        &mut catalog,
    )
    .await;
    assert_eq!(report.unwrap().names[0].found, 2);
    let asked: Vec<bool> = server
        .seen()
        .iter()
        .map(|seen| seen.path.contains("quick"))
        .collect();
    assert_eq!(
        asked,
        [true, false, false],
        "only what was in flight is repeated"
    );
    let rows = &catalog.rows["owl"];
    assert!(rows[&0].url < rows[&1].url, "in the order of the phrases");
}

/// The downloads that leave at that moment.
fn leaving(driver: &mut crate::crawl::driver::Driver, now: Instant) -> Vec<u64> {
    driver.decide(now).unwrap();
    let effects = std::mem::take(&mut driver.effects);
    let jobs = effects.iter().map(|effect| match effect {
        Effect::Fetch { job, .. } => *job,
        other => panic!("{other:?}"),
    });
    jobs.collect()
}

#[tokio::test]
async fn a_last_try_waits_until_the_run_has_outlived_those_that_were_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let seconds = Duration::from_secs;
    fs::write(
        folder.path().join("list.csv"),
        "label,url\nowl,http://one.example/0\nowl,http://two.example/1",
    )
    .unwrap();
    let (mut first, _say) = driver(folder.path());
    let began = Instant::now();
    assert_eq!(leaving(&mut first, began).len(), 2);
    assert!(leaving(&mut first, began + seconds(4)).is_empty());
    drop(first);

    // The one is under way at the second kill as well. The other fails, and has its last try to come.
    let (mut second, _say) = driver(folder.path());
    let began = Instant::now();
    let one = leaving(&mut second, began);
    assert_eq!(one.len(), 1);
    let other = leaving(&mut second, began + seconds(1));
    assert_eq!(other.len(), 1, "a stalled one holds nobody up for long");
    let attempt = Attempt::Failed {
        reject: Reject::from_status(500),
        retry: true,
        wait: None,
        busy: false,
        headers: Vec::new(),
    };
    second.fetched(other[0], attempt, began).unwrap();
    for wait in [3, 5, 7, 30] {
        let left = leaving(&mut second, began + seconds(wait));
        assert!(left.is_empty(), "not while another is under way: {wait} s");
    }
    drop(second);
    assert_eq!(tries(folder.path()), [(2, false), (2, false)]);

    let (mut third, _say) = driver(folder.path());
    let began = Instant::now();
    for wait in [0, 1, 10, 45] {
        let left = leaving(&mut third, began + seconds(wait));
        assert!(left.is_empty(), "the second run lived longer: {wait} s");
    }
    assert_eq!(leaving(&mut third, began + seconds(61)).len(), 1);
    assert!(leaving(&mut third, began + seconds(90)).is_empty());
    drop(third);
    let mut told = tries(folder.path());
    told.sort_unstable();
    assert_eq!(told, [(2, false), (3, false)], "one after another");
}
