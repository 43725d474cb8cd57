//! A WebP: any bytes are a picture or a flaw, and no decoder breaks down.
#![no_main]

mod picture;

use libfuzzer_sys::fuzz_target;
use trawl_dataset::Format;

fuzz_target!(|data: &[u8]| picture::look(data, Format::WebP));
