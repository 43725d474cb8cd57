//! `trawl demo`: the whole way on the demo site, with its faults, over real HTTP.

use std::path::{Path, PathBuf};

use serde_json::json;
use trawl_crawler::{Mode, parse_names};
use trawl_dataset::{Snapshot, Split};
use trawl_gallery::{Gallery, GallerySettings, Source};
use trawl_training::{PredictSettings, RunRecord, predict};

use super::crawl::{self, Job};
use super::record::{NAMES, RECORD, Record, write_record};
use super::{publish, train};
use crate::args::DemoArgs;
use crate::config::Layers;
use crate::exit::{Exit, Failure};
use crate::locate::{DATA, RUNS};
use crate::output::Output;
use crate::page;
use crate::stop::Stop;
use crate::terminal::{Table, TrainView};

/// Nine names; the fish are found through a Chinese phrase only.
const DEMO_NAMES: &str = "# The nine names of the demo site.\nbird\ninsect\nfruit\nflower\nhouse\nfish: 鱼\nmammal\nflag\nvehicle\n";

/// Kept images wanted for each name: enough to learn from, few enough for four minutes on two cores.
const PER_NAME: i64 = 40;

pub(super) fn run(args: &DemoArgs, output: Output) -> Result<Exit, Failure> {
    let (root, run) = (Path::new(DATA).join("demo"), Path::new(RUNS).join("demo"));
    if args.fresh {
        for dir in [&root, &run] {
            if dir.exists() {
                std::fs::remove_dir_all(dir).map_err(|e| Failure::io("remove", dir, &e))?;
            }
        }
    }
    let runtime = super::runtime()?;
    let stop = Stop::listen(&runtime);
    let started = std::time::Instant::now();
    output.line("1 of 4  crawl: nine names from a demo site with the web's faults");
    let exit = crawl_demo(&runtime, &stop, &root, output)?;
    if !matches!(exit, Exit::Done) {
        return Ok(exit);
    }
    output.line("\n2 of 4  train: VGG16, pretrained and frozen, with a new head");
    let config = Layers::defaults().finish()?;
    let run = current_run(run, &root)?;
    train::execute(&root, &run, &train::settings(&config)?, &stop, output)?;
    output.line("\n3 of 4  predict: three pictures of the test split");
    let guesses = guess(&root, &run, output)?;
    output.line("\n4 of 4  look");
    let record = RunRecord::load(&run)?;
    let top1 = record.test.as_ref().map(|e| e.top1);
    output.line(format!(
        "        top-1 {} on the test split, after {} s",
        page::percent(top1),
        started.elapsed().as_secs()
    ));
    output.line(format!(
        "        dataset report  {}",
        root.join("report.html").display()
    ));
    output.line(format!(
        "        run report      {}",
        run.join("report.html").display()
    ));
    output.line("        your own        trawl crawl names.txt, then trawl train");
    output.object(&json!({
        "dataset": root.display().to_string(),
        "run": run.display().to_string(),
        "top1": top1,
        "top5": record.test.as_ref().map(|e| e.top5),
        "seconds": started.elapsed().as_secs_f64(),
        "predictions": guesses,
    }));
    Ok(Exit::Done)
}

