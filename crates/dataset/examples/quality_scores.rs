//! Prints what is measured of the pictures of folders, and what the default thresholds say:
//! `cargo run --release --example quality_scores -- [--list] FOLDER..`
//!
//! With `--list` a line a picture, tab-separated with a header, to be sorted by any program; then, and without it alone, where the
//! scores of all pictures lie and how many pictures each measure leaves out.
#![expect(clippy::print_stdout, reason = "an example talks to a person")]

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use trawl_dataset::quality::{Scores, Thresholds};

#[path = "quality/picture.rs"]
mod picture;

/// Parts of all pictures, in hundredths, whose scores are shown.
const PARTS: [usize; 7] = [0, 1, 5, 50, 95, 99, 100];

fn main() -> Result<(), Box<dyn Error>> {
    let mut list = false;
    let mut files = Vec::new();
    for argument in env::args().skip(1) {
        if argument == "--list" {
            list = true;
        } else {
            files_below(Path::new(&argument), &mut files)?;
        }
    }
    let limits = Thresholds::default();
    let mut columns: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    let mut left_out: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut measured, mut failed) = (0_usize, 0_usize);
    for file in &files {
        let Some(picture) = picture::read(file) else {
            continue;
        };
        let scores = picture.scores();
        let fields = by_name(&scores)?;
        if list && measured == 0 {
            let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
            println!("file\t{}\tfailing", names.join("\t"));
        }
        let codes: Vec<&str> = limits.failing(&scores).map(|f| f.code).collect();
        if list {
            let values: Vec<String> = fields.iter().map(|(_, v)| format!("{v:.4}")).collect();
            let (file, values, codes) = (file.display(), values.join("\t"), codes.join(","));
            println!("{file}\t{values}\t{codes}");
        }
        measured += 1;
        failed += usize::from(!codes.is_empty());
        for code in codes {
            *left_out.entry(code).or_default() += 1;
        }
        for (name, value) in fields {
            columns.entry(name).or_default().push(value);
        }
    }
    print_parts(&mut columns);
    println!(
        "\n{measured} pictures of {} files; a picture may fail several measures",
        files.len()
    );
    for (code, count) in &left_out {
        println!("{code:16} {count}");
    }
    println!("{:16} {failed}", "any");
    Ok(())
}

/// All files in a folder and those below it, in order of their paths.
fn files_below(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    let mut inside = fs::read_dir(path)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<PathBuf>, std::io::Error>>()?;
    inside.sort();
    inside.iter().try_for_each(|path| files_below(path, files))
}

/// The scores by name, in the order of the names.
fn by_name(scores: &Scores) -> Result<Vec<(String, f64)>, Box<dyn Error>> {
    let object = serde_json::to_value(scores)?;
    let fields = object.as_object().into_iter().flatten();
    Ok(fields
        .filter_map(|(name, value)| Some((name.clone(), value.as_f64()?)))
        .collect())
}

fn print_parts(columns: &mut BTreeMap<String, Vec<f64>>) {
    let head: Vec<String> = PARTS.iter().map(|part| format!("{part:>7} %")).collect();
    println!("{:10} {}", "score", head.join(" "));
    for (name, values) in columns {
        values.sort_by(f64::total_cmp);
        let at = |part: usize| values[(values.len() - 1) * part / 100];
        let row: Vec<String> = PARTS
            .iter()
            .map(|part| format!("{:9.3}", at(*part)))
            .collect();
        println!("{name:10} {}", row.join(" "));
    }
}
