//! Feature rows on disk: one file an image, checked when read, the least recently used removed first.

use std::collections::HashSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::TrainError;
use crate::network::POOL5;

/// Begins every row file; the digit changes with the layout.
const MAGIC: &[u8; 8] = b"trawlft1";
const HASH: usize = 32;
/// Bytes of one row file: magic, blake3 of the values, values as little-endian f32.
pub(crate) const ROW_BYTES: u64 = (MAGIC.len() + HASH + 4 * POOL5) as u64;

/// What the features of an image depend on besides its pixels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FeatureKind<'a> {
    /// Hash of the weights file.
    pub(crate) weights: &'a str,
    /// [`trawl_dataset::Preparation::name`].
    pub(crate) preparation: &'a str,
    /// Kind of device: devices round differently.
    pub(crate) device: &'a str,
}

impl FeatureKind<'_> {
    /// Names the folder of these features: 32 hex digits.
    fn key(&self) -> String {
        let parts = [
            self.weights,
            "vgg16",
            "pool5",
            self.preparation,
            "centre",
            "f32",
            self.device,
        ];
        let mut hash = blake3::Hasher::new();
        for part in parts {
            // The length keeps ("ab", "c") apart from ("a", "bc").
            hash.update(&(part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        hash.finalize().to_hex()[..32].to_owned()
    }
}

/// The cache of one dataset, opened for one kind of features.
#[derive(Debug)]
pub(crate) struct FeatureCache {
    /// `<dataset>/cache/features`, all kinds.
    all: PathBuf,
    /// The folder of this kind.
    own: PathBuf,
    cap: u64,
}

impl FeatureCache {
    /// Opens the cache; nothing is made on disk until a row is stored.
    pub(crate) fn open(dataset: &Path, kind: FeatureKind<'_>, cap: u64) -> Self {
        let all = dataset.join("cache").join("features");
        let own = all.join(kind.key());
        Self { all, own, cap }
    }

    /// Gives the row of an image, or nothing when it is absent or not as it was written.
    pub(crate) fn get(&self, id: &str) -> Option<Vec<f32>> {
        let path = self.path(id);
        let values = decode(&fs::read(&path).ok()?)?;
        // The time of the last use is the file's; a cache that cannot be written is still read.
        if let Ok(file) = File::options().append(true).open(&path) {
            drop(file.set_modified(SystemTime::now()));
        }
        Some(values)
    }

    /// Stores the row of an image. It is not synced: a row that a crash tears fails its check and is computed again.
    pub(crate) fn put(&self, id: &str, values: &[f32]) -> Result<(), TrainError> {
        let path = self.path(id);
        let folder = path.parent().expect("a row lies in a folder of its kind");
        fs::create_dir_all(folder).map_err(|error| TrainError::io("create", folder, error))?;
        let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
        fs::write(&temporary, encode(values))
            .and_then(|()| fs::rename(&temporary, &path))
            .map_err(|error| {
                drop(fs::remove_file(&temporary));
                TrainError::io("write", &path, error)
            })
    }

    /// Removes the least recently used rows until `incoming` more bytes fit under the cap; rows of `keep` stay.
    pub(crate) fn make_room(&self, incoming: u64, keep: &HashSet<String>) {
        let mut files = Vec::new();
        collect(&self.all, &mut files);
        let mut total: u64 = files.iter().map(|file| file.bytes).sum();
        files.sort_by_key(|file| file.used);
        for file in files {
            if total.saturating_add(incoming) <= self.cap {
                break;
            }
            let kept = file.path.starts_with(&self.own)
                && file
                    .path
                    .file_stem()
                    .is_some_and(|id| keep.contains(&*id.to_string_lossy()));
            // Another process may have been faster; a row that cannot be removed is tried again next time.
            if !kept && fs::remove_file(&file.path).is_ok() {
                total -= file.bytes;
            }
        }
    }

    /// Removes the least recently used rows until the cap is kept.
    pub(crate) fn trim(&self) {
        self.make_room(0, &HashSet::new());
    }

    /// Takes a row out, so that a test sees it computed.
    #[cfg(test)]
    #[cfg(feature = "builtin-weights")]
    pub(crate) fn remove(&self, id: &str) {
        fs::remove_file(self.path(id)).expect("the row is there");
    }

    fn path(&self, id: &str) -> PathBuf {
        self.own.join(&id[..2]).join(format!("{id}.pool5"))
    }
}

/// A row file as the sweep sees it.
struct Stored {
    path: PathBuf,
    bytes: u64,
    used: SystemTime,
}

/// Lists the files below a folder; what cannot be read is left out.
fn collect(folder: &Path, files: &mut Vec<Stored>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let Ok(metadata) = entry.metadata() else {
            continue;
        };
        if metadata.is_dir() {
            collect(&entry.path(), files);
        } else if let Ok(used) = metadata.modified() {
            files.push(Stored {
                path: entry.path(),
                bytes: metadata.len(),
                used,
            });
        }
    }
}

fn encode(values: &[f32]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(MAGIC.len() + HASH + 4 * values.len());
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&[0; HASH]);
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    let hash = blake3::hash(&bytes[MAGIC.len() + HASH..]);
    bytes[MAGIC.len()..MAGIC.len() + HASH].copy_from_slice(hash.as_bytes());
    bytes
}

