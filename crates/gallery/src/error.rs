//! Why a gallery cannot start.

use std::io;
use std::path::PathBuf;

/// An error that keeps the site from starting; once it runs, what goes wrong is an HTTP status.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GalleryError {
    /// One of the seventeen ports is in use.
    #[error(
        "take port {port} of the gallery's block {first}..={last}: it is in use (stop what listens there, or choose another first port; 0 takes any free block)"
    )]
    PortTaken {
        /// The port that is in use.
        port: u16,
        /// The first port of the block, the search engine's.
        first: u16,
        /// The last port of the block.
        last: u16,
    },
    /// The block of seventeen ports would run past 65535.
    #[error(
        "take port {port}: it leaves no room for the sixteen image hosts above it (choose a port up to {highest})"
    )]
    PortTooHigh {
        /// The port asked for.
        port: u16,
        /// The highest port that works.
        highest: u16,
    },
    /// No block of seventeen free ports was found.
    #[error(
        "find seventeen free ports in a row on 127.0.0.1 (tried {tries} blocks; name a first port that is known to be free)"
    )]
    NoFreeBlock {
        /// How many blocks were tried.
        tries: u32,
    },
    /// The system refused a port for another reason than its being in use.
    #[error("listen on 127.0.0.1:{port} (ports below 1024 need privileges, choose a higher one)")]
    Listen {
        /// The port refused.
        port: u16,
        /// What the system said.
        source: io::Error,
    },
    /// The folder's `gallery.json` or a picture that it names cannot be read.
    #[error("read {} (a gallery folder holds gallery.json and the pictures that it names)", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// `gallery.json` does not have the form of a gallery's index.
    #[error("understand {}: {reason} (it must look like {{\"images\": [{{\"file\", \"title\", \"tags\", \"width\", \"height\", \"license\"}}]}})", path.display())]
    Index {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The builtin pictures were asked for, and this program was built without them.
    #[error(
        "serve the builtin pictures: this program was built without them (name a gallery folder, or build with the feature builtin-gallery)"
    )]
    NoBuiltin,
    /// A thread for encoding pictures could not be started.
    #[error("start a thread for encoding pictures (the system is out of threads or memory)")]
    Thread {
        /// What the system said.
        source: io::Error,
    },
}
