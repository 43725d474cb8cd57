//! What a crawl needs of the machine.

use std::path::Path;
use std::time::{Duration, SystemTime};

use trawl_training::{DeviceKind, TrainError};

use super::check::{Check, Level};
use crate::config::{ByteSize, Config, environment};
use crate::locate::DATA;

/// Room below which a crawl is likely to fill the disk: some sixty thousand samples of 17 kB.
const LITTLE_ROOM: u64 = 1_000_000_000;
/// Room below which it will.
const NO_ROOM: u64 = 50_000_000;
/// A clock that is before this moment (1 January 2026) is certainly wrong: the program is younger.
const YOUNGEST: u64 = 1_767_225_600;
/// A clock may differ this much from an engine's: answers take time, and some are kept by caches.
const LARGEST_SKEW: Duration = Duration::from_mins(5);

/// Whether datasets can be written where the person stands.
pub(super) fn folder() -> Vec<Check> {
    let data = Path::new(DATA);
    let (place, said) = if data.is_dir() {
        (data, "data/".to_owned())
    } else {
        (
            Path::new("."),
            "data/ is not there yet, and this folder".to_owned(),
        )
    };
    let written = match tempfile::Builder::new()
        .prefix(".trawl-")
        .tempfile_in(place)
    {
        Ok(file) => file.close().map(drop),
        Err(error) => Err(error),
    };
    let writable = match written {
        Ok(()) => Check::machine(
            "data folder",
            Level::Ok,
            format!("{said} can be written to"),
        ),
        Err(error) => Check::machine(
            "data folder",
            Level::Fail,
            format!("{said} cannot be written to: {error}"),
        )
        .next("change to a folder of your own, or name one with `trawl crawl --out DIR`"),
    };
    vec![writable, room(place)]
}

fn room(place: &Path) -> Check {
    match free(place) {
        None => Check::machine("room", Level::Skip, "how much is free is not known here"),
        Some(free) => {
            let found = format!("{} free", ByteSize(free));
            let next = "free some space, or name a folder on another disk with --out; `trawl crawl NAMES --dry-run` says how much it takes";
            match free {
                0..NO_ROOM => Check::machine("room", Level::Fail, found).next(next),
                NO_ROOM..LITTLE_ROOM => Check::machine("room", Level::Warn, found).next(next),
                _ => Check::machine("room", Level::Ok, found),
            }
        }
    }
}

/// Bytes that this user may still write.
#[cfg(unix)]
fn free(place: &Path) -> Option<u64> {
    let room = rustix::fs::statvfs(place).ok()?;
    Some(room.f_bavail.saturating_mul(room.f_frsize))
}

#[cfg(not(unix))]
fn free(_place: &Path) -> Option<u64> {
    None
}

/// Compares the clock with those of the engines that answered.
pub(super) fn clock(others: &[(String, Duration)]) -> Check {
    let now = SystemTime::now();
    let shown = humantime::format_rfc3339_seconds(now);
    let next = "set the clock, best by NTP: certificates, quotas and dates depend on it";
    let unix = now
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    if unix < YOUNGEST {
        let found = format!("{shown}, which is long past");
        return Check::machine("clock", Level::Fail, found).next(next);
    }
    // One engine may be wrong; this machine is when all of them say so.
    match others.iter().min_by_key(|(_, skew)| *skew) {
        None => Check::machine(
            "clock",
            Level::Ok,
            format!("{shown}; no engine's clock to compare it with"),
        ),
        Some((engine, skew)) if *skew > LARGEST_SKEW => Check::machine(
            "clock",
            Level::Warn,
            format!(
                "{shown}, {} s away from the clock of {engine}",
                skew.as_secs()
            ),
        )
        .next(next),
        Some((engine, _)) => Check::machine("clock", Level::Ok, format!("{shown}, as at {engine}")),
    }
}

/// Where the configuration comes from; it was read without a complaint.
pub(super) fn configuration(file: Option<&Path>) -> Check {
    let mut sources = vec!["the defaults".to_owned()];
    sources.extend(file.map(|file| file.display().to_string()));
    sources.extend(environment::own_variables());
    Check::machine("configuration", Level::Ok, sources.join(", "))
}

