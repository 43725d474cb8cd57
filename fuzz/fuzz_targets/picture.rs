//! What every target of a picture format does with its bytes.

use trawl_dataset::{Flaw, Format, Preparation, load, sniff};

/// Decodes what begins like a picture of the format; panics behind the fence end the process as well.
pub fn look(data: &[u8], format: Format) {
    let p = Preparation {
        min_side: 1,
        max_pixels: 1 << 20,
        ..Preparation::default()
    };
    if sniff(data, &p).is_ok_and(|header| header.format == format)
        && let Err(Flaw::Panicked(why)) = load(data, &p)
    {
        panic!("{why}");
    }
}
