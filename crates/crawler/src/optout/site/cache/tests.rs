use std::time::UNIX_EPOCH;

use url::Url;

use super::*;
use crate::optout::{OptOutPolicy, RobotsAnswer, RobotsCache, RobotsFile};

const SITE: &str = "https://example.org";

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_800_000_000 + seconds)
}

fn cache(limits: CacheLimits) -> RobotsCache {
    RobotsCache::new(limits, OptOutPolicy::default().watched())
}

fn url() -> Url {
    Url::parse("https://example.org/a.jpg").unwrap()
}

fn known(cache: &mut RobotsCache, site: &str, now: SystemTime) -> bool {
    matches!(cache.lookup(site, now), Lookup::Known(_))
}

#[test]
fn a_file_is_fetched_once_a_day() {
    let mut cache = cache(CacheLimits::default());
    assert_eq!(cache.lookup(SITE, at(0)), Lookup::Absent);
    cache.begin(SITE, at(0));
    assert_eq!(
        cache.lookup(SITE, at(119)),
        Lookup::Fetching { until: at(120) }
    );
    let _ = cache.finish(SITE, Fetched::Body(b"user-agent: *\ndisallow: /"), at(3));
    assert!(known(&mut cache, SITE, at(3)));
    assert!(known(&mut cache, SITE, at(3 + 86_399)));
    assert_eq!(cache.lookup(SITE, at(3 + 86_400)), Lookup::Absent);
}

#[test]
fn a_fetch_that_is_lost_may_be_begun_again() {
    let mut cache = cache(CacheLimits::default());
    cache.begin(SITE, at(0));
    assert_eq!(cache.lookup(SITE, at(120)), Lookup::Absent);
}

#[test]
fn a_clock_that_was_set_back_makes_a_file_absent() {
    let mut cache = cache(CacheLimits::default());
    let record = cache.finish(SITE, Fetched::Unavailable, at(1_000));
    assert_eq!(cache.lookup(SITE, at(999)), Lookup::Absent);
    assert!(!cache.restore(SITE, &record, at(999)));
    assert!(known(&mut cache, SITE, at(1_000)));
}

#[test]
fn a_website_that_cannot_be_reached_is_closed_for_longer_each_time() {
    let mut cache = cache(CacheLimits::default());
    let policy = OptOutPolicy::default();
    let mut now = at(0);
    for minutes in [5, 10, 20, 40, 80, 160, 320, 360, 360] {
        assert_eq!(
            cache.answer(&url(), &policy, now),
            RobotsAnswer::NotYet(NotYet::Fetch)
        );
        cache.begin(SITE, now);
        let _ = cache.finish(SITE, Fetched::Unreachable, now);
        let retry = now + Duration::from_mins(minutes);
        let closed = RobotsAnswer::NotYet(NotYet::Retry { at: retry });
        assert_eq!(cache.answer(&url(), &policy, now), closed);
        now = retry;
    }
    let record = cache.finish(SITE, Fetched::Unavailable, now);
    assert_eq!(record.failures, 0);
    assert_eq!(
        cache.answer(&url(), &policy, now),
        RobotsAnswer::Allowed { rule: None }
    );
}

#[test]
fn answers_follow_the_state_and_the_policy() {
    let mut cache = cache(CacheLimits::default());
    let all = OptOutPolicy::default();
    let usage = OptOutPolicy {
        robots: false,
        ..OptOutPolicy::default()
    };
    let none = OptOutPolicy {
        aipref: false,
        ..usage.clone()
    };
    let open = RobotsAnswer::Allowed { rule: None };
    assert_eq!(cache.answer(&url(), &none, at(0)), open);
    assert_eq!(
        cache.answer(&url(), &usage, at(0)),
        RobotsAnswer::NotYet(NotYet::Fetch)
    );
    cache.begin(SITE, at(0));
    let wait = RobotsAnswer::NotYet(NotYet::Wait { until: at(120) });
    assert_eq!(cache.answer(&url(), &all, at(1)), wait);
    let _ = cache.finish(SITE, Fetched::Unreachable, at(1));
    assert_eq!(cache.answer(&url(), &usage, at(1)), open);
    let body = b"user-agent: *\ndisallow: /a\ncrawl-delay: 7";
    let _ = cache.finish(SITE, Fetched::Body(body), at(2));
    assert!(matches!(
        cache.answer(&url(), &all, at(2)),
        RobotsAnswer::Refused(_)
    ));
    assert_eq!(cache.answer(&url(), &usage, at(2)), open);
    assert_eq!(
        cache.crawl_delay(&url(), at(2)),
        Some(Duration::from_secs(7))
    );
    let other = Url::parse("http://example.org/a.jpg").unwrap();
    assert_eq!(
        cache.answer(&other, &all, at(2)),
        RobotsAnswer::NotYet(NotYet::Fetch)
    );
    let local = Url::parse("file:///a.jpg").unwrap();
    assert_eq!(cache.answer(&local, &all, at(2)), open);
}