fn decode(bytes: &[u8]) -> Option<Vec<f32>> {
    let (hash, payload) = bytes.strip_prefix(MAGIC)?.split_first_chunk::<HASH>()?;
    let whole = payload.len() == 4 * POOL5 && blake3::hash(payload) == *hash;
    whole.then(|| {
        payload
            .as_chunks::<4>()
            .0
            .iter()
            .map(|bytes| f32::from_le_bytes(*bytes))
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const KIND: FeatureKind<'static> = FeatureKind {
        weights: "w",
        preparation: "p",
        device: "flex",
    };

    fn row(value: f32) -> Vec<f32> {
        vec![value; POOL5]
    }

    #[test]
    fn a_row_is_given_back_as_stored_and_only_to_its_kind() {
        let folder = tempfile::tempdir().unwrap();
        let cache = FeatureCache::open(folder.path(), KIND, u64::MAX);
        assert_eq!(cache.get("abcd"), None);
        cache.put("abcd", &row(1.5)).unwrap();
        assert_eq!(cache.get("abcd"), Some(row(1.5)));
        assert_eq!(fs::metadata(cache.path("abcd")).unwrap().len(), ROW_BYTES);
        let other = FeatureKind {
            weights: "wp",
            preparation: "",
            ..KIND
        };
        assert_eq!(
            FeatureCache::open(folder.path(), other, 0).get("abcd"),
            None
        );
    }

    #[test]
    fn a_torn_or_damaged_row_counts_as_absent() {
        let folder = tempfile::tempdir().unwrap();
        let cache = FeatureCache::open(folder.path(), KIND, u64::MAX);
        cache.put("abcd", &row(1.0)).unwrap();
        let path = cache.path("abcd");
        let good = fs::read(&path).unwrap();
        for damage in [0, 20, 5000] {
            let mut bytes = good.clone();
            bytes[damage] ^= 1;
            fs::write(&path, bytes).unwrap();
            assert_eq!(cache.get("abcd"), None, "byte {damage}");
        }
        fs::write(&path, &good[..good.len() / 2]).unwrap();
        assert_eq!(cache.get("abcd"), None);
        fs::write(&path, good).unwrap();
        assert!(cache.get("abcd").is_some());
    }

    #[test]
    fn the_least_recently_used_rows_go_first_and_kept_ones_stay() {
        let folder = tempfile::tempdir().unwrap();
        let cache = FeatureCache::open(folder.path(), KIND, 3 * ROW_BYTES);
        let now = SystemTime::now();
        for (age, id) in [(50, "aa01"), (40, "bb02"), (30, "cc03")] {
            cache.put(id, &row(1.0)).unwrap();
            let file = File::options().append(true).open(cache.path(id)).unwrap();
            file.set_modified(now - Duration::from_secs(age)).unwrap();
        }
        assert!(cache.get("aa01").is_some(), "reading makes it the newest");
        cache.make_room(ROW_BYTES, &HashSet::new());
        assert!(cache.get("bb02").is_none());
        assert!(cache.get("cc03").is_some() && cache.get("aa01").is_some());

        let keep = HashSet::from(["cc03".to_owned()]);
        cache.make_room(10 * ROW_BYTES, &keep);
        assert!(cache.get("aa01").is_none() && cache.get("cc03").is_some());
        let small = FeatureCache::open(folder.path(), KIND, 1);
        small.trim();
        assert!(cache.get("cc03").is_none());
    }
}