/// Starts the site where the last demo had it, so that the URLs on record are still right, and crawls it.
fn crawl_demo(
    runtime: &tokio::runtime::Runtime,
    stop: &Stop,
    root: &Path,
    output: Output,
) -> Result<Exit, Failure> {
    let last = std::fs::read_to_string(root.join(RECORD))
        .ok()
        .and_then(|text| serde_json::from_str::<Record>(&text).ok());
    let port = last.as_ref().and_then(|record| {
        record
            .config
            .engines
            .gallery
            .rsplit(':')
            .next()?
            .trim_end_matches('/')
            .parse()
            .ok()
    });
    let settings = |port| GallerySettings {
        port,
        faults: true,
        latency: std::time::Duration::ZERO,
        source: Source::Builtin,
    };
    let gallery = runtime
        .block_on(Gallery::start(settings(port.unwrap_or(0))))
        .map_err(|e| {
            let failure = Failure::from(e);
            match port {
                Some(_) => Failure::failed(format!(
                    "{failure}; or start over with `trawl demo --fresh`"
                )),
                None => failure,
            }
        })?;
    output.line(format!("demo site {}", gallery.url()));
    let mut layers = Layers::defaults();
    layers.flag("crawl.engines", vec!["gallery".to_owned()])?;
    layers.flag("crawl.per_name", PER_NAME)?;
    layers.flag("crawl.allow_private_hosts", true)?;
    layers.flag("engines.gallery", gallery.url())?;
    // A stall is a stall on loopback as well; three seconds without a byte tell it apart sooner than the web's ten.
    layers.flag("crawl.idle_timeout", "3s")?;
    layers.flag("crawl.total_timeout", "10s")?;
    let config = layers.finish()?;
    let names = parse_names(DEMO_NAMES.as_bytes())
        .expect("the demo's names are a constant")
        .names;
    std::fs::create_dir_all(root).map_err(|e| Failure::io("create", root, &e))?;
    publish::write_file(&root.join(NAMES), DEMO_NAMES.as_bytes())?;
    let record = Record {
        version: 1,
        engines: config.crawl.engines.clone(),
        label: None,
        has_names: true,
        goal: Some(config.crawl.per_name),
        config,
    };
    write_record(root, &record)?;
    let job = Job {
        engines: crawl::build_engines(&record, output)?,
        root: root.to_path_buf(),
        names: Some(names),
        record,
        mode: Mode::Continue,
        retry_failed: false,
        time_limit: None,
        metrics: None,
    };
    let exit = crawl::execute(runtime, stop, job, output);
    runtime.block_on(gallery.stop());
    exit
}

/// `runs/demo`, made anew when it was trained on another snapshot than the newest.
fn current_run(run: PathBuf, root: &Path) -> Result<PathBuf, Failure> {
    let newest = Snapshot::newest(root)?.id;
    let stale = run.join("config.json").exists()
        && RunRecord::load(&run).map_or(true, |record| record.config.data.snapshot != newest);
    if stale {
        std::fs::remove_dir_all(&run).map_err(|e| Failure::io("remove", &run, &e))?;
    }
    Ok(run)
}

/// Predicts the first test picture of three classes spread over the class order.
fn guess(root: &Path, run: &Path, output: Output) -> Result<serde_json::Value, Failure> {
    let snapshot = Snapshot::newest(root)?;
    let count = snapshot.classes.len();
    let chosen: Vec<_> = [0, count / 2, count.saturating_sub(1)]
        .into_iter()
        .filter_map(|class| {
            let class = snapshot.classes.get(class)?;
            let row = snapshot
                .rows
                .iter()
                .find(|row| row.class == class.index && row.split == Split::Test)?;
            let path = root
                .join("images")
                .join("test")
                .join(&class.folder)
                .join(format!("{}.jpg", row.id));
            Some((class.label.clone(), path))
        })
        .collect();
    let inputs: Vec<PathBuf> = chosen.iter().map(|(_, path)| path.clone()).collect();
    let mut view = TrainView::new(output);
    let predicted = predict(run, &inputs, &PredictSettings::default(), &mut |event| {
        view.event(&event);
    });
    view.finish();
    let mut table = Table::new(&["picture", "expected", "predicted", "confidence"])
        .of_paths()
        .text(1)
        .text(2);
    let mut rows = Vec::new();
    for ((expected, path), prediction) in chosen.iter().zip(predicted?) {
        let Some(best) = prediction.top.first() else {
            continue;
        };
        table.row(vec![
            path.display().to_string(),
            expected.clone(),
            best.label.clone(),
            page::percent(Some(best.confidence)),
        ]);
        rows.push(json!({ "picture": path.display().to_string(), "expected": expected, "predicted": best.label, "confidence": best.confidence }));
    }
    output.line(table.render());
    Ok(json!(rows))
}