/// Whether those who are asked can write to somebody.
pub(super) fn contact(config: &Config) -> Check {
    match config.crawl.contact.trim() {
        "" => Check::machine("contact", Level::Warn, "none is set; some engines and hosts refuse then").next(
            "set crawl.contact to an address or page of yours, or TRAWL_CRAWL_CONTACT, or give --contact",
        ),
        contact => Check::machine("contact", Level::Ok, format!("{contact}, sent with every request")),
    }
}

/// What requests go through.
pub(super) fn proxy(config: &Config) -> Check {
    let unused = environment::proxy_variables();
    match config.shown_proxy() {
        proxy if !proxy.is_empty() => Check::machine(
            "proxy",
            Level::Ok,
            format!("every request goes through {proxy}, which also resolves the names"),
        ),
        _ if !unused.is_empty() => Check::machine(
            "proxy",
            Level::Warn,
            format!(
                "{} set in the environment, which trawl does not use",
                unused.join(", ")
            ),
        )
        .next("if this network needs a proxy, set crawl.proxy or TRAWL_CRAWL_PROXY"),
        _ => Check::machine("proxy", Level::Ok, "none"),
    }
}

/// What can train, and whether that is what the configuration asks for.
pub(super) fn devices(config: &Config) -> Vec<Check> {
    let kinds = [
        DeviceKind::Flex,
        DeviceKind::NdArray,
        DeviceKind::Wgpu,
        DeviceKind::Cuda,
    ];
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut usable = Vec::new();
    let mut checks = Vec::new();
    for kind in kinds {
        match kind.check() {
            Ok(()) => usable.push(match kind {
                DeviceKind::Flex => format!("flex (CPU, {threads} threads)"),
                other => other.to_string(),
            }),
            Err(TrainError::DeviceMissing { .. }) => {}
            Err(error) => checks.push(
                Check::machine("device", Level::Warn, error.to_string())
                    .next("mend its driver, or train with --device flex"),
            ),
        }
    }
    let found = format!("{} can train", usable.join(", "));
    let wanted = config.train.device.parse::<DeviceKind>();
    let complaint = match wanted {
        Ok(kind) => kind.check().err().map(|error| error.to_string()),
        Err(complaint) => Some(complaint),
    };
    checks.push(match complaint {
        None => Check::machine("training", Level::Ok, found),
        Some(complaint) => Check::machine(
            "training",
            Level::Fail,
            format!("{found}, and train.device asks for another: {complaint}"),
        )
        .next("set train.device = \"auto\", or build with the cargo feature of that device"),
    });
    checks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Layers;

    #[test]
    fn a_clock_is_wrong_when_every_engine_says_so() {
        let at = |engine: &str, seconds| (engine.to_owned(), Duration::from_secs(seconds));
        assert_eq!(clock(&[at("a", 9_000), at("b", 3)]).level, Level::Ok);
        let wrong = clock(&[at("a", 9_000), at("b", 301)]);
        assert_eq!(wrong.level, Level::Warn);
        assert!(wrong.found.contains("301 s") && wrong.next.is_some());
        assert_eq!(clock(&[]).level, Level::Ok);
    }

    #[test]
    fn a_proxy_is_told_without_its_password() {
        let mut layers = Layers::defaults();
        let proxy = "http://me:s3cret@proxy.example:3128";
        layers.flag("crawl.proxy", proxy).unwrap();
        let found = super::proxy(&layers.finish().unwrap()).found;
        assert!(found.contains("http://proxy.example:3128"), "{found}");
        assert!(!found.contains("s3cret"), "{found}");
    }

    #[test]
    fn a_device_that_is_not_built_in_fails_only_when_it_is_asked_for() {
        let config = |device: &str| {
            let mut layers = Layers::defaults();
            layers.flag("train.device", device).unwrap();
            layers.finish().unwrap()
        };
        let last = |device| devices(&config(device)).pop().unwrap();
        assert_eq!(last("auto").level, Level::Ok);
        assert!(last("auto").found.contains("flex (CPU"));
        assert_eq!(last("tpu").level, Level::Fail);
    }
}
