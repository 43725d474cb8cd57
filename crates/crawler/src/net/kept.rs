use std::path::PathBuf;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{Client, body as bodies};
use crate::Body;

/// Says where a body on disk comes from; the first line of its file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Origin {
    /// The candidate's URL.
    pub(crate) url: String,
    /// The last URL of the redirects, when there were any.
    pub(crate) final_url: Option<String>,
    /// When the answer was there, RFC 3339 in UTC.
    pub(crate) fetched_at: String,
    /// Header fields of the answer that may matter later.
    #[serde(default)]
    pub(crate) headers: Vec<(String, String)>,
    /// What the website said about indexing, mining and training.
    #[serde(default)]
    pub(crate) signals: Vec<String>,
}

impl Client {
    /// Writes a body down until the catalog has it. A failure costs no more than another request after a kill.
    pub(crate) async fn keep(&self, path: PathBuf, origin: &Origin, body: Bytes) {
        let Ok(mut head) = serde_json::to_vec(origin) else {
            return;
        };
        head.push(b'\n');
        self.disk.keep(path, head, body).await;
    }

    /// Reads back what an interrupted run has kept of this URL; `None` when it is not there as it was written.
    pub(crate) async fn read_kept(&self, path: PathBuf, url: &str) -> Option<(Body, Origin)> {
        let size = self.disk.size(path.clone()).await.ok()?;
        // The head has a few fields and header lines, each cut short; a file far beyond the cap is none of ours.
        if size > self.limits.body_cap() + 64 * 1024 {
            return None;
        }
        let share = self.reserve(size).await;
        let bytes = self.disk.bytes(path, size).await.ok()?;
        let end = bytes.iter().position(|byte| *byte == b'\n')?;
        let origin: Origin = serde_json::from_slice(&bytes[..end]).ok()?;
        if origin.url != url {
            return None;
        }
        let body = bodies::whole(bytes[end + 1..].to_vec(), share).ok()?;
        Some((body, origin))
    }

    /// Removes what was kept, once the catalog has it.
    pub(crate) fn forget(&self, path: PathBuf) {
        self.disk.forget(path);
    }
}
