//! The command line: flags and their meaning, nothing else.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::config::{Config, Span};

/// From a list of names to a trained image classifier: crawl, clean, train, predict.
#[derive(Debug, Parser)]
#[command(
    name = "trawl",
    version,
    about,
    propagate_version = true,
    arg_required_else_help = true
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) log: LogArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// How much is said, and in what form.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct OutputArgs {
    /// Print one JSON object, last, on standard output
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print nothing unless something goes wrong
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Also print each page, retry and rejected picture
    #[arg(long, short, global = true)]
    pub(crate) verbose: bool,
}

/// Where the log goes.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct LogArgs {
    /// Write log lines with time, level and fields instead of plain sentences: on standard error, or to --log-file
    #[arg(long, global = true, value_name = "FORMAT")]
    pub(crate) log_format: Option<LogFormat>,
    /// Also append the log to this file (as text unless --log-format says otherwise)
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) log_file: Option<PathBuf>,
}

/// The form of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// One line each: time, level, message, fields
    Text,
    /// One JSON object a line
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Find, download and clean pictures for every name of a list
    Crawl(CrawlArgs),
    /// Ask the engines again and add what is new
    Refresh(RefreshArgs),
    /// Try out this machine and the engines, and say what to do where something does not work
    Doctor(DoctorArgs),
    /// Publish a snapshot of what the catalog holds now, by other thresholds if some are given
    Snapshot(SnapshotArgs),
    /// Show what a dataset holds
    Status(DatasetArgs),
    /// Write report.html of a dataset or a run again
    Report(ReportArgs),
    /// Check a dataset from end to end
    Verify(VerifyArgs),
    /// Show what changed from one snapshot to another
    Diff(DiffArgs),
    /// List the pictures that were thrown out, or take some back
    Restore(RestoreArgs),
    /// Write a dataset in the format of another program
    Export(ExportArgs),
    /// Make a dataset of pictures in the format of another program
    Import(ImportArgs),
    /// Fine-tune VGG16 on a dataset
    Train(TrainArgs),
    /// Measure a trained run on its test split
    Evaluate(EvaluateArgs),
    /// Name what is on pictures
    Predict(PredictArgs),
    /// Serve the demo image site on loopback
    Gallery(GalleryArgs),
    /// The whole way on the demo site: names, dataset, classifier
    Demo(DemoArgs),
}

#[derive(Debug, Args)]
pub(crate) struct CrawlArgs {
    /// Names file: one name a line, `label: query | query` for other search phrases
    pub(crate) names: Option<PathBuf>,
    /// Dataset folder [default: data/STEM of the names file]
    #[arg(long)]
    pub(crate) out: Option<PathBuf>,
    /// openverse, wikimedia, flickr, pexels, pixabay, baidu, bing, duckduckgo, gallery, custom:FILE, urls:FILE or folder:PATH; may be given more than once
    #[arg(long = "engine", value_name = "E")]
    pub(crate) engines: Vec<String>,
    /// Kept images wanted for each name
    #[arg(long, value_name = "N")]
    pub(crate) per_name: Option<u32>,
    #[command(flatten)]
    pub(crate) search: SearchArgs,
    /// Label of every picture of a urls:FILE that has no label column
    #[arg(long)]
    pub(crate) label: Option<String>,
    #[command(flatten)]
    pub(crate) common: CrawlCommon,
}

/// What is searched for, beyond the name.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Filters")]
pub(crate) struct SearchArgs {
    /// any, small, medium, large or huge
    #[arg(long)]
    pub(crate) size: Option<String>,
    /// any, photo, clipart, line, transparent or animated
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) kind: Option<String>,
    /// any, color, gray, or a colour such as red
    #[arg(long)]
    pub(crate) color: Option<String>,
    /// Licences wanted, such as cc,public-domain; pictures whose licence nobody tells are refused then
    #[arg(long, value_name = "LIST")]
    pub(crate) license: Option<String>,
    /// strict, moderate or off
    #[arg(long)]
    pub(crate) safe: Option<String>,
}

/// What crawl and refresh share.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct CrawlCommon {
    /// A TOML file laid over the defaults
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Say what it will take (requests, time, quotas, bytes); ask nothing and write nothing
    #[arg(long, conflicts_with_all = ["retry_failed", "metrics_file"])]
    pub(crate) dry_run: bool,
    /// Stop cleanly after this long (4h, 30m); the same command continues. It holds for this run alone
    #[arg(long, value_name = "D")]
    pub(crate) max_duration: Option<Span>,
    /// An address or page a webmaster can write to, sent with every request
    #[arg(long, value_name = "C")]
    pub(crate) contact: Option<String>,
    /// Also try again what failed in runs before and may work now: timeouts, errors of servers, hosts that were not there
    #[arg(long)]
    pub(crate) retry_failed: bool,
    /// Write counts of the crawl to this file, in the text format of Prometheus (for the textfile collector of its node exporter)
    #[arg(long, value_name = "FILE")]
    pub(crate) metrics_file: Option<PathBuf>,
    /// Let engines and pictures be on private, loopback and link-local addresses, and on any port
    #[arg(long)]
    pub(crate) allow_private_hosts: bool,
    #[command(flatten)]
    pub(crate) opt_outs: OptOutArgs,
}

