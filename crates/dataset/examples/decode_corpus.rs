//! Decodes every file below some folders and says what became of them, by outcome and by format:
//! `cargo run --release --example decode_corpus -- FOLDER..`
//!
//! - `--seconds N`: a file that takes longer is a hang (default 20)
//! - `--views FOLDER`: writes the pixels of each picture there as the classifier sees them, for a comparison
//! - `--cut`: besides, decodes every beginning of each file; one that passes must show the whole picture
//!
//! Ends with 1 after a panic in a decoder, a hang, memory over the bound or a cut that passed for another picture. The bound for
//! a file is what its header is charged, twice its length and 24 MiB.
#![expect(clippy::print_stdout, reason = "an example talks to a person")]

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};
use std::{env, fs, process, thread};

use trawl_dataset::{Flaw, Pixels, Preparation, load, prepare, sniff};

/// Memory beside the charged bytes: tables of decoders, a colour profile, and the picture being resized.
const SLACK: u64 = 24 << 20;

struct Options {
    folders: Vec<PathBuf>,
    limit: Duration,
    views: Option<PathBuf>,
    cut: bool,
}

/// What was found in one file.
struct Found {
    format: String,
    outcome: String,
    detail: String,
    view: Option<Pixels>,
    /// Bytes that decoding it took at its peak, and may take.
    memory: Option<(u64, u64)>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = options()?;
    let mut files = Vec::new();
    for folder in &options.folders {
        walk(folder, &mut files)?;
    }
    files.sort();
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut faults = Vec::new();
    let (mut slowest, mut largest) = ((Duration::ZERO, PathBuf::new()), (0, PathBuf::new()));
    for file in &files {
        let started = Instant::now();
        let found = in_time(file, &options)?;
        let took = started.elapsed();
        if took > slowest.0 {
            slowest = (took, file.clone());
        }
        println!(
            "{}\t{}\t{}\t{}",
            found.outcome,
            found.format,
            file.display(),
            found.detail
        );
        if let Some((peak, bound)) = found.memory {
            if peak > largest.0 {
                largest = (peak, file.clone());
            }
            if peak > bound {
                faults.push(format!(
                    "{}: {peak} bytes of memory, the bound is {bound}",
                    file.display()
                ));
            }
        }
        if matches!(&*found.outcome, "decoder-panic" | "hang" | "wrong-cut") {
            faults.push(format!(
                "{}: {} {}",
                file.display(),
                found.outcome,
                found.detail
            ));
        }
        if let (Some(folder), Some(view)) = (&options.views, &found.view) {
            let name = file.display().to_string().replace('/', "%");
            fs::write(folder.join(name), &view.rgb)?;
        }
        *counts.entry((found.format, found.outcome)).or_default() += 1;
    }
    println!("\n{} files", files.len());
    for ((format, outcome), count) in counts {
        println!("{count:6}  {format:6}  {outcome}");
    }
    println!(
        "slowest {:.2} s: {}",
        slowest.0.as_secs_f64(),
        slowest.1.display()
    );
    println!(
        "most memory {} MiB: {}",
        largest.0 >> 20,
        largest.1.display()
    );
    println!("{} faults", faults.len());
    for fault in &faults {
        println!("  {fault}");
    }
    // A thread that hangs would keep the process alive.
    process::exit(i32::from(!faults.is_empty()))
}

fn options() -> Result<Options, Box<dyn Error>> {
    let mut options = Options {
        folders: Vec::new(),
        limit: Duration::from_secs(20),
        views: None,
        cut: false,
    };
    let mut words = env::args().skip(1);
    while let Some(word) = words.next() {
        match &*word {
            "--seconds" => {
                let seconds = words.next().ok_or("--seconds wants a number")?;
                options.limit = Duration::from_secs(seconds.parse()?);
            }
            "--views" => {
                let folder = PathBuf::from(words.next().ok_or("--views wants a folder")?);
                fs::create_dir_all(&folder)?;
                options.views = Some(folder);
            }
            "--cut" => options.cut = true,
            _ => options.folders.push(word.into()),
        }
    }
    if options.folders.is_empty() {
        return Err("name a folder of pictures".into());
    }
    Ok(options)
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    if folder.is_file() {
        files.push(folder.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, files)?;
        } else if path.is_file() {
            files.push(path);
        }
    }
    Ok(())
}

/// Looks at a file on a thread of its own, and waits no longer than the limit.
fn in_time(file: &Path, options: &Options) -> Result<Found, Box<dyn Error>> {
    let bytes = fs::read(file)?;
    let (sender, receiver) = mpsc::channel();
    let cut = options.cut;
    let limit = if cut {
        options.limit * 60
    } else {
        options.limit
    };
    thread::spawn(move || {
        // Nobody listens any more when it took too long.
        let _ = sender.send(look(&bytes, cut));
    });
    Ok(match receiver.recv_timeout(limit) {
        Ok(found) => found,
        Err(RecvTimeoutError::Timeout) => fault("hang", format!("over {} s", limit.as_secs())),
        // The fence holds panics of decoders; this would be one of ours.
        Err(RecvTimeoutError::Disconnected) => {
            fault("decoder-panic", "outside the fence".to_owned())
        }
    })
}

fn fault(outcome: &str, detail: String) -> Found {
    Found {
        format: String::new(),
        outcome: outcome.to_owned(),
        detail,
        view: None,
        memory: None,
    }
}

fn look(bytes: &[u8], cut: bool) -> Found {
    let p = Preparation {
        min_side: 1,
        ..Preparation::default()
    };
    let header = sniff(bytes, &p);
    let before = memory(true);
    let prepared = prepare(bytes, &p);
    let peak = memory(false)
        .zip(before)
        .map(|(peak, before)| peak.saturating_sub(before));
    let charged = header
        .as_ref()
        .map_or(0, trawl_dataset::Header::decode_bytes);
    let bound = charged + 2 * bytes.len() as u64 + SLACK;
    let view = load(bytes, &p);
    let (mut outcome, mut detail) = match &prepared {
        Ok(sample) => (
            "prepared".to_owned(),
            format!("colour {}", sample.colour.as_str()),
        ),
        Err(flaw) => (flaw.code().to_owned(), flaw.detail()),
    };
    if let Err(flaw @ Flaw::Panicked(_)) = &view {
        (outcome, detail) = (flaw.code().to_owned(), flaw.detail());
    }
    if let (true, Ok(whole)) = (cut, &view) {
        let passed = (0..bytes.len()).find(|end| match load(&bytes[..*end], &p) {
            Ok(pixels) => pixels != *whole,
            Err(flaw) => matches!(flaw, Flaw::Panicked(_)),
        });
        if let Some(end) = passed {
            (outcome, detail) = (
                "wrong-cut".to_owned(),
                format!("at {end} of {}", bytes.len()),
            );
        }
    }
    Found {
        format: header.map_or_else(|_| "-".to_owned(), |header| header.format.to_string()),
        outcome,
        detail,
        view: view.ok(),
        memory: peak.map(|peak| (peak, bound)),
    }
}

/// Resident memory in bytes, at its highest since the last call that started anew; Linux alone tells.
fn memory(anew: bool) -> Option<u64> {
    if anew {
        fs::write("/proc/self/clear_refs", "5").ok()?;
    }
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib << 10)
}
