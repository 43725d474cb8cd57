//! robots.txt: any bytes have a verdict, and a condensed file has the same one.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trawl_crawler::optout::{OptOutPolicy, RobotsFile, SiteFile};
use url::Url;

fuzz_target!(|data: &[u8]| {
    let policy = OptOutPolicy::default();
    let watched = policy.watched();
    let whole = RobotsFile::parse(data, &watched);
    let condensed = RobotsFile::read(&RobotsFile::condense(data, &watched), &watched);
    for path in ["/", "/a/b.jpg?c=d", "/%61%2f*$", "/\u{e9}"] {
        let url = Url::parse("https://h.example").and_then(|url| url.join(path)).unwrap();
        assert_eq!(whole.verdict(&url, &policy), condensed.verdict(&url, &policy));
    }
    assert_eq!(whole.crawl_delay(), condensed.crawl_delay());
});
