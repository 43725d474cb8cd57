//! The `TDMRep` file: any bytes say something of a URL, or nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trawl_crawler::optout::TdmFile;
use url::Url;

fuzz_target!(|data: &[u8]| {
    let file = TdmFile::parse(data);
    for url in ["https://h.example/", "https://h.example/a/b.jpg?c=d"] {
        drop(file.reservation(&Url::parse(url).unwrap()));
    }
});
