use crate::License;
use crate::engine::promise::Promise;
use crate::engine::{Color, Filters, Kind, Size};

/// The licence filters that promise something, widest first.
const LICENSES: [Promise; 3] = [
    Promise {
        value: "license-L2_L3_L4",
        license: Some(License::FREE_COMMERCIALLY),
    },
    Promise {
        value: "license-L2_L3",
        license: Some(License::FREE_FOR_BOTH),
    },
    Promise {
        value: "license-L1",
        license: Some(License::PUBLIC_DOMAIN),
    },
];
/// Any licence that Bing knows of; which one, it does not say.
const ANY_LICENSE: Promise = Promise {
    value: "licenseType-Any",
    license: None,
};

/// Writes the filters as Bing takes them, all in one value; empty for none.
pub(super) fn qft(filters: &Filters, license: Option<Promise>) -> String {
    let parts = [
        kind(filters.kind).map(|kind| ("photo-", kind)),
        color(filters.color).map(|color| ("color2-", color)),
        size(filters.size).map(|size| ("imagesize-", size)),
        license.map(|license| ("", license.value)),
    ];
    let mut qft = String::new();
    for (name, value) in parts.into_iter().flatten() {
        qft.extend(["+filterui:", name, value]);
    }
    qft
}

/// Picks the licence filter.
pub(super) fn license(filters: &Filters) -> Option<Promise> {
    Promise::pick(&filters.licenses, &LICENSES, ANY_LICENSE)
}

fn kind(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Any => None,
        Kind::Photo => Some("photo"),
        Kind::Clipart => Some("clipart"),
        Kind::Line => Some("linedrawing"),
        Kind::Transparent => Some("transparent"),
        Kind::Animated => Some("animatedgif"),
    }
}

fn color(color: Color) -> Option<&'static str> {
    match color {
        Color::Any => None,
        Color::Color => Some("color"),
        Color::Gray => Some("bw"),
        Color::Red => Some("FGcls_RED"),
        Color::Orange => Some("FGcls_ORANGE"),
        Color::Yellow => Some("FGcls_YELLOW"),
        Color::Green => Some("FGcls_GREEN"),
        Color::Teal => Some("FGcls_TEAL"),
        Color::Blue => Some("FGcls_BLUE"),
        Color::Purple => Some("FGcls_PURPLE"),
        Color::Pink => Some("FGcls_PINK"),
        Color::Brown => Some("FGcls_BROWN"),
        Color::Black => Some("FGcls_BLACK"),
        Color::White => Some("FGcls_WHITE"),
    }
}

fn size(size: Size) -> Option<&'static str> {
    match size {
        Size::Any => None,
        Size::Small => Some("small"),
        Size::Medium => Some("medium"),
        Size::Large => Some("large"),
        Size::Huge => Some("wallpaper"),
    }
}
