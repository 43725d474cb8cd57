//! Times `prepare` on the pictures of a folder: `cargo run --release --example prepare_speed -- FOLDER`.
#![expect(
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "an example talks to a person in round numbers"
)]

use std::error::Error;
use std::time::Instant;
use std::{env, fs};

use trawl_dataset::{Preparation, load, prepare};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::args().nth(1).ok_or("name a folder of pictures")?;
    let pictures: Vec<Vec<u8>> = fs::read_dir(folder)?
        .filter_map(|entry| fs::read(entry.ok()?.path()).ok())
        .filter(|bytes| trawl_dataset::sniff(bytes, &Preparation::default()).is_ok())
        .collect();
    let p = Preparation::default();
    let (mut pixels, mut prepared) = (0, 0);
    let start = Instant::now();
    for bytes in &pictures {
        if let Ok(sample) = prepare(bytes, &p) {
            pixels += u64::from(sample.width) * u64::from(sample.height);
            prepared += 1;
        }
    }
    let all = start.elapsed();
    let start = Instant::now();
    for bytes in &pictures {
        drop(load(bytes, &p));
    }
    let without_hash_and_file = start.elapsed();
    let each = |time: std::time::Duration| time.as_secs_f64() * 1e3 / f64::from(prepared.max(1));
    println!(
        "{prepared} of {} pictures, {:.2} megapixels each",
        pictures.len(),
        pixels as f64 / 1e6 / f64::from(prepared.max(1))
    );
    println!(
        "prepare {:.2} ms each, of which decode and resize {:.2} ms",
        each(all),
        each(without_hash_and_file)
    );
    Ok(())
}
