//! How every bar looks, and the one screen they share with what is said.

use std::sync::LazyLock;

use indicatif::{MultiProgress, ProgressState, ProgressStyle};

/// All bars; whoever writes to standard error does it through [`MultiProgress::suspend`], so that words and bars do not mix.
pub(crate) static SCREEN: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// The style of a bar; `{rate}` is how many a second, to a tenth, since more digits only flicker.
pub(crate) fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .expect("the template is constant")
        .progress_chars("━━╌")
        .with_key(
            "rate",
            |state: &ProgressState, out: &mut dyn std::fmt::Write| {
                // A failed write only leaves the bar without its rate.
                let _ = write!(out, "{:.1}/s", state.per_sec());
            },
        )
}
