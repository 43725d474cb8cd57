//! Hashes pictures with trawl's own decoder and names the pairs that show one picture by the rule that datasets are made with:
//! `cargo run --release --example near_duplicates -- FOLDER > pairs.tsv`, where FOLDER holds a folder of pictures for each edit.
//!
//! One line for each pair: both files, by what they were found (`near`, `confirmed`, `crop`, `part`), the distance of the whole
//! pictures, and the lower of the two qualities, since nearly flat pictures are compared here as well.
#![expect(clippy::print_stderr, reason = "an example talks to a person")]

use std::convert::Infallible;
use std::error::Error;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use std::{env, fs, io, thread};

use trawl_dataset::{
    DatasetSettings, Kin, Listed, Preparation, Probes, Rule, Thumbnail, alike, prepare,
};

#[derive(Debug)]
struct Picture {
    name: String,
    listed: Listed,
    thumbnail: Thumbnail,
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
    for picture in &pictures {
        std::hint::black_box(Probes::of(&picture.thumbnail));
    }
    let count = u32::try_from(pictures.len().max(1))?;
    eprintln!("probes made in {:?} a picture", start.elapsed() / count);
    let start = Instant::now();
    let settings = DatasetSettings {
        near_quality: 0,
        ..DatasetSettings::default()
    };
    let listed: Vec<Listed> = pictures.iter().map(|picture| picture.listed).collect();
    let thumbnail = |at: usize| Ok::<_, Infallible>(Some(pictures[at].thumbnail));
    let pairs = alike(&listed, &settings, |_, _| true, thumbnail)?;
    let seconds = start.elapsed().as_secs_f64();
    eprintln!("all pairs compared in {seconds:.1} s");
    let mut out = io::BufWriter::new(io::stdout().lock());
    for pair in pairs {
        let (a, b) = (&pictures[pair.first], &pictures[pair.second]);
        let rule = match pair.rule {
            Rule::Near => "near",
            Rule::Confirmed => "confirmed",
            Rule::Crop => "crop",
            Rule::Part => "part",
        };
        let quality = a.listed.quality.min(b.listed.quality);
        let (a, b) = (&a.name, &b.name);
        writeln!(out, "{a}\t{b}\t{rule}\t{}\t{quality}", pair.distance)?;
    }
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
        listed: Listed {
            orientations: prepared.orientations,
            quality: prepared.pdq_quality,
            kin: Kin::default(),
        },
        thumbnail: prepared.thumbnail,
    })
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
