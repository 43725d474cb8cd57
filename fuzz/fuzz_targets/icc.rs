//! A colour profile: any bytes, in a grey, a colour and an ink picture.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trawl_dataset::{Flaw, Preparation, load};

const PICTURES: [&[u8]; 3] = [
    include_bytes!("../seeds/jpeg/grey.jpg"),
    include_bytes!("../seeds/jpeg/baseline.jpg"),
    include_bytes!("../../crates/dataset/fixtures/colour/cmyk.jpg"),
];

fuzz_target!(|data: &[u8]| {
    let p = Preparation {
        min_side: 1,
        ..Preparation::default()
    };
    let parts: Vec<&[u8]> = data.chunks(60_000).collect();
    // The space that the profile says it is for decides which picture is converted by it.
    let picture = match data.get(16..20) {
        Some(b"GRAY") => PICTURES[0],
        Some(b"CMYK") => PICTURES[2],
        _ => PICTURES[1],
    };
    let mut jpeg = picture[..2].to_vec();
    for (number, part) in (1_u8..).zip(&parts) {
        jpeg.extend(b"\xff\xe2");
        jpeg.extend(u16::try_from(part.len() + 16).unwrap().to_be_bytes());
        jpeg.extend(b"ICC_PROFILE\0");
        jpeg.extend([number, u8::try_from(parts.len()).unwrap()]);
        jpeg.extend(*part);
    }
    jpeg.extend(&picture[2..]);
    match load(&jpeg, &p) {
        Ok(_) => {}
        Err(Flaw::Panicked(why)) => panic!("{why}"),
        Err(flaw) => panic!("a profile cost the picture: {flaw}"),
    }
});
