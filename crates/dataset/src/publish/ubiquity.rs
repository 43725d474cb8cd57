//! Pictures that so many hosts serve that they show none of the names: "image not available", default avatars, logos of a shop system.
//!
//! Copies of a photograph are made anew wherever they are shown, in another size or at another quality. What is served with the very
//! same pixels by ever more hosts comes with the software of these hosts. Only what is decided counts, since how much comes beyond a
//! goal is a matter of timing.

use std::collections::{BTreeMap, BTreeSet};

use super::candidate::Candidate;
use super::unit::host_of;
use crate::dataset::State;
use crate::pixels::SampleId;

/// How many hosts serve each picture, whatever the names that they were found for.
#[derive(Debug)]
pub(super) struct Ubiquity<'a> {
    hosts: BTreeMap<SampleId, BTreeSet<&'a str>>,
    /// From so many hosts on it is a placeholder; 0 for never.
    limit: u32,
}

impl<'a> Ubiquity<'a> {
    pub(super) fn of(candidates: &'a [Candidate], limit: u32) -> Self {
        let mut hosts: BTreeMap<SampleId, BTreeSet<&str>> = BTreeMap::new();
        let is_decided = |state| matches!(state, State::Kept | State::Superseded | State::Flawed);
        for candidate in candidates.iter().filter(|one| is_decided(one.state)) {
            if let (true, Some(sample)) = (limit > 0, &candidate.sample) {
                let host = host_of(&candidate.url);
                hosts.entry(sample.id).or_default().insert(host);
            }
        }
        Self { hosts, limit }
    }

    /// Whether a picture is a placeholder by this.
    pub(super) fn is_placeholder(&self, candidate: &Candidate) -> bool {
        let sample = candidate.sample.as_ref();
        let hosts = sample.and_then(|sample| self.hosts.get(&sample.id));
        self.limit > 0 && hosts.is_some_and(|hosts| hosts.len() >= self.limit as usize)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::dataset::Dataset;
    use crate::dataset::stand_in::good;
    use crate::publish::Snapshot;
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
        assert!(thrown[0].detail.contains("hosts"), "{}", thrown[0].detail);
        dataset.restore(&[thrown[0].sample], None).unwrap();
        dataset.publish(&["owl".to_owned()]).unwrap();
        assert_eq!(Snapshot::newest(root).unwrap().rows.len(), 5);
        assert!(thrown_out(root).unwrap().is_empty());
    }

    #[test]
    fn many_addresses_of_one_host_and_no_limit_leave_a_picture_in() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let settings = DatasetSettings {
            placeholder_hosts: 0,
            ..DatasetSettings::default()
        };
        let mut dataset = Dataset::create(root, &settings).unwrap();
        let batch = (0..40).map(|seq| {
            let mut arrival = good("owl", seq, 1, 100);
            arrival.url = format!("http://host-{seq}.example/a.png");
            arrival
        });
        dataset.commit(batch.collect()).unwrap();
        dataset.publish(&["owl".to_owned()]).unwrap();
        assert_eq!(Snapshot::newest(root).unwrap().rows.len(), 1);
        let folder = tempfile::tempdir().unwrap();
        let mut dataset = Dataset::create(folder.path(), &DatasetSettings::default()).unwrap();
        let batch = (0..40).map(|seq| good("owl", seq, 1, 100));
        dataset.commit(batch.collect()).unwrap();
        dataset.publish(&["owl".to_owned()]).unwrap();
        assert_eq!(Snapshot::newest(folder.path()).unwrap().rows.len(), 1);
    }
}
