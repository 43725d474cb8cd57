//! Hashes pictures with trawl's own decoder and names the pairs that show one picture:
//! `cargo run --release --example near_duplicates -- FOLDER > pairs.tsv`, where FOLDER holds a folder of pictures for each edit.
//!
//! One line for each pair that any rule concerns: both files, whether and by which rule they are linked (`near`, `confirmed`, `crop`, `part`;
//! `recoloured` if the whole pictures are near but for their colours, `refused` if hashes met and thumbnails did not agree), the distance of the whole pictures, the lower of the two
//! qualities, and 1 if the thumbnails agree.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example talks to a person"
)]

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use std::{env, fs, thread};

use trawl_dataset::{LikenessSettings, Preparation, Probes, Thumbnail, prepare};

/// Distance up to which whole pictures are one picture without a look.
const NEAR: u32 = 31;
/// Distance up to which thumbnails are asked.
const CONFIRMED: u32 = 60;

#[derive(Debug)]
struct Picture {
    name: String,
    probes: Probes,
    thumbnail: Thumbnail,
    quality: u8,
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(env::args().nth(1).ok_or("name a folder of folders")?);
    let files = files(&folder)?;
    let start = Instant::now();
    let pictures: Vec<Picture> = in_parts(files.len(), |at| read(&folder, &files[at]))
        .into_iter()
        .flatten()
        .collect();
    eprintln!(
        "{} of {} pictures prepared in {:.1} s",
        pictures.len(),
        files.len(),
        start.elapsed().as_secs_f64()
    );
    let start = Instant::now();
    let settings = LikenessSettings::default();
    let lines = in_parts(pictures.len(), |at| {
        let mut lines = String::new();
        for other in &pictures[..at] {
            compare(&pictures[at], other, &settings, &mut lines);
        }
        lines
    });
    for lines in lines {
        print!("{lines}");
    }
    let seconds = start.elapsed().as_secs_f64();
    eprintln!("all pairs compared in {seconds:.1} s");
    Ok(())
}

/// The pictures of all folders, as `edit/file`.
fn files(folder: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let mut files = Vec::new();
    for edit in fs::read_dir(folder)? {
        let edit = edit?;
        for file in fs::read_dir(edit.path())? {
            let names = (edit.file_name(), file?.file_name());
            files.push(format!(
                "{}/{}",
                names.0.to_string_lossy(),
                names.1.to_string_lossy()
            ));
        }
    }
    files.sort();
    Ok(files)
}

fn read(folder: &Path, name: &str) -> Option<Picture> {
    // Small pictures are wanted here: a third of a small original is smaller than what a dataset takes.
    let p = Preparation {
        min_side: 1,
        ..Preparation::default()
    };
    let prepared = match fs::read(folder.join(name)).map(|bytes| prepare(&bytes, &p)) {
        Ok(Ok(prepared)) => prepared,
        Ok(Err(flaw)) => {
            eprintln!("{name}: {flaw}");
            return None;
        }
        Err(error) => {
            eprintln!("{name}: {error}");
            return None;
        }
    };
    Some(Picture {
        name: name.to_owned(),
        probes: Probes::of(prepared.orientations, &prepared.thumbnail),
        thumbnail: prepared.thumbnail,
        quality: prepared.pdq_quality,
    })
}

fn compare(a: &Picture, b: &Picture, settings: &LikenessSettings, lines: &mut String) {
    let whole = a.probes.whole(&b.probes);
    let mut rule = None;
    if whole.distance <= NEAR {
        let same = settings.same_colours(&a.thumbnail, &b.thumbnail, whole.orientation);
        rule = Some(if same { "near" } else { "recoloured" });
    }
    let mut agree = false;
    let ways = [
        ("confirmed", whole),
        ("crop", a.probes.crop(&b.probes)),
        ("part", a.probes.part(&b.probes)),
    ];
    for (name, met) in ways {
        if met.distance <= CONFIRMED {
            agree = settings.confirms(&a.thumbnail, &b.thumbnail, met.orientation);
            rule = rule.or(agree.then_some(name));
            if agree {
                break;
            }
        }
    }
    let met = ways.iter().any(|(_, met)| met.distance <= CONFIRMED);
    if let Some(rule) = rule.or(met.then_some("refused")) {
        let quality = a.quality.min(b.quality);
        writeln!(
            lines,
            "{}\t{}\t{rule}\t{}\t{quality}\t{}",
            a.name,
            b.name,
            whole.distance,
            u8::from(agree)
        )
        .expect("a string takes all that is written");
    }
}

/// Does so many pieces of work on all cores and keeps their order.
fn in_parts<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let mut done: Vec<(usize, T)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..thread::available_parallelism().map_or(1, usize::from))
            .map(|_| {
                scope.spawn(|| {
                    let mut mine = Vec::new();
                    loop {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        if at >= count {
                            return mine;
                        }
                        mine.push((at, work(at)));
                    }
                })
            })
            .collect();
        let joined = workers.into_iter().map(thread::ScopedJoinHandle::join);
        joined
            .flat_map(|done| done.expect("a worker that panics ends the example"))
            .collect()
    });
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, done)| done).collect()
}
