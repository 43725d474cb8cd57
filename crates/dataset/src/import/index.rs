//! Lists of a JSON object a line, looked up by name: what an export of ours, or an imagefolder, says of each picture.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::DatasetError;
use crate::export::IndexLine;

/// Longest line in bytes; longer ones are passed over.
const LONGEST: u64 = 4 << 20;

/// A line that has a name.
pub(super) trait Named: DeserializeOwned {
    /// Its name.
    fn name(&self) -> &str;
}

impl Named for IndexLine {
    fn name(&self) -> &str {
        &self.key
    }
}

impl Named for Value {
    fn name(&self) -> &str {
        self["file_name"].as_str().unwrap_or_default()
    }
}

/// The two names that lines go by.
#[derive(Debug, Deserialize)]
struct Head {
    file_name: Option<String>,
    key: Option<String>,
}

/// A list on disk; some 30 bytes a line are in memory.
#[derive(Debug)]
pub(super) struct Index<T> {
    path: PathBuf,
    file: BufReader<File>,
    /// Where the line of a name begins, by the name's hash.
    places: HashMap<u64, u64>,
    line: PhantomData<fn() -> T>,
}

impl<T: Named> Index<T> {
    /// Goes through the list once; `None` when there is none.
    pub(super) fn open(path: &Path) -> Result<Option<Self>, DatasetError> {
        if !path.is_file() {
            return Ok(None);
        }
        let io = |e| DatasetError::io(path, e);
        let mut file = BufReader::new(File::open(path).map_err(io)?);
        let mut places = HashMap::new();
        let mut place = 0;
        let mut line = Vec::new();
        loop {
            let read = read_line(&mut file, &mut line).map_err(io)?;
            if read == 0 {
                break;
            }
            let head = serde_json::from_slice::<Head>(&line).ok();
            if let Some(name) = head.and_then(|head| head.file_name.or(head.key)) {
                places.entry(hash(&name)).or_insert(place);
            }
            place += read;
        }
        Ok(Some(Self {
            path: path.to_path_buf(),
            file,
            places,
            line: PhantomData,
        }))
    }

    /// What the list says of a name.
    pub(super) fn get(&mut self, name: &str) -> Result<Option<T>, DatasetError> {
        let Some(place) = self.places.get(&hash(name)) else {
            return Ok(None);
        };
        let io = |e| DatasetError::io(&self.path, e);
        self.file.seek(SeekFrom::Start(*place)).map_err(io)?;
        let mut line = Vec::new();
        read_line(&mut self.file, &mut line).map_err(io)?;
        let found = serde_json::from_slice::<T>(&line).ok();
        Ok(found.filter(|found| found.name() == name))
    }
}

/// Reads a line, of a long one only the beginning, and says how many bytes the whole has.
fn read_line(file: &mut BufReader<File>, line: &mut Vec<u8>) -> std::io::Result<u64> {
    line.clear();
    let mut read = file.by_ref().take(LONGEST).read_until(b'\n', line)? as u64;
    let mut rest = Vec::new();
    while read > 0 && line.last() != Some(&b'\n') && rest.last() != Some(&b'\n') {
        rest.clear();
        let more = file.by_ref().take(LONGEST).read_until(b'\n', &mut rest)? as u64;
        if more == 0 {
            break;
        }
        read += more;
    }
    Ok(read)
}

fn hash(name: &str) -> u64 {
    let hash = blake3::hash(name.as_bytes());
    u64::from_le_bytes(hash.as_bytes()[..8].try_into().expect("8 of 32 bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_whatever_stands_between_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metadata.jsonl");
        let long = "x".repeat(5 << 20);
        let text = format!(
            "{{\"file_name\":\"a.jpg\",\"label\":3}}\n{long}\nno json\n\n{{\"file_name\":\"b/c.jpg\",\"label\":1,\"title\":\"t\"}}"
        );
        std::fs::write(&path, text).unwrap();
        let mut index = Index::<Value>::open(&path).unwrap().unwrap();
        assert_eq!(index.get("b/c.jpg").unwrap().unwrap()["title"], "t");
        assert_eq!(index.get("a.jpg").unwrap().unwrap()["label"], 3);
        assert!(index.get("c.jpg").unwrap().is_none());
        assert!(
            Index::<Value>::open(&folder.path().join("none"))
                .unwrap()
                .is_none()
        );
    }
}
