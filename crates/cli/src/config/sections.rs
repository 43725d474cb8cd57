//! The sections of the configuration, typed, and the check of values that types cannot express.

use std::time::Duration;

use serde::{Deserialize, Serialize, Serializer};
use trawl_crawler::engine::{Color, Kind, Safe, Size};
use trawl_crawler::optout::OptOutPolicy;
use trawl_crawler::{CrawlSettings, Endpoints, EngineOptions, Filters, Keys, Licenses};
use trawl_dataset::{DatasetSettings, Fit, Grouping, Preparation, Thresholds};

use super::{ByteSize, Span};
use crate::exit::Failure;

/// The effective configuration of one command.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) crawl: CrawlSection,
    pub(crate) search: SearchSection,
    pub(crate) optouts: OptoutsSection,
    pub(crate) engines: EnginesSection,
    pub(crate) memory: MemorySection,
    pub(crate) dataset: DatasetSection,
    pub(crate) quality: QualitySection,
    pub(crate) train: TrainSection,
    pub(crate) gallery: GallerySection,
}

/// `[crawl]`: goals, politeness, deadlines.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CrawlSection {
    pub(crate) engines: Vec<String>,
    pub(crate) per_name: u32,
    pub(crate) min_per_name: u32,
    pub(crate) refresh_add: u32,
    pub(crate) contact: String,
    pub(crate) homepage: String,
    pub(crate) allow_private_hosts: bool,
    pub(crate) allow_ports: Vec<u16>,
    #[serde(serialize_with = "without_password")]
    pub(crate) proxy: String,
    pub(crate) downloads: usize,
    pub(crate) per_host: usize,
    pub(crate) host_interval: Span,
    pub(crate) slowest_interval: Span,
    pub(crate) per_engine: usize,
    pub(crate) engine_interval: Span,
    pub(crate) connect_timeout: Span,
    pub(crate) header_timeout: Span,
    pub(crate) idle_timeout: Span,
    pub(crate) total_timeout: Span,
    pub(crate) min_rate: ByteSize,
    pub(crate) min_rate_grace: Span,
    pub(crate) max_body: ByteSize,
    pub(crate) max_redirects: u32,
    pub(crate) tries: u32,
    pub(crate) backoff_base: Span,
    pub(crate) backoff_cap: Span,
    pub(crate) max_wait: Span,
    pub(crate) max_crawl_delay: Span,
    pub(crate) window: usize,
    pub(crate) max_pages: u32,
    pub(crate) max_duration: Span,
}

/// `[search]`: what is searched for, beyond the phrase.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SearchSection {
    pub(crate) size: Size,
    #[serde(rename = "type")]
    pub(crate) kind: Kind,
    pub(crate) color: Color,
    pub(crate) license: Licenses,
    pub(crate) safe: Safe,
}

/// `[optouts]`: which signals of websites against crawling and training are obeyed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four switches that are independent of each other"
)]
pub(crate) struct OptoutsSection {
    pub(crate) robots: bool,
    pub(crate) x_robots_tag: bool,
    pub(crate) tdmrep: bool,
    pub(crate) aipref: bool,
    pub(crate) agents: Vec<String>,
}

/// `[engines]`: base addresses.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnginesSection {
    pub(crate) baidu: String,
    pub(crate) bing: String,
    pub(crate) duckduckgo: String,
    pub(crate) flickr: String,
    pub(crate) gallery: String,
    pub(crate) openverse: String,
    pub(crate) pexels: String,
    pub(crate) pixabay: String,
    pub(crate) wikimedia: String,
}

/// `[memory]`: the two budgets that bound a crawl's memory.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MemorySection {
    pub(crate) bodies: ByteSize,
    pub(crate) decode: ByteSize,
}

/// `[dataset]`: pixels, duplicates, splits.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DatasetSection {
    pub(crate) fit: Fit,
    pub(crate) margin: u32,
    pub(crate) min_side: u32,
    pub(crate) jpeg_quality: u8,
    pub(crate) near_distance: u32,
    pub(crate) confirm_distance: u32,
    pub(crate) near_quality: u8,
    pub(crate) placeholder_names: u32,
    pub(crate) placeholder_hosts: u32,
    pub(crate) test_share: f64,
    pub(crate) val_share: f64,
    pub(crate) group_by: Grouping,
    pub(crate) salt: String,
}

/// `[quality]`: what is asked of a picture's scores.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct QualitySection {
    pub(crate) folders: bool,
    pub(crate) tiny: f32,
    pub(crate) odd_aspect: f32,
    pub(crate) dark: f32,
    pub(crate) bright: f32,
    pub(crate) low_information: f32,
    pub(crate) low_entropy: f32,
    pub(crate) solid: f32,
    pub(crate) blurry: f32,
    pub(crate) text: f32,
    pub(crate) screenshot: f32,
    pub(crate) grey_tail: f32,
}

