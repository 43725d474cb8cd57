//! The states of a candidate.

use serde::{Deserialize, Serialize};

/// What has become of a candidate; every one is in exactly one state, so counts over states balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// A usable picture that waits for those before it.
    Pending,
    /// In the dataset.
    Kept,
    /// Was in the dataset until a larger copy came.
    Superseded,
    /// Never downloaded, for a reason the crawler gives.
    Rejected,
    /// Downloaded and no use, for a reason the pixels give.
    Flawed,
    /// Good, but the goal was reached before.
    Surplus,
    /// Taken out on request.
    Forgotten,
}

impl State {
    /// All states, in the order of a candidate's life.
    pub const ALL: [Self; 7] = [
        Self::Pending,
        Self::Kept,
        Self::Superseded,
        Self::Rejected,
        Self::Flawed,
        Self::Surplus,
        Self::Forgotten,
    ];

    /// The lower-case name, as stored in the catalog.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Kept => "kept",
            Self::Superseded => "superseded",
            Self::Rejected => "rejected",
            Self::Flawed => "flawed",
            Self::Surplus => "surplus",
            Self::Forgotten => "forgotten",
        }
    }

    /// Reads [`State::as_str`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}
