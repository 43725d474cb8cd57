use std::fmt;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::Reject;
use crate::net::Share;

/// Tells where a candidate comes from and how it was fetched.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Provenance {
    /// The engine's id.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub engine: String,
    /// The search phrase; empty for local sources.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub query: String,
    /// Place among the engine's hits for the phrase, from 1.
    #[serde(skip_serializing_if = "is_zero")]
    pub rank: u32,
    /// The page the image was found on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_url: Option<String>,
    /// The last URL of the redirects, when there were any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub final_url: Option<String>,
    /// The image's title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Who made it, as plain text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creator: Option<String>,
    /// The licence's short name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    /// The licence's text on the web.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub license_url: Option<String>,
    /// A ready sentence of attribution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attribution: Option<String>,
    /// The engine's own name for the image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
    /// SHA-1 of the original file in hexadecimal, as the engine announced it; what was fetched may be a smaller copy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha1: Option<String>,
    /// Width in pixels as announced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Height in pixels as announced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// The URL that the engine named first, when another copy is fetched because that one could not be had.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    /// Why that one could not be had: the code of its reject.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_reject: Option<String>,
    /// Copies that are still to be tried, best first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fallbacks: Vec<String>,
    /// Header fields of the answer, names in lower case: type, size, validators and what it said about its use.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, String)>,
    /// What the website said about indexing, mining and training, obeyed or not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub signals: Vec<String>,
    /// When the answer was there, RFC 3339 in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fetched_at: Option<String>,
    /// How often the URL was asked so far.
    #[serde(skip_serializing_if = "is_zero")]
    pub tries: u32,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands members over by reference"
)]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// Says that one label wants the delivered URL at one place of its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The label.
    pub label: String,
    /// The candidate's place in the label's order: 0, 1, 2 and so on without gaps.
    pub seq: u64,
    /// Where the label found it.
    pub provenance: Provenance,
}

/// Holds the bytes of one download, and their share of the byte budget until it is dropped.
pub struct Body {
    /// The bytes as received (after content decoding).
    pub bytes: Bytes,
    /// Given back to the budget on drop.
    pub(crate) _share: Share,
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({} bytes)", self.bytes.len())
    }
}

/// Is what became of one URL, for every label that waits for it.
#[derive(Debug)]
pub struct Delivery {
    /// The URL as it is recorded: parsed, and without fragment or credentials.
    pub url: String,
    /// The labels that claim it, at least one.
    pub claims: Vec<Claim>,
    /// The bytes, or why there are none.
    pub outcome: DeliveryOutcome,
}

/// Is the result part of a [`Delivery`].
#[derive(Debug)]
pub enum DeliveryOutcome {
    /// The body was read whole.
    Body(Body),
    /// There will be no body.
    Rejected(Reject),
    /// The URL was delivered and settled earlier for another label: its outcome holds here too.
    Known,
}

/// Flows back from whoever stores the deliveries.
///
/// Every claim of every delivery is settled once, after it is durable. Send a label's `Progress` before the
/// `Settled` of the same commit: a name is then reported at its goal, not as exhausted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Feedback {
    /// The claim of this label on this URL is stored for good.
    Settled {
        /// The label of the claim.
        label: String,
        /// The delivery's URL, unchanged.
        url: String,
    },
    /// What the label still needs.
    Progress {
        /// The label.
        label: String,
        /// First undecided place of its order.
        next_seq: u64,
        /// How many more are wanted; 0 ends the label, `None` has no goal.
        remaining: Option<u32>,
    },
}

/// Is what a label needs when the run starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The label.
    pub label: String,
    /// First undecided place of its order.
    pub next_seq: u64,
    /// How many more are wanted; 0 ends the label, `None` has no goal.
    pub remaining: Option<u32>,
}

/// Says from which candidate on a label is decided in this run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// The label.
    pub label: String,
    /// First place of its order that this run decides.
    pub from_seq: u64,
    /// Whether the label is being refreshed, that is: had candidates before and is asked for again.
    pub refresh: bool,
}

/// Counts what [`crate::Crawl::reconcile`] found after an interrupted run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reconciled {
    /// Claims that the catalog had already.
    pub settled: u64,
    /// Claims that are delivered again.
    pub requeued: u64,
}
