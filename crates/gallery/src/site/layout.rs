//! The frame of every page for a person: head, style, search box.

use maud::{DOCTYPE, Markup, PreEscaped, html};

/// Style of all pages; nothing is loaded from elsewhere.
const STYLE: &str = include_str!("style.css");

/// Frames a page's content.
pub(super) fn page(title: &str, query: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    a.home href="/" { "gallery" }
                    form action="/" role="search" {
                        input type="search" name="q" value=(query) placeholder="Search pictures in any language"
                            aria-label="Search pictures";
                        button { "Search" }
                    }
                }
                main { (content) }
                footer { "A demo image site on this machine only. Pictures from its gallery folder; see each one's page." }
            }
        }
    }
}
