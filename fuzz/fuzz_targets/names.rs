//! The names file: any bytes give names or an error with a line.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trawl_crawler::parse_names;

fuzz_target!(|data: &[u8]| {
    if let Ok(names) = parse_names(data) {
        for name in &names.names {
            assert!(!name.label.trim().is_empty(), "a label without text");
            assert!(!name.queries.is_empty(), "a label without a phrase");
        }
    }
});
