//! Times `quality::measure` on the pictures of a folder: `cargo run --release --example quality_speed -- FOLDER`.
#![expect(
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "an example talks to a person in round numbers"
)]

use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};
use std::{env, fs};

#[path = "quality/picture.rs"]
mod picture;

/// Each picture is measured so often, and its shortest time counts: the others were disturbed.
const ROUNDS: usize = 10;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::args().nth(1).ok_or("name a folder of pictures")?;
    let pictures: Vec<picture::Picture> = fs::read_dir(folder)?
        .filter_map(|entry| picture::read(&entry.ok()?.path()))
        .collect();
    let shortest = |picture: &picture::Picture| {
        let rounds = (0..ROUNDS).map(|_| {
            let start = Instant::now();
            black_box(picture.scores());
            start.elapsed()
        });
        rounds.min().unwrap_or_default()
    };
    let times: Vec<Duration> = pictures.iter().map(shortest).collect();
    let all: Duration = times.iter().sum();
    let longest = times.iter().max().copied().unwrap_or_default();
    println!(
        "{} pictures, {:.3} ms each, {:.3} ms the longest",
        times.len(),
        all.as_secs_f64() * 1e3 / times.len().max(1) as f64,
        longest.as_secs_f64() * 1e3
    );
    Ok(())
}
