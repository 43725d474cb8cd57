//! A collection: pictures in the order of their index, found by words, read by number.

use std::borrow::Cow;
use std::io;

use super::shelf::Shelf;
use super::words::{Wanted, Words};
use super::{Picture, index};
use crate::{GalleryError, Source};

/// The pictures that a site serves; a picture is named by its place in the index.
#[derive(Debug)]
pub(crate) struct Collection {
    shelf: Shelf,
    pictures: Vec<Picture>,
    words: Vec<Words>,
}

impl Collection {
    /// Opens a source and checks that all its pictures are there; none is read.
    ///
    /// # Errors
    ///
    /// [`GalleryError::Read`] and [`GalleryError::Index`] name the file that is missing or malformed;
    /// [`GalleryError::NoBuiltin`] when the program carries no pictures.
    pub(crate) fn open(source: &Source) -> Result<Self, GalleryError> {
        let shelf = Shelf::open(source)?;
        let path = shelf.index_path();
        let json = shelf.read_index().map_err(|source| GalleryError::Read {
            path: path.clone(),
            source,
        })?;
        let pictures =
            index::parse(&json).map_err(|reason| GalleryError::Index { path, reason })?;
        for picture in &pictures {
            let failed = |source| GalleryError::Read {
                path: shelf.path(&picture.file),
                source,
            };
            shelf.check(&picture.file).map_err(failed)?;
        }
        let words = pictures.iter().map(Words::of).collect();
        Ok(Self {
            shelf,
            pictures,
            words,
        })
    }

    pub(crate) fn pictures(&self) -> &[Picture] {
        &self.pictures
    }

    /// Reads a picture's bytes as they are stored; this may wait for a disk.
    ///
    /// # Errors
    ///
    /// What the system says, with the file's path.
    pub(crate) fn read(&self, picture: usize) -> io::Result<Cow<'static, [u8]>> {
        let file = &self.pictures[picture].file;
        let named = |error: io::Error| {
            io::Error::new(
                error.kind(),
                format!("{}: {error}", self.shelf.path(file).display()),
            )
        };
        self.shelf.read(file).map_err(named)
    }

    /// Says for each picture whether a query finds it.
    ///
    /// A query that is a tag finds what carries the tag; any other one finds pictures that have all its words in
    /// title or tags. Case does not matter.
    pub(crate) fn find(&self, query: &str) -> Vec<bool> {
        let wanted = Wanted::of(query, &self.words);
        self.words
            .iter()
            .map(|words| wanted.matches(words))
            .collect()
    }

    /// Returns the main names, that is the first tags, each once with the names in other languages, most pictures first.
    pub(crate) fn names(&self) -> Vec<&[String]> {
        let mut names: Vec<(&[String], u32)> = Vec::new();
        for picture in &self.pictures {
            let Some(first) = picture.tags.first() else {
                continue;
            };
            match names
                .iter_mut()
                .find(|(tags, _)| tags.first() == Some(first))
            {
                Some((_, count)) => *count += 1,
                None => names.push((&picture.tags, 1)),
            }
        }
        names.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
        names.into_iter().map(|(tags, _)| tags).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_folder_with_an_index_is_a_collection() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.png"), b"bytes").unwrap();
        let json = r#"{"images": [{"file": "a.png", "title": "a", "tags": ["owl"], "width": 2, "height": 2, "license": "CC0"}]}"#;
        fs::write(folder.path().join("gallery.json"), json).unwrap();
        let source = Source::Folder(folder.path().to_owned());
        let collection = Collection::open(&source).unwrap();
        assert_eq!(&*collection.read(0).unwrap(), b"bytes");
        assert_eq!(collection.find("OWL"), [true]);
        assert_eq!(collection.names(), [["owl"]]);

        fs::remove_file(folder.path().join("a.png")).unwrap();
        let error = Collection::open(&source).unwrap_err();
        assert!(
            matches!(&error, GalleryError::Read { path, .. } if path.ends_with("a.png")),
            "{error}"
        );
        assert!(
            collection
                .read(0)
                .unwrap_err()
                .to_string()
                .contains("a.png")
        );
    }

    #[test]
    fn a_folder_without_or_with_a_broken_index_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let source = Source::Folder(folder.path().to_owned());
        let error = Collection::open(&source).unwrap_err();
        assert!(error.to_string().contains("gallery.json"), "{error}");
        fs::write(folder.path().join("gallery.json"), "[]").unwrap();
        assert!(matches!(
            Collection::open(&source).unwrap_err(),
            GalleryError::Index { .. }
        ));
    }

    #[cfg(feature = "builtin-gallery")]
    #[test]
    fn the_builtin_collection_has_nine_names_in_several_languages() {
        let collection = Collection::open(&Source::Builtin).unwrap();
        let names = collection.names();
        assert_eq!(names.len(), 9);
        assert!(names.iter().all(|tags| tags.len() >= 3));
        assert_eq!(collection.find("bird"), collection.find("鸟"));
        assert_eq!(collection.find("fleur"), collection.find("flower"));
        assert!(
            collection
                .find("bird")
                .iter()
                .filter(|&&found| found)
                .count()
                >= 40
        );
    }
}
