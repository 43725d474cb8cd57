//! What a reader finds in a file, before anything is made of it.

use std::fmt;
use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::error::DatasetError;
use crate::export::Facts;

/// What a path in a URL cannot hold as it is.
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// A picture as it lies in the source, or one that cannot be used.
#[derive(Debug)]
pub(super) enum Found {
    Picture(Box<Picture>),
    /// Not a picture that could be taken in, and why: a code, and where it lies.
    Skipped(&'static str, Place),
}

/// Where something lies: a file, and a name in it where it is an archive or a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    file: PathBuf,
    within: String,
}

impl Place {
    pub(super) fn file(file: &Path) -> Self {
        Self::within(file, "")
    }

    pub(super) fn within(file: &Path, name: &str) -> Self {
        Self {
            file: file.to_path_buf(),
            within: name.to_owned(),
        }
    }

    /// The place as a URL, which names nothing else.
    pub(super) fn url(&self) -> String {
        let path = self.file.to_string_lossy();
        let file = utf8_percent_encode(&path, PATH);
        if self.within.is_empty() {
            format!("file://{file}")
        } else {
            format!("file://{file}#{}", utf8_percent_encode(&self.within, PATH))
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if self.within.is_empty() {
            Ok(())
        } else {
            write!(f, " at {:?}", self.within)
        }
    }
}

/// A picture with all that the source says of it.
#[derive(Debug)]
pub(super) struct Picture {
    pub(super) place: Place,
    /// Its name without folders and ending.
    pub(super) key: String,
    pub(super) content: Content,
    pub(super) class: Class,
    pub(super) facts: Facts,
}

/// The picture itself.
#[derive(Debug)]
pub(super) enum Content {
    /// A file of some picture format.
    File(Vec<u8>),
    /// Bare pixels, three bytes each, red, green, blue.
    Raw {
        width: u32,
        height: u32,
        rgb: Vec<u8>,
    },
}

/// What the source calls the class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Class {
    /// A number, whose name is told elsewhere.
    Index(i64),
    /// A folder, whose label may be told elsewhere.
    Folder(String),
    /// The label itself.
    Label(String),
    /// Nothing.
    None,
}

/// Why reading ends before the source does.
#[derive(Debug)]
pub(super) enum Halt {
    /// Whoever takes the pictures wants no more.
    Stopped,
    /// The source cannot be read on.
    Failed(DatasetError),
}

impl From<DatasetError> for Halt {
    fn from(error: DatasetError) -> Self {
        Self::Failed(error)
    }
}

/// Takes what a reader finds.
pub(super) type Give<'a> = dyn FnMut(Found) -> Result<(), Halt> + 'a;

/// Endings of files that may be pictures.
pub(super) fn is_picture(ending: &str) -> bool {
    const ENDINGS: [&str; 10] = [
        "jpg", "jpeg", "jpe", "png", "gif", "webp", "bmp", "tif", "tiff", "img",
    ];
    ENDINGS
        .iter()
        .any(|known| ending.eq_ignore_ascii_case(known))
}
