//! Pictures that so many sites serve that they show none of the names: "image not available", default avatars, logos of a shop system.
//!
//! Copies of a photograph are mostly made anew wherever they are shown, in another size or at another quality. What ever more sites serve
//! with the very same pixels comes with their software. Only what is decided counts, since how much comes beyond a goal is a matter of
//! timing, and only the names that are published, so that what was crawled before leaves no trace.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::candidate::Candidate;
use super::unit::host_of;
use crate::dataset::{State, is_chosen};
use crate::pixels::SampleId;

/// How many sites serve each picture, whatever the names that they were found for.
#[derive(Debug)]
pub(super) struct Ubiquity<'a> {
    sites: BTreeMap<SampleId, BTreeSet<&'a str>>,
    /// From so many sites on it is a placeholder; 0 for never.
    limit: u32,
}

impl<'a> Ubiquity<'a> {
    pub(super) fn of(candidates: &'a [Candidate], names: &[String], limit: u32) -> Self {
        let mut sites: BTreeMap<SampleId, BTreeSet<&str>> = BTreeMap::new();
        let names: BTreeSet<&str> = names.iter().map(String::as_str).collect();
        let counts = |one: &&Candidate| {
            let is_decided = matches!(one.state, State::Kept | State::Superseded | State::Flawed);
            is_decided && names.contains(one.label.as_str())
        };
        let all = if limit == 0 { &[] } else { candidates };
        for candidate in all.iter().filter(counts) {
            if let (Some(sample), Some(site)) = (&candidate.sample, site(&candidate.url)) {
                sites.entry(sample.id).or_default().insert(site);
            }
        }
        Self { sites, limit }
    }

    /// Whether a picture is a placeholder by this; never one that a person has chosen.
    pub(super) fn is_placeholder(&self, candidate: &Candidate) -> bool {
        let sample = candidate.sample.as_ref();
        let sites = sample.and_then(|sample| self.sites.get(&sample.id));
        sites.is_some_and(|sites| sites.len() >= self.limit as usize)
            && !candidate.vouched().is_beside_others()
            && !is_chosen(&candidate.provenance.engine)
    }
}

