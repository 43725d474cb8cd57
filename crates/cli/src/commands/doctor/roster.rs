//! Which engines are asked, and which only told of.

use trawl_crawler::engine::Standing;
use trawl_crawler::{CrawlError, Endpoints, Keys};

use crate::args::DoctorArgs;
use crate::config::Config;

/// Documented engines.
const DOCUMENTED: [&str; 5] = ["openverse", "wikimedia", "flickr", "pexels", "pixabay"];
/// Engines that no person should ask without knowing.
const UNOFFICIAL: [&str; 3] = ["baidu", "bing", "duckduckgo"];

/// An engine on the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// As a person writes it.
    pub(super) spec: String,
    /// Whether somebody named it, or it is a default: then it has to work.
    pub(super) is_named: bool,
    /// Whether it is asked.
    pub(super) is_asked: bool,
}

/// Makes the list: what is named alone; otherwise what the configuration names, every engine whose key is set, the demo site
/// when its address is set, and the unofficial ones with `--all`.
pub(super) fn entries(args: &DoctorArgs, config: &Config, keys: &Keys) -> Vec<Entry> {
    let named = |spec: &String| Entry {
        spec: spec.clone(),
        is_named: true,
        is_asked: true,
    };
    let mut entries: Vec<Entry> = if args.engines.is_empty() {
        config.crawl.engines.iter().map(named).collect()
    } else {
        args.engines.iter().map(named).collect()
    };
    entries.dedup();
    if !args.engines.is_empty() && !args.all {
        return entries;
    }
    let mut add = |spec: &str, is_named: bool, is_asked: bool| {
        if !entries.iter().any(|entry| entry.spec == spec) {
            entries.push(Entry {
                spec: spec.to_owned(),
                is_named,
                is_asked,
            });
        }
    };
    for spec in DOCUMENTED {
        let has_key = match spec {
            "flickr" => keys.flickr.is_some(),
            "pexels" => keys.pexels.is_some(),
            "pixabay" => keys.pixabay.is_some(),
            _ => args.all,
        };
        let needs_none = matches!(spec, "openverse" | "wikimedia");
        // An engine without its key is told of, and cannot be asked.
        add(spec, false, has_key || !needs_none);
    }
    for spec in UNOFFICIAL {
        add(spec, args.all, args.all);
    }
    if config.engines.gallery != Endpoints::default().gallery {
        add("gallery", true, true);
    }
    entries
}

/// On what terms an engine of this name is asked.
pub(super) fn standing(spec: &str) -> Standing {
    if UNOFFICIAL.contains(&spec) {
        Standing::Unofficial
    } else {
        Standing::Documented
    }
}

/// Says whether an engine could not be built for want of its key, and of which variable and from where.
pub(super) fn missing_key(error: &CrawlError) -> Option<(&'static str, &'static str)> {
    match error {
        CrawlError::NoKey { variable, url, .. } => Some((variable, url)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Layers;

    fn list(args: &DoctorArgs, flags: &[(&str, &str)], keys: &Keys) -> Vec<String> {
        let mut layers = Layers::defaults();
        for (key, value) in flags {
            layers.flag(key, *value).unwrap();
        }
        let entries = entries(args, &layers.finish().unwrap(), keys);
        let shown = entries.iter().map(|entry| {
            let named = if entry.is_named { "!" } else { "" };
            let asked = if entry.is_asked { "" } else { "-" };
            format!("{asked}{}{named}", entry.spec)
        });
        shown.collect()
    }

    #[test]
    fn unofficial_engines_are_asked_only_when_named() {
        let all = |all, engines: &[&str]| DoctorArgs {
            engines: engines.iter().map(|e| (*e).to_owned()).collect(),
            all,
            ..DoctorArgs::default()
        };
        let keys = Keys::default();
        assert_eq!(
            list(&all(false, &[]), &[], &keys),
            [
                "openverse!",
                "wikimedia!",
                "flickr",
                "pexels",
                "pixabay",
                "-baidu",
                "-bing",
                "-duckduckgo"
            ]
        );
        assert_eq!(list(&all(false, &["bing"]), &[], &keys), ["bing!"]);
        let every = list(&all(true, &[]), &[], &keys);
        assert!(every.contains(&"baidu!".to_owned()), "{every:?}");
        assert!(every.contains(&"flickr".to_owned()), "{every:?}");
        let moved = [("engines.gallery", "http://127.0.0.1:9/")];
        let with_gallery = list(&all(false, &[]), &moved, &keys);
        assert_eq!(with_gallery.last().unwrap(), "gallery!");
    }
}
