//! Where the pictures' bytes lie: in the program or in a folder.

use std::borrow::Cow;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::{GalleryError, Source};

/// The index's name in a gallery folder.
const INDEX: &str = "gallery.json";

/// The files of a collection, by their path below its folder.
#[derive(Debug)]
pub(super) enum Shelf {
    /// Embedded in the program.
    Builtin,
    Folder(PathBuf),
}

impl Shelf {
    /// Opens the place that a source names.
    ///
    /// # Errors
    ///
    /// [`GalleryError::NoBuiltin`] when the program carries no pictures.
    pub(super) fn open(source: &Source) -> Result<Self, GalleryError> {
        match source {
            Source::Builtin if cfg!(feature = "builtin-gallery") => Ok(Self::Builtin),
            Source::Builtin => Err(GalleryError::NoBuiltin),
            Source::Folder(folder) => Ok(Self::Folder(folder.clone())),
        }
    }

    /// Returns the path of the index, for messages.
    pub(super) fn index_path(&self) -> PathBuf {
        self.path(INDEX)
    }

    /// Reads the index.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub(super) fn read_index(&self) -> io::Result<Cow<'static, [u8]>> {
        self.read(INDEX)
    }

    /// Returns a file's path, for messages.
    pub(super) fn path(&self, file: &str) -> PathBuf {
        match self {
            Self::Builtin => Path::new("builtin").join(file),
            Self::Folder(folder) => folder.join(Path::new(file)),
        }
    }

    /// Reads a file whole; this may wait for a disk.
    ///
    /// # Errors
    ///
    /// What the system says, or that the file is not among the embedded ones.
    pub(super) fn read(&self, file: &str) -> io::Result<Cow<'static, [u8]>> {
        match self {
            Self::Builtin => embedded(file).map(Cow::Borrowed).ok_or_else(absent),
            Self::Folder(_) => fs::read(self.path(file)).map(Cow::Owned),
        }
    }

    /// Checks that a file is there, without reading it.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub(super) fn check(&self, file: &str) -> io::Result<()> {
        match self {
            Self::Builtin => embedded(file).map(|_| ()).ok_or_else(absent),
            Self::Folder(_) if fs::metadata(self.path(file))?.is_file() => Ok(()),
            Self::Folder(_) => Err(absent()),
        }
    }
}

/// Returns an embedded file.
#[cfg(feature = "builtin-gallery")]
fn embedded(file: &str) -> Option<&'static [u8]> {
    static BUILTIN: include_dir::Dir<'static> =
        include_dir::include_dir!("$CARGO_MANIFEST_DIR/../../data/gallery");
    BUILTIN.get_file(file).map(include_dir::File::contents)
}

/// This program has no embedded files.
#[cfg(not(feature = "builtin-gallery"))]
fn embedded(_file: &str) -> Option<&'static [u8]> {
    None
}

fn absent() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "no such file")
}
