use serde::{Deserialize, Serialize};

use crate::Licenses;

/// Narrows a search, where the engine can.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filters {
    /// How large the image is.
    pub size: Size,
    /// What kind of image it is.
    pub kind: Kind,
    /// Its main colour.
    pub color: Color,
    /// Licences wanted; candidates under any other are refused even where the engine cannot filter.
    pub licenses: Licenses,
    /// How much is kept from a search that children might make.
    pub safe: Safe,
}

/// Is a class of image sizes; each engine has its own bounds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Size {
    /// Every size.
    #[default]
    Any,
    /// Icons and thumbnails.
    Small,
    /// A few hundred pixels.
    Medium,
    /// A thousand pixels and more.
    Large,
    /// Wallpapers.
    Huge,
}

/// Is a class of images by how they were made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Every kind.
    #[default]
    Any,
    /// Photographs.
    Photo,
    /// Clip art and illustrations.
    Clipart,
    /// Line drawings.
    Line,
    /// Images with a transparent background.
    Transparent,
    /// Moving images.
    Animated,
}

/// Is a main colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the colours are what they are called")]
pub enum Color {
    /// Every colour and none.
    #[default]
    Any,
    /// Anything but black and white.
    Color,
    /// Black and white.
    Gray,
    Red,
    Orange,
    Yellow,
    Green,
    Teal,
    Blue,
    Purple,
    Pink,
    Brown,
    Black,
    White,
}

/// Is how strictly explicit images are left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Safe {
    /// As strictly as the engine can.
    #[default]
    Strict,
    /// The engine's middle way.
    Moderate,
    /// Not at all.
    Off,
}

impl Filters {
    /// Returns the names of the filters that were asked for and are not among those an engine has.
    pub(crate) fn beyond(&self, has: &[&str]) -> Vec<&'static str> {
        let asked = [
            ("size", self.size != Size::Any),
            ("type", self.kind != Kind::Any),
            ("color", self.color != Color::Any),
            ("safe", self.safe != Safe::Strict),
        ];
        let beyond = asked
            .into_iter()
            .filter(|(name, asked)| *asked && !has.contains(name));
        beyond.map(|(name, _)| name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_filters_that_were_asked_for_are_missed() {
        let filters = Filters {
            size: Size::Large,
            color: Color::Red,
            ..Filters::default()
        };
        assert_eq!(filters.beyond(&["size"]), ["color"]);
        assert!(Filters::default().beyond(&[]).is_empty());
    }
}
