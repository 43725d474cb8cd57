//! Tar shards: files side by side whose names are alike up to the first dot are one sample.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use tar::{Archive, Entry, PaxExtensions};

use super::bytes::foreign;
use super::found::{Class, Content, Found, Give, Halt, Picture, Place, is_picture};
use super::{LARGEST, told};
use crate::error::DatasetError;

/// Longest text of a sample, and longest extension of a head, in bytes.
const TEXT: u64 = 4 << 20;
/// Most files of a sample that are kept until it is complete.
const FIELDS: usize = 64;

/// The files of one sample.
#[derive(Debug, Default)]
struct Sample {
    key: String,
    fields: BTreeMap<String, Vec<u8>>,
    flaw: Option<&'static str>,
}

/// Reads one shard. Names are only compared, never made into paths.
pub(super) fn read(path: &Path, give: &mut Give<'_>) -> Result<(), Halt> {
    let io = |e| DatasetError::io(path, e);
    let broken = |e: std::io::Error| {
        foreign(
            path,
            &format!("it is cut short or no tar file ({e}); fetch or unpack it again"),
        )
    };
    let file = File::open(path).map_err(io)?;
    let mut archive = Archive::new(BufReader::with_capacity(1 << 16, file));
    let mut sample = Sample::default();
    let mut long_name: Option<Vec<u8>> = None;
    for entry in archive.entries().map_err(broken)?.raw(true) {
        let mut entry = entry.map_err(broken)?;
        let kind = entry.header().entry_type();
        if kind.is_gnu_longname() || kind.is_pax_local_extensions() {
            let Some(text) = limited(&mut entry, TEXT).map_err(broken)? else {
                return Err(foreign(path, "a name in it has more than 4 MiB").into());
            };
            long_name = if kind.is_gnu_longname() {
                Some(text.split(|b| *b == 0).next().unwrap_or_default().to_vec())
            } else {
                pax_path(&text).or(long_name)
            };
            continue;
        }
        let name = long_name
            .take()
            .unwrap_or_else(|| entry.header().path_bytes().into_owned());
        if kind.is_pax_global_extensions() || kind.is_gnu_longlink() || kind.is_dir() {
            continue;
        }
        let place = || Place::within(path, &String::from_utf8_lossy(&name));
        if !kind.is_file() && !kind.is_contiguous() {
            give(Found::Skipped("no-plain-file", place()))?;
            continue;
        }
        let Some((key, ending)) = std::str::from_utf8(&name).ok().and_then(parts) else {
            give(Found::Skipped("unsafe-name", place()))?;
            continue;
        };
        if ending.is_empty() {
            continue;
        }
        if key != sample.key {
            finish(path, std::mem::take(&mut sample), give)?;
            key.clone_into(&mut sample.key);
        }
        let most = if is_picture(ending.rsplit('.').next().unwrap_or_default()) {
            LARGEST
        } else {
            TEXT
        };
        match limited(&mut entry, most).map_err(broken)? {
            None => sample.flaw = Some("too-large"),
            Some(content) => {
                let is_full = sample.fields.len() >= FIELDS;
                if is_full || sample.fields.insert(ending.clone(), content).is_some() {
                    sample.flaw = Some("mixed-sample");
                }
            }
        }
    }
    finish(path, sample, give)
}

/// Cuts a name into key and ending, which is made lower case; `None` for one that leads out of any folder.
fn parts(name: &str) -> Option<(&str, String)> {
    if name.starts_with(['/', '\\']) || name.split(['/', '\\']).any(|part| part == "..") {
        return None;
    }
    let base = name.rfind('/').map_or(0, |at| at + 1);
    if name[base..].starts_with("__") {
        return Some((name, String::new()));
    }
    let dot = name[base..].find('.').map(|at| base + at);
    // A hidden file has no key.
    Some(match dot {
        Some(dot) if dot > base => (&name[..dot], name[dot + 1..].to_ascii_lowercase()),
        _ => (name, String::new()),
    })
}

/// Reads a file of the archive unless it is longer than that. Its length is what its head says, and no more is read than is there.
fn limited<R: Read>(entry: &mut Entry<'_, R>, most: u64) -> std::io::Result<Option<Vec<u8>>> {
    let size = entry.header().entry_size()?;
    if size > most {
        return Ok(None);
    }
    let mut content = Vec::new();
    entry.take(most).read_to_end(&mut content)?;
    if content.len() as u64 == size {
        Ok(Some(content))
    } else {
        Err(std::io::ErrorKind::UnexpectedEof.into())
    }
}

fn pax_path(text: &[u8]) -> Option<Vec<u8>> {
    PaxExtensions::new(text)
        .flatten()
        .find(|extension| extension.key_bytes() == b"path")
        .map(|extension| extension.value_bytes().to_vec())
}

fn finish(path: &Path, mut sample: Sample, give: &mut Give<'_>) -> Result<(), Halt> {
    if sample.key.is_empty() {
        return Ok(());
    }
    let place = Place::within(path, &sample.key);
    if let Some(flaw) = sample.flaw {
        return give(Found::Skipped(flaw, place));
    }
    let picture = sample
        .fields
        .keys()
        .find(|ending| is_picture(ending.rsplit('.').next().unwrap_or_default()))
        .cloned();
    let Some(bytes) = picture.and_then(|ending| sample.fields.remove(&ending)) else {
        return give(Found::Skipped("no-picture", place));
    };
    let json: Option<serde_json::Value> = sample
        .fields
        .get("json")
        .and_then(|text| serde_json::from_slice(text).ok());
    let facts = json.as_ref().map(told::facts).unwrap_or_default();
    let key = sample.key.rsplit('/').next().unwrap_or_default().to_owned();
    give(Found::Picture(Box::new(Picture {
        place,
        key,
        content: Content::File(bytes),
        class: class(&sample.fields, json.as_ref()),
        facts,
    })))
}

/// The class: its own file, a field of the JSON, or, where there is neither, the caption.
fn class(fields: &BTreeMap<String, Vec<u8>>, json: Option<&serde_json::Value>) -> Class {
    let text = |ending: &str| {
        let text = fields.get(ending).and_then(|t| std::str::from_utf8(t).ok());
        text.map(str::trim).filter(|text| !text.is_empty())
    };
    if let Some(text) = text("cls") {
        return text
            .parse()
            .map_or_else(|_| Class::Label(text.to_owned()), Class::Index);
    }
    if let Some(class) = json.and_then(told::class) {
        return class;
    }
    let caption = json.and_then(|json| json["caption"].as_str());
    text("txt")
        .or(caption)
        .map_or(Class::None, |text| Class::Label(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_cut_at_its_first_dot_and_leads_nowhere() {
        let cut = |name| parts(name).map(|(key, ending)| (key.to_owned(), ending));
        let pair = |key: &str, ending: &str| Some((key.to_owned(), ending.to_owned()));
        assert_eq!(cut("a.b/c.seg.JPG"), pair("a.b/c", "seg.jpg"));
        assert_eq!(cut("./0001.jpg"), pair("./0001", "jpg"));
        assert_eq!(cut("a/.hidden"), pair("a/.hidden", ""));
        assert_eq!(cut("x/__meta__.json"), pair("x/__meta__.json", ""));
        for name in ["/etc/passwd.jpg", "../a.jpg", "a/../../b.jpg", "\\a.jpg"] {
            assert_eq!(cut(name), None, "{name}");
        }
    }
}
