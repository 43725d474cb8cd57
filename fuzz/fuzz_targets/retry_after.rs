//! `Retry-After`: any text is a wait that can be added to a moment, or none.
#![no_main]

use std::time::{Duration, SystemTime};

use libfuzzer_sys::fuzz_target;
use trawl_crawler::retry_after;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    if let Some(wait) = retry_after(&text, now) {
        assert!(now.checked_add(wait).is_some());
    }
});
