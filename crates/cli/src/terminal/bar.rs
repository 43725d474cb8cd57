//! How every bar looks.

use indicatif::{ProgressState, ProgressStyle};

/// The style of a bar; `{rate}` is how many a second, to a tenth, since more digits only flicker.
pub(super) fn style(template: &str) -> ProgressStyle {
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
