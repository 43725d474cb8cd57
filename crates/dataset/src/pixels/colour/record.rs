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
    /// Reads [`Colour::as_str`].
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Plain, Self::Converted, Self::Ignored]
            .into_iter()
            .find(|colour| colour.as_str() == name)
    }

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde hands over a reference"
    )]
    pub(crate) fn is_plain(&self) -> bool {
        *self == Self::Plain
    }

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
