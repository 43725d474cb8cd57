use crate::License;
use crate::engine::promise::Promise;
use crate::engine::{Color, Filters, Kind, Size};

/// The licence filters that promise something, widest first.
const LICENSES: [Promise; 4] = [
    Promise {
        value: "ShareCommercially",
        license: Some(License::FREE_COMMERCIALLY),
    },
    Promise {
        value: "Modify",
        license: Some(License::FREE_TO_CHANGE),
    },
    Promise {
        value: "ModifyCommercially",
        license: Some(License::FREE_FOR_BOTH),
    },
    Promise {
        value: "Public",
        license: Some(License::PUBLIC_DOMAIN),
    },
];
/// Any licence that the site knows of; which one, it does not say.
const ANY_LICENSE: Promise = Promise {
    value: "any",
    license: None,
};

/// Writes the filters as the site takes them: time, size, colour, type, layout and licence, each of which may be empty.
pub(super) fn narrow(filters: &Filters, license: Option<Promise>) -> String {
    let parts = [
        None,
        size(filters.size).map(|size| ("size:", size)),
        color(filters.color).map(|color| ("color:", color)),
        kind(filters.kind).map(|kind| ("type:", kind)),
        None,
        license.map(|license| ("license:", license.value)),
    ];
    let parts = parts.map(|part| part.map(|(name, value)| format!("{name}{value}")));
    parts.map(Option::unwrap_or_default).join(",")
}

/// Picks the licence filter.
pub(super) fn license(filters: &Filters) -> Option<Promise> {
    Promise::pick(&filters.licenses, &LICENSES, ANY_LICENSE)
}

fn size(size: Size) -> Option<&'static str> {
    match size {
        Size::Any => None,
        Size::Small => Some("Small"),
        Size::Medium => Some("Medium"),
        Size::Large => Some("Large"),
        Size::Huge => Some("Wallpaper"),
    }
}

fn kind(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Any => None,
        Kind::Photo => Some("photo"),
        Kind::Clipart => Some("clipart"),
        Kind::Line => Some("line"),
        Kind::Transparent => Some("transparent"),
        Kind::Animated => Some("gif"),
    }
}

fn color(color: Color) -> Option<&'static str> {
    match color {
        Color::Any => None,
        Color::Color => Some("color"),
        Color::Gray => Some("Monochrome"),
        Color::Red => Some("Red"),
        Color::Orange => Some("Orange"),
        Color::Yellow => Some("Yellow"),
        Color::Green => Some("Green"),
        Color::Teal => Some("Teal"),
        Color::Blue => Some("Blue"),
        Color::Purple => Some("Purple"),
        Color::Pink => Some("Pink"),
        Color::Brown => Some("Brown"),
        Color::Black => Some("Black"),
        Color::White => Some("White"),
    }
}
