//! The frame every report page has: style, no network, no script that a report needs.

use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("style.css");

/// A whole page that needs nothing but itself (and, unless inlined, the pictures beside it).
pub(crate) fn page(title: &str, lead: &str, body: &Markup) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                link rel="icon" href="data:,";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header { h1 { (title) } p.lead { (lead) } }
                main { (body) }
                footer { "written by trawl " (env!("CARGO_PKG_VERSION")) }
            }
        }
    }
    .into_string()
}

/// A number with a word under it, for the row of figures at the top.
pub(crate) fn figure(value: impl std::fmt::Display, word: &str) -> Markup {
    html! { div.figure { strong { (value) } span { (word) } } }
}

/// A share as a percentage with one decimal, or a dash when there is none.
pub(crate) fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), |s| format!("{:.1} %", 100.0 * s))
}