/// What tells sites apart: the last two parts of a host's name, so that `img1.example.org` and `img2.example.org` are one; `None` for a file.
///
/// Below a suffix of two parts, such as `co.uk`, all sites pass for one, which leaves a placeholder in rather than a photograph out.
fn site(url: &str) -> Option<&str> {
    let host = host_of(url);
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    if name.is_empty() || name.starts_with('[') || name.parse::<IpAddr>().is_ok() {
        return Some(name).filter(|name| !name.is_empty());
    }
    let last_two = name.rmatch_indices('.').nth(1);
    Some(last_two.map_or(name, |(dot, _)| &name[dot + 1..]))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::dataset::Dataset;
    use crate::dataset::stand_in::good;
    use crate::publish::Snapshot;
    use crate::records::Intake;
    use crate::store::settings::DatasetSettings;
    use crate::thrown_out;

    /// A dataset of one name with four pictures of its own and one that `hosts` hosts serve.
    fn served_by(root: &Path, hosts: u64) -> Dataset {
        let settings = DatasetSettings {
            placeholder_hosts: 5,
            ..DatasetSettings::default()
        };
        let mut dataset = Dataset::create(root, &settings).unwrap();
        let own = (0..4).map(|seq| good("owl", seq, 10 + seq, 100));
        let everywhere = (0..hosts).map(|host| {
            let mut arrival = good("owl", 4 + host, 1, 100);
            arrival.url = format!("http://host-{host}.example/a.png");
            arrival
        });
        dataset.commit(own.chain(everywhere).collect()).unwrap();
        dataset
    }

    #[test]
    fn what_so_many_hosts_serve_is_left_out_and_can_be_taken_back() {
        for (hosts, published) in [(4, 5), (5, 4)] {
            let folder = tempfile::tempdir().unwrap();
            let root = folder.path();
            let mut dataset = served_by(root, hosts);
            dataset.publish(&["owl".to_owned()]).unwrap();
            let rows = Snapshot::newest(root).unwrap().rows;
            assert_eq!(rows.len(), published, "{hosts} hosts");
        }
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let mut dataset = served_by(root, 5);
        let publication = dataset.publish(&["owl".to_owned()]).unwrap();
        let conflict = &publication.names[0].conflicts[0];
        assert_eq!(conflict.kind, "placeholder");
        assert_eq!(conflict.sample, conflict.other_sample);
        let thrown = thrown_out(root).unwrap();
        assert_eq!(thrown.len(), 1, "{thrown:?}");
        assert_eq!(
            (thrown[0].reason.as_str(), thrown[0].of),
            ("placeholder", None)
        );
        assert!(thrown[0].detail.contains("sites"), "{}", thrown[0].detail);
        dataset.restore(&[thrown[0].sample], None).unwrap();
        dataset.publish(&["owl".to_owned()]).unwrap();
        assert_eq!(Snapshot::newest(root).unwrap().rows.len(), 5);
        assert!(thrown_out(root).unwrap().is_empty());
    }

    /// Publishes one picture from the addresses that `url` gives for each of forty places.
    fn published(settings: &DatasetSettings, url: impl Fn(u64) -> String, engine: &str) -> usize {
        let folder = tempfile::tempdir().unwrap();
        let mut dataset = Dataset::create(folder.path(), settings).unwrap();
        let batch = (0..40).map(|seq| {
            let mut arrival = good("owl", seq, 1, 100);
            arrival.url = url(seq);
            // The first is the one that is kept.
            if seq == 0 {
                engine.clone_into(&mut arrival.claims[0].provenance.engine);
            }
            arrival
        });
        let more = good("owl", 40, 2, 100);
        dataset.commit(batch.chain([more]).collect()).unwrap();
        dataset.publish(&["owl".to_owned()]).unwrap();
        Snapshot::newest(folder.path()).unwrap().rows.len()
    }

    fn anywhere(seq: u64) -> String {
        format!("http://host-{seq}.example/a.png")
    }

    #[test]
    fn without_a_limit_and_from_a_person_s_folder_it_stays() {
        let usual = DatasetSettings::default;
        let unlimited = DatasetSettings {
            placeholder_hosts: 0,
            ..usual()
        };
        assert_eq!(published(&usual(), anywhere, "bing"), 1);
        assert_eq!(published(&unlimited, anywhere, "bing"), 2);
        assert_eq!(published(&usual(), anywhere, "folder:photos"), 2);
    }

    #[test]
    fn hosts_of_one_site_are_one() {
        let numbered = |seq| format!("http://img{seq}.shop.example/a.png");
        let ports = |seq| format!("http://shop.example:{}/a.png", 8000 + seq);
        let files = |seq| format!("file:///home/{seq}/a.png");
        for url in [&numbered as &dyn Fn(u64) -> String, &ports, &files] {
            let count = published(&DatasetSettings::default(), url, "bing");
            assert_eq!(count, 2, "{}", url(0));
        }
        let addresses = |seq| format!("http://10.0.0.{seq}/a.png");
        assert_eq!(published(&DatasetSettings::default(), addresses, "bing"), 1);
    }

    #[test]
    fn a_name_that_left_the_list_and_what_is_beyond_the_goal_do_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let mut dataset = Dataset::create(root, &DatasetSettings::default()).unwrap();
        let intake = |label: &str, goal| Intake {
            label: label.to_owned(),
            goal,
            from_seq: 0,
        };
        dataset
            .begin(&[intake("owl", Some(2)), intake("bird", None)])
            .unwrap();
        let served = |label: &str, seq: u64, host: u64| {
            let mut arrival = good(label, seq, 1, 100);
            arrival.url = format!("http://{label}-{host}.example/a.png");
            arrival
        };
        // Of owl five decided copies, and as many when its goal is reached; six of bird.
        let mut batch: Vec<_> = (0..5).map(|seq| served("owl", seq, seq)).collect();
        batch.push(good("owl", 5, 2, 100));
        batch.extend((6..12).map(|seq| served("owl", seq, seq)));
        batch.extend((0..6).map(|seq| served("bird", seq, seq)));
        batch.push(good("bird", 6, 3, 100));
        dataset.commit(batch).unwrap();
        let mut rows = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(ToString::to_string).collect();
            dataset.publish(&names).unwrap();
            Snapshot::newest(root).unwrap().rows.len()
        };
        assert_eq!(rows(&["owl"]), 2, "eleven hosts, five of them decided");
        assert_eq!(rows(&["owl", "bird"]), 2, "eleven hosts in both");
        assert_eq!(rows(&["owl"]), 2);
    }
}