impl CrawlCommon {
    /// How long this run may take: by its flag, else by the configuration.
    pub(crate) fn time_limit(&self, config: &Config) -> Option<Duration> {
        match self.max_duration {
            Some(limit) => Some(limit.0).filter(|limit| !limit.is_zero()),
            None => config.max_duration(),
        }
    }
}

/// Signals of websites that this crawl does not obey; each is recorded in the snapshot and on the dataset card.
#[derive(Clone, Copy, Debug, Default, Args)]
#[command(next_help_heading = "Opt-outs of websites, obeyed by default")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four flags that are independent of each other"
)]
pub(crate) struct OptOutArgs {
    /// Do not obey robots.txt
    #[arg(long)]
    pub(crate) ignore_robots: bool,
    /// Do not obey the header X-Robots-Tag (noai, noindex and their like)
    #[arg(long)]
    pub(crate) ignore_x_robots_tag: bool,
    /// Do not obey the TDM reservation protocol (tdm-reservation, tdmrep.json)
    #[arg(long)]
    pub(crate) ignore_tdmrep: bool,
    /// Do not obey Content-Usage and Content-Signal
    #[arg(long)]
    pub(crate) ignore_aipref: bool,
}

#[derive(Debug, Default, Args)]
pub(crate) struct DoctorArgs {
    /// Ask this engine, and no other that is not named; may be given more than once [default: those of the configuration, and those whose key is set]
    #[arg(long = "engine", value_name = "E")]
    pub(crate) engines: Vec<String>,
    /// Ask every engine, the unofficial ones too
    #[arg(long)]
    pub(crate) all: bool,
    /// A TOML file laid over the defaults
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// An address or page a webmaster can write to, sent with every request
    #[arg(long, value_name = "C")]
    pub(crate) contact: Option<String>,
    /// Let engines be on private, loopback and link-local addresses, and on any port
    #[arg(long)]
    pub(crate) allow_private_hosts: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RefreshArgs {
    /// Dataset folder [default: the newest published one under data/]
    pub(crate) dir: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) common: CrawlCommon,
}

#[derive(Debug, Args)]
pub(crate) struct DatasetArgs {
    /// Dataset folder [default: the newest published one under data/]
    pub(crate) dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct SnapshotArgs {
    /// Dataset folder [default: the newest published one under data/]
    pub(crate) dir: Option<PathBuf>,
    /// A TOML file with other thresholds: its sections dataset and quality hold from now on, nothing is crawled again
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// Dataset or run folder [default: the newest published dataset under data/]
    pub(crate) dir: Option<PathBuf>,
    /// Put the pictures into the page itself, so that it can be sent to somebody
    #[arg(long)]
    pub(crate) inline: bool,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// Dataset folder [default: the newest published one under data/]
    pub(crate) dir: Option<PathBuf>,
    /// Make a damaged catalog anew from objects and snapshots, and derived files with it
    #[arg(long)]
    pub(crate) rebuild: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// The one to compare with: a snapshot's file, a dataset folder (its newest), DIR@NUMBER or DIR@ID, or a number or id of the newest published dataset
    pub(crate) a: String,
    /// The other one
    pub(crate) b: String,
}

#[derive(Debug, Args)]
pub(crate) struct RestoreArgs {
    /// Dataset folder [default: the newest, when nothing is taken back]
    pub(crate) dir: Option<PathBuf>,
    /// Ids of pictures to take back, or their first digits (8 or more); without any, those that were thrown out are listed
    #[arg(value_name = "ID")]
    pub(crate) ids: Vec<String>,
    /// Only for this name
    #[arg(long, value_name = "N")]
    pub(crate) name: Option<String>,
}

/// The format of another program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FormatArg {
    /// A folder a split, a folder a class: torchvision, Keras, Hugging Face datasets
    #[value(alias = "huggingface", alias = "hf-imagefolder")]
    Imagefolder,
    /// Tar shards: webdataset, Hugging Face datasets
    Webdataset,
    /// Parquet files: Hugging Face datasets, pyarrow
    Parquet,
    /// Caffe's LMDB
    Lmdb,
    /// Caffe's LevelDB
    Leveldb,
}

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// Dataset folder [default: the newest published one under data/]
    pub(crate) dir: Option<PathBuf>,
    /// The format
    #[arg(long)]
    pub(crate) format: FormatArg,
    /// Folder to write, which must not exist yet or be empty
    #[arg(long, value_name = "OUT")]
    pub(crate) to: PathBuf,
    /// Number of the snapshot, or the first digits of its id (at least 6) [default: the newest]
    #[arg(long, value_name = "N|ID")]
    pub(crate) snapshot: Option<String>,
    /// Put the JPEG files into LMDB or LevelDB, not their pixels
    #[arg(long)]
    pub(crate) encoded: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// Folder or file to read
    #[arg(value_name = "OUT")]
    pub(crate) source: PathBuf,
    /// Dataset folder to make
    #[arg(long, value_name = "DIR")]
    pub(crate) to: PathBuf,
    /// The format [default: told by the files]
    #[arg(long)]
    pub(crate) format: Option<FormatArg>,
    /// A TOML file laid over the defaults; an export of trawl's own brings its settings along
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// What trains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlanArg {
    /// The pretrained base stays frozen, a new head is trained
    Head,
}

