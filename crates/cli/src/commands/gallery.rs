//! `trawl gallery`: the demo image site in the foreground.

use serde_json::json;
use trawl_gallery::{Gallery, GallerySettings, Source};

use crate::args::{CrawlCommon, GalleryArgs};
use crate::config::Layers;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::stop::Stop;

pub(super) fn run(args: GalleryArgs, output: Output) -> Result<Exit, Failure> {
    let mut layers = Layers::defaults();
    super::crawl::apply_common(&mut layers, &CrawlCommon::default())?;
    if let Some(port) = args.port {
        layers.flag("gallery.port", i64::from(port))?;
    }
    if let Some(latency) = args.latency {
        layers.flag(
            "gallery.latency",
            humantime::format_duration(latency.0).to_string(),
        )?;
    }
    if args.faults {
        layers.flag("gallery.faults", true)?;
    }
    let config = layers.finish()?;
    let settings = GallerySettings {
        port: config.gallery.port,
        faults: config.gallery.faults,
        latency: config.gallery.latency.0,
        source: args.dir.map_or(Source::Builtin, Source::Folder),
    };
    let runtime = super::runtime()?;
    let stop = Stop::listen(&runtime);
    runtime.block_on(async {
        let gallery = Gallery::start(settings).await?;
        let first = gallery.port() + 1;
        output.line(format!("gallery {} (pictures on ports {first} to {})", gallery.url(), first + 15));
        output.note(format!("crawl it with: trawl crawl names.txt --engine gallery --allow-private-hosts (endpoint: engines.gallery = \"{}\"); Ctrl-C ends it", gallery.url()));
        output.object(&json!({ "url": gallery.url(), "port": gallery.port() }));
        stop.token().cancelled().await;
        gallery.stop().await;
        Ok(Exit::Done)
    })
}
