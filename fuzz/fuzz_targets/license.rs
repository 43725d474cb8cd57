//! Licences: any name and address are read, and a list of licences is written as it is read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trawl_crawler::{License, Licenses};

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let (name, url) = text.split_once('\n').unwrap_or((&text, ""));
    let read = License::read(Some(name), Some(url));
    assert!(Licenses::default().allow(read));
    if let Ok(list) = text.parse::<Licenses>() {
        assert_eq!(list.to_string().parse::<Licenses>().as_ref(), Ok(&list));
    }
});