/// The classifier on top of the base.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum HeadArg {
    /// Pooled pool5 features and one layer
    Linear,
    /// VGG's own 4096-4096-N with dropout
    Vgg,
}

/// What computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DeviceArg {
    /// The best device compiled in
    Auto,
    /// CPU, burn's flex backend
    Flex,
    /// CPU, burn's deprecated ndarray backend (cargo feature `ndarray`)
    Ndarray,
    /// GPU through wgpu (cargo feature `wgpu`)
    Wgpu,
    /// NVIDIA GPU (cargo feature `cuda`)
    Cuda,
}

#[derive(Debug, Args)]
pub(crate) struct TrainArgs {
    /// Dataset folder [default: the newest published one under data/]
    pub(crate) dir: Option<PathBuf>,
    /// Name of the run, or its folder [default: runs/DATASET, numbered when taken]
    #[arg(long)]
    pub(crate) run: Option<PathBuf>,
    /// What trains
    #[arg(long)]
    pub(crate) plan: Option<PlanArg>,
    /// The classifier on top of the base
    #[arg(long)]
    pub(crate) head: Option<HeadArg>,
    /// builtin, or a safetensors file with Caffe's layer names
    #[arg(long, value_name = "WEIGHTS")]
    pub(crate) weights: Option<String>,
    /// What computes
    #[arg(long)]
    pub(crate) device: Option<DeviceArg>,
    /// Passes over the training split
    #[arg(long, value_name = "N")]
    pub(crate) epochs: Option<u32>,
    /// First learning rate [default: the head's own]
    #[arg(long, value_name = "RATE")]
    pub(crate) learning_rate: Option<f64>,
    /// Seed of everything random
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// A TOML file laid over the defaults
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// A part of the dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SplitArg {
    Train,
    Val,
    Test,
}

#[derive(Debug, Args)]
pub(crate) struct EvaluateArgs {
    /// Run folder or name [default: the newest finished run]
    pub(crate) run: Option<PathBuf>,
    /// Which split
    #[arg(long, value_enum, default_value_t = SplitArg::Test)]
    pub(crate) split: SplitArg,
}

#[derive(Debug, Args)]
pub(crate) struct PredictArgs {
    /// Pictures and folders; a run folder or name may come first [default run: the newest finished one]
    #[arg(required = true, value_name = "[RUN] PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Guesses shown for each picture
    #[arg(long, default_value_t = 3, value_name = "K")]
    pub(crate) top_k: usize,
    /// Below this confidence (0 to 1) the answer is "none of these"
    #[arg(long, value_name = "P")]
    pub(crate) min_confidence: Option<f32>,
    /// What computes
    #[arg(long, value_enum, default_value_t = DeviceArg::Auto)]
    pub(crate) device: DeviceArg,
}

#[derive(Debug, Args)]
pub(crate) struct GalleryArgs {
    /// A folder with pictures and gallery.json [default: the pictures in the binary]
    pub(crate) dir: Option<PathBuf>,
    /// Port of the search page; the sixteen image hosts take the next ports; 0 for any
    #[arg(long)]
    pub(crate) port: Option<u16>,
    /// Serve what the web also serves: errors, stalls, cut and endless bodies, bombs, placeholders
    #[arg(long)]
    pub(crate) faults: bool,
    /// Wait before each answer
    #[arg(long, value_name = "D")]
    pub(crate) latency: Option<Span>,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Throw data/demo and runs/demo away first
    #[arg(long)]
    pub(crate) fresh: bool,
}
