//! `X-Robots-Tag`, `Content-Usage` and the `TDMRep` headers: any bytes are judged, and what is kept of them is short.
#![no_main]

use std::time::{Duration, SystemTime};

use libfuzzer_sys::fuzz_target;
use trawl_crawler::optout::OptOutPolicy;

fuzz_target!(|data: &[u8]| {
    let (first, value) = data.split_first().unwrap_or((&0, &[]));
    let names = ["X-Robots-Tag", "content-usage", "tdm-reservation", "tdm-policy"];
    let name = names[usize::from(*first) % names.len()];
    // Two lines of the same field, as servers send them.
    let lines = value.split(|&byte| byte == b'\n').map(|line| (name, line));
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let found = OptOutPolicy::default().judge(lines, None, now);
    assert!(found.signals_seen.len() <= 8);
    for text in &found.signals_seen {
        assert!(text.len() <= 260 && text.chars().all(|c| !c.is_control()));
    }
});