#[test]
fn what_one_run_keeps_serves_the_next() {
    let policy = OptOutPolicy::default();
    let mut first = cache(CacheLimits::default());
    let body = first.finish(
        SITE,
        Fetched::Body(b"user-agent: CCBot\ndisallow: /"),
        at(0),
    );
    let failed = first.finish("https://b.example", Fetched::Unreachable, at(0));

    let mut second = cache(CacheLimits::default());
    assert!(second.restore(SITE, &body, at(86_399)));
    assert_eq!(
        second.answer(&url(), &policy, at(86_399)),
        first.answer(&url(), &policy, at(86_399))
    );
    assert_eq!(second.lookup(SITE, at(86_400)), Lookup::Absent);
    assert!(!second.restore(SITE, &body, at(86_400)));

    assert!(second.restore("https://b.example", &failed, at(299)));
    assert!(!second.restore("https://b.example", &failed, at(300)));
    let again = second.finish("https://b.example", Fetched::Unreachable, at(300));
    assert_eq!(again.failures, 2);

    let mut others = RobotsCache::new(CacheLimits::default(), Watched::new(&[]));
    assert!(!others.restore(SITE, &body, at(1)));
    let lost = SiteRecord {
        fetched_at: u64::MAX,
        ..body
    };
    assert!(!second.restore(SITE, &lost, at(1)));
}

#[test]
fn the_cache_keeps_to_its_number_of_websites() {
    let mut cache = cache(CacheLimits {
        sites: 3,
        ..CacheLimits::default()
    });
    for name in ["a", "b", "c"] {
        let _ = cache.finish(name, Fetched::Unavailable, at(0));
    }
    assert!(known(&mut cache, "a", at(1)));
    cache.begin("d", at(1));
    assert_eq!(cache.sites(), 3);
    assert_eq!(cache.lookup("b", at(1)), Lookup::Absent);
    assert!(known(&mut cache, "a", at(1)) && known(&mut cache, "c", at(1)));
}

#[test]
fn the_cache_keeps_to_its_bytes_whatever_the_files() {
    let limits = CacheLimits {
        bytes: 1_000_000,
        ..CacheLimits::default()
    };
    let mut cache = cache(limits);
    let large = format!("user-agent: *\n{}", "disallow: /x\n".repeat(30_000));
    for site in 0..100 {
        let small = format!("user-agent: *\ndisallow: /{site}");
        let _ = cache.finish(
            &format!("small{site}"),
            Fetched::Body(small.as_bytes()),
            at(0),
        );
    }
    assert!(cache.bytes() < 100_000 && cache.sites() == 100);
    for site in 0..4 {
        let _ = cache.finish(
            &format!("large{site}"),
            Fetched::Body(large.as_bytes()),
            at(0),
        );
        assert!(
            known(&mut cache, &format!("large{site}"), at(0)),
            "the newest stays"
        );
        assert_eq!(cache.sites(), 1);
    }
    let _ = cache.finish("large3", Fetched::Unavailable, at(1));
    assert!(cache.bytes() < 1_000, "{}", cache.bytes());
}

#[test]
fn a_hundred_thousand_websites_stay_small() {
    let mut cache = cache(CacheLimits::default());
    let body = b"user-agent: *\ndisallow: /admin\ndisallow: /cart\nallow: /\n";
    for site in 0..100_000 {
        let name = format!("https://www.host-{site}.example");
        cache.begin(&name, at(0));
        let _ = cache.finish(&name, Fetched::Body(body), at(0));
    }
    assert!(cache.sites() > 10_000);
    assert!(cache.bytes() <= CacheLimits::default().bytes);
}

#[test]
fn weights_add_up_after_any_order_of_events() {
    let mut random = fastrand::Rng::with_seed(24);
    let limits = CacheLimits {
        sites: 8,
        bytes: 20_000,
        ..CacheLimits::default()
    };
    let mut cache = cache(limits);
    for step in 0..20_000 {
        let site = format!("s{}", random.usize(..20));
        let body = "user-agent: *\n".to_owned() + &"disallow: /a\n".repeat(random.usize(..60));
        match random.usize(..4) {
            0 => cache.begin(&site, at(step)),
            1 => drop(cache.finish(&site, Fetched::Body(body.as_bytes()), at(step))),
            2 => drop(cache.finish(&site, Fetched::Unreachable, at(step))),
            _ => drop(cache.lookup(&site, at(step))),
        }
        let sum: usize = cache.entries.iter().map(|(_, entry)| entry.weight).sum();
        assert_eq!(sum, cache.bytes());
        assert!(cache.sites() <= 8 && cache.bytes() <= 20_000);
    }
}

#[test]
fn a_file_that_is_unavailable_allows_everything() {
    let mut cache = cache(CacheLimits::default());
    let _ = cache.finish(
        SITE,
        Fetched::from_status(403, b"user-agent: *\ndisallow: /"),
        at(0),
    );
    let answer = cache.answer(&url(), &OptOutPolicy::default(), at(0));
    assert_eq!(answer, RobotsAnswer::Allowed { rule: None });
    assert_eq!(
        RobotsFile::read(b"", &OptOutPolicy::default().watched()).crawl_delay(),
        None
    );
}
