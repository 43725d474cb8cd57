use std::fs;
use std::path::{Path, PathBuf};

use percent_encoding::percent_decode_str;
use url::Url;

use super::shelf::{Shelf, Texts, first};
use super::{Answer, Ask, EngineState, Hit, Page, SearchEngine, Standing};
use crate::CrawlError;
use crate::names::normal_label;

/// Deepest nesting that is walked; deeper folders are most likely a loop of mounts.
const DEPTH: u32 = 32;

/// Gives out the files of a folder that has one folder a label.
///
/// Files are listed in the order of their paths. Links are followed only where they stay inside the folder;
/// hidden files and folders are left out. What is kept of a file is the end of its path, some 20 bytes.
#[derive(Debug)]
pub(super) struct Folder {
    id: String,
    shelf: Shelf<Texts>,
}

impl Folder {
    pub(super) fn read(id: String, path: &Path) -> Result<Self, CrawlError> {
        let root = path.canonicalize().map_err(|e| CrawlError::io(path, e))?;
        let mut shelf = Shelf::<Texts>::default();
        for entry in entries(&root)? {
            let name = entry.file_name().unwrap_or_default().to_string_lossy();
            let label = normal_label(&name);
            if label.is_empty() || !inside(&root, &entry).is_some_and(|real| real.is_dir()) {
                continue;
            }
            walk(&root, &entry, 0, &mut |file| {
                if let Ok(url) = Url::from_file_path(file) {
                    shelf.of(&label).add(url.into());
                }
            })?;
        }
        shelf.each(Texts::close);
        Ok(Self { id, shelf })
    }

    fn page(&self, label: &str, cursor: Option<&str>) -> Page {
        let Some(files) = self.shelf.get(label) else {
            return Page::default();
        };
        let (files, next) = files.page(first(cursor));
        Page {
            hits: files.into_iter().map(hit).collect(),
            next: next.map(|next| next.to_string()),
            pause: None,
        }
    }
}

impl SearchEngine for Folder {
    fn id(&self) -> &str {
        &self.id
    }

    fn labels(&self) -> Option<&[String]> {
        Some(self.shelf.labels())
    }

    fn standing(&self) -> Standing {
        Standing::Local
    }

    fn ask(&self, label: &str, cursor: Option<&str>, _token: Option<&str>) -> Ask {
        Ask::Local(self.page(label, cursor))
    }

    fn parse(&self, _cursor: Option<&str>, _answer: &Answer) -> Result<Page, EngineState> {
        Err(EngineState::schema("a folder is not asked over HTTP"))
    }
}

fn hit(image_url: String) -> Hit {
    let name = image_url.rsplit('/').next().unwrap_or_default();
    let name = percent_decode_str(name).decode_utf8_lossy().into_owned();
    Hit {
        image_url,
        title: Some(name).filter(|name| !name.is_empty()),
        local: true,
        ..Hit::default()
    }
}

/// Gives the real paths of all files below, folder by folder in sorted order.
fn walk(
    root: &Path,
    folder: &Path,
    depth: u32,
    give: &mut impl FnMut(&Path),
) -> Result<(), CrawlError> {
    for entry in entries(folder)? {
        let Some(real) = inside(root, &entry) else {
            continue;
        };
        if real.is_file() {
            give(&real);
        } else if real.is_dir() && depth < DEPTH && !folder.starts_with(&real) {
            walk(root, &entry, depth + 1, give)?;
        }
    }
    Ok(())
}

/// Lists a folder's visible entries by name.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, CrawlError> {
    let io = |e| CrawlError::io(folder, e);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(io)? {
        let entry = entry.map_err(io)?;
        if !entry.file_name().to_string_lossy().starts_with('.') {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

/// Returns the path without links when that lies within the root.
fn inside(root: &Path, path: &Path) -> Option<PathBuf> {
    let real = path.canonicalize().ok()?;
    real.starts_with(root).then_some(real)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_files_come_sorted_and_nested() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for file in [
            "dog/b.jpg",
            "dog/a.jpg",
            "cat/x/z.jpg",
            "cat/x/a b.jpg",
            "cat/.hidden",
        ] {
            let file = root.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, b"x").unwrap();
        }
        fs::write(root.join("loose.jpg"), b"x").unwrap();
        fs::create_dir(root.join("void")).unwrap();
        let source = Folder::read("folder:p".to_owned(), root).unwrap();
        assert_eq!(source.labels().unwrap(), ["cat", "dog"]);
        let names = |label: &str| -> Vec<String> {
            let hits = source.page(label, None).hits;
            assert!(
                hits.iter()
                    .all(|h| h.local && h.image_url.starts_with("file:///"))
            );
            hits.into_iter().filter_map(|h| h.title).collect()
        };
        assert_eq!(names("cat"), ["a b.jpg", "z.jpg"]);
        assert_eq!(names("dog"), ["a.jpg", "b.jpg"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_out_of_the_folder_are_not_followed() {
        use std::os::unix::fs::symlink;
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret.jpg"), b"x").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let cat = folder.path().join("cat");
        fs::create_dir(&cat).unwrap();
        fs::write(cat.join("own.jpg"), b"x").unwrap();
        symlink(outside.path().join("secret.jpg"), cat.join("link.jpg")).unwrap();
        symlink(outside.path(), cat.join("linked")).unwrap();
        symlink(outside.path(), folder.path().join("dog")).unwrap();
        symlink(&cat, cat.join("loop")).unwrap();
        let source = Folder::read("folder:p".to_owned(), folder.path()).unwrap();
        assert_eq!(source.labels().unwrap(), ["cat"]);
        let titles: Vec<_> = source.page("cat", None).hits;
        assert_eq!(titles.len(), 1);
        assert_eq!(titles[0].title.as_deref(), Some("own.jpg"));
    }

    #[test]
    fn a_missing_folder_is_an_error_with_its_path() {
        let error = Folder::read("folder:p".to_owned(), Path::new("no/such")).unwrap_err();
        assert!(error.to_string().contains("no/such"));
    }
}