impl QualitySection {
    fn thresholds(&self) -> Thresholds {
        Thresholds {
            tiny: self.tiny,
            odd_aspect: self.odd_aspect,
            dark: self.dark,
            bright: self.bright,
            low_information: self.low_information,
            low_entropy: self.low_entropy,
            solid: self.solid,
            blurry: self.blurry,
            text: self.text,
            screenshot: self.screenshot,
            grey_tail: self.grey_tail,
        }
    }
}

/// `[train]`: what `trawl train` does without flags.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrainSection {
    pub(crate) plan: String,
    pub(crate) head: String,
    pub(crate) weights: String,
    pub(crate) device: String,
    pub(crate) epochs: u32,
    pub(crate) learning_rate: f64,
    pub(crate) seed: u64,
    pub(crate) cache_cap: ByteSize,
}

/// `[gallery]`: the demo site.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GallerySection {
    pub(crate) port: u16,
    pub(crate) latency: Span,
    pub(crate) faults: bool,
}

/// Bytes a decode is charged for each pixel.
pub(crate) const DECODE_BYTES_A_PIXEL: u64 = 12;

impl Config {
    /// Refuses values that would make a run meaningless, naming the key and the range.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let crawl = &self.crawl;
        let share = 0.0..=0.9;
        let wrong = [
            (crawl.per_name == 0, "crawl.per_name must be at least 1"),
            (
                crawl.min_per_name > crawl.per_name,
                "crawl.min_per_name must not be over crawl.per_name: raise the goal or lower the minimum",
            ),
            (crawl.downloads == 0, "crawl.downloads must be at least 1"),
            (crawl.per_host == 0, "crawl.per_host must be at least 1"),
            (crawl.per_engine == 0, "crawl.per_engine must be at least 1"),
            (
                crawl.tries == 0,
                "crawl.tries must be at least 1: the first request counts",
            ),
            (crawl.window == 0, "crawl.window must be at least 1"),
            (crawl.max_pages == 0, "crawl.max_pages must be at least 1"),
            (crawl.max_body.0 == 0, "crawl.max_body must be over 0"),
            (
                self.dataset.placeholder_names == 1 || self.dataset.placeholder_hosts == 1,
                "dataset.placeholder_names and placeholder_hosts must be at least 2, or 0 for no such limit: 1 leaves out every picture",
            ),
            (
                [
                    crawl.connect_timeout,
                    crawl.header_timeout,
                    crawl.idle_timeout,
                    crawl.total_timeout,
                ]
                .iter()
                .any(|timeout| timeout.0.is_zero()),
                "crawl timeouts must be over 0",
            ),
            (
                self.memory.bodies.0 < crawl.max_body.0,
                "memory.bodies must hold one body: at least crawl.max_body",
            ),
            (
                self.memory.bodies.0 > 64_000_000_000 || self.memory.decode.0 > 64_000_000_000,
                "memory.bodies and memory.decode must be at most 64 GB",
            ),
            (
                self.memory.decode.0 < 1_000_000,
                "memory.decode must be at least 1 MB",
            ),
            (
                !self.train.learning_rate.is_finite() || self.train.learning_rate < 0.0,
                "train.learning_rate must be over 0, or 0 for the head's own default",
            ),
            (
                !matches!(self.dataset.margin, 0 | 32),
                "dataset.margin must be 0 or 32",
            ),
            (
                self.dataset.jpeg_quality == 0 || self.dataset.jpeg_quality > 100,
                "dataset.jpeg_quality must be 1 to 100",
            ),
            (
                self.dataset.near_distance > 128 || self.dataset.confirm_distance > 128,
                "dataset.near_distance and dataset.confirm_distance must be 0 to 128: unrelated pictures differ in about 128 bits",
            ),
            (
                !share.contains(&self.dataset.test_share)
                    || !share.contains(&self.dataset.val_share),
                "dataset.test_share and dataset.val_share must be 0 to 0.9",
            ),
            (
                self.dataset.test_share + self.dataset.val_share > 0.9,
                "dataset.test_share and dataset.val_share together must leave at least 0.1 to train on",
            ),
        ];
        if let Some((_, message)) = wrong.iter().find(|(bad, _)| *bad) {
            return Err(Failure::usage((*message).to_owned()));
        }
        match self.quality.thresholds().complaint() {
            Some(complaint) => Err(Failure::usage(format!("quality.{complaint}"))),
            None => Ok(()),
        }
    }

    /// What the crawler needs to know.
    pub(crate) fn crawl_settings(&self) -> CrawlSettings {
        let c = &self.crawl;
        CrawlSettings {
            user_agent: user_agent(&c.homepage, &c.contact),
            allow_private_hosts: c.allow_private_hosts,
            allow_ports: c.allow_ports.clone(),
            proxy: Some(c.proxy.clone()).filter(|proxy| !proxy.is_empty()),
            downloads: c.downloads,
            per_host: c.per_host,
            host_interval: c.host_interval.0,
            slowest_interval: c.slowest_interval.0,
            per_engine: c.per_engine,
            engine_interval: c.engine_interval.0,
            connect_timeout: c.connect_timeout.0,
            header_timeout: c.header_timeout.0,
            idle_timeout: c.idle_timeout.0,
            total_timeout: c.total_timeout.0,
            min_rate: c.min_rate.0,
            min_rate_grace: c.min_rate_grace.0,
            max_body_bytes: c.max_body.0,
            body_budget: self.memory.bodies.0,
            max_redirects: c.max_redirects,
            tries: c.tries,
            backoff_base: c.backoff_base.0,
            backoff_cap: c.backoff_cap.0,
            max_wait: c.max_wait.0,
            window: c.window,
            max_pages: c.max_pages,
            opt_outs: OptOutPolicy {
                robots: self.optouts.robots,
                robots_tag: self.optouts.x_robots_tag,
                tdmrep: self.optouts.tdmrep,
                aipref: self.optouts.aipref,
                agents: self.optouts.agents.clone(),
            },
            max_crawl_delay: c.max_crawl_delay.0,
            licenses: self.search.license.clone(),
        }
    }

    /// What engines are built from; the keys come from the environment and are in no configuration.
    pub(crate) fn engine_options(&self, keys: Keys) -> EngineOptions {
        let e = &self.engines;
        EngineOptions {
            endpoints: Endpoints {
                baidu: e.baidu.clone(),
                bing: e.bing.clone(),
                duckduckgo: e.duckduckgo.clone(),
                flickr: e.flickr.clone(),
                gallery: e.gallery.clone(),
                openverse: e.openverse.clone(),
                pexels: e.pexels.clone(),
                pixabay: e.pixabay.clone(),
                wikimedia: e.wikimedia.clone(),
            },
            keys,
            filters: Filters {
                size: self.search.size,
                kind: self.search.kind,
                color: self.search.color,
                licenses: self.search.license.clone(),
                safe: self.search.safe,
            },
        }
    }

    /// What a dataset is made with.
    pub(crate) fn dataset_settings(&self) -> DatasetSettings {
        let d = &self.dataset;
        DatasetSettings {
            preparation: Preparation {
                fit: d.fit,
                margin: d.margin,
                min_side: d.min_side,
                max_pixels: self.memory.decode.0 / DECODE_BYTES_A_PIXEL,
                max_dimension: 32_768,
                jpeg_quality: d.jpeg_quality,
                ..Preparation::default()
            },
            near_distance: d.near_distance,
            confirm_distance: d.confirm_distance,
            near_quality: d.near_quality,
            placeholder_names: d.placeholder_names,
            placeholder_hosts: d.placeholder_hosts,
            test_share: d.test_share,
            val_share: d.val_share,
            quality: self.quality.thresholds(),
            judge_folders: self.quality.folders,
            group_by: d.group_by,
            salt: d.salt.clone(),
        }
    }

    /// The proxy as it may be shown: without its credentials; empty when there is none.
    pub(crate) fn shown_proxy(&self) -> String {
        shown(&self.crawl.proxy)
    }

    /// The time limit of a crawl, if there is one.
    pub(crate) fn max_duration(&self) -> Option<Duration> {
        Some(self.crawl.max_duration.0).filter(|limit| !limit.is_zero())
    }
}

/// Writes a proxy down without its credentials: `crawl.json` may travel with the dataset.
fn without_password<S: Serializer>(proxy: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&shown(proxy))
}

/// A proxy without its credentials.
fn shown(proxy: &str) -> String {
    match (proxy.split_once("://"), proxy.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
        _ => proxy.to_owned(),
    }
}

/// One user agent everywhere, never a browser's: `Mozilla/5.0 (compatible; trawl/VERSION; +URL; contact)`. What the
/// person running it left empty is left out.
pub(super) fn user_agent(homepage: &str, contact: &str) -> String {
    let mut parts = vec![
        "compatible".to_owned(),
        format!("trawl/{}", env!("CARGO_PKG_VERSION")),
    ];
    if !homepage.trim().is_empty() {
        parts.push(format!("+{}", homepage.trim()));
    }
    if !contact.trim().is_empty() {
        parts.push(contact.trim().to_owned());
    }
    format!("Mozilla/5.0 ({})", parts.join("; "))
}
