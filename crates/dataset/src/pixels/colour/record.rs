use serde::{Deserialize, Serialize};

/// What became of the colour space that a picture says it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Colour {
    /// None is said, or sRGB: the numbers are taken as they stand, ink by the plain formula.
    #[default]
    Plain,
    /// The picture was converted to sRGB.
    Converted,
    /// What is said cannot be used: a profile that is damaged, too large or made for other channels, or a transfer function of
    /// high dynamic range. The numbers are taken as they stand.
    Ignored,
}

impl Colour {
    /// The lower-case name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Converted => "converted",
            Self::Ignored => "ignored",
        }
    }
}
