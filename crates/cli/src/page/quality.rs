//! The scores of a dataset's pictures: how each lies, where its threshold is, and how many pictures that leaves out.

use maud::{Markup, html};
use trawl_dataset::{Bad, Judged, Scored, Scores, State, Thresholds};

use super::histogram::{Histogram, short};

/// A measure with its pictures.
struct Measured {
    measure: Judged,
    histogram: Histogram,
    /// Left out by it.
    left_out: u32,
    /// Beyond it and left out for another reason, which was found first.
    otherwise: u32,
    /// Beyond it and not left out.
    spared: u32,
    /// Beyond it, but nothing was decided about them: there was enough without.
    undecided: u32,
}

/// A chart for each measure; nothing when no picture has scores.
pub(super) fn quality(thresholds: &Thresholds, scored: &[Scored]) -> Markup {
    if scored.is_empty() {
        return html! {};
    }
    let all = count(thresholds, scored);
    html! {
        h2 id="quality" { "Quality" }
        p.muted {
            "What was measured of " (scored.len()) " pictures, kept or not. The dashed line is the threshold; what is beyond it is red. "
            "Thresholds are changed without crawling again: " code { "trawl snapshot DIR --config FILE" } "."
        }
        div.columns.many { @for one in &all { (card(one, scored.len())) } }
    }
}

fn count(thresholds: &Thresholds, scored: &[Scored]) -> Vec<Measured> {
    let defaults = Thresholds::default().judge(&Scores::NOTHING);
    let mut all: Vec<Measured> = thresholds
        .judge(&Scores::NOTHING)
        .into_iter()
        .zip(defaults)
        .map(|(measure, default)| Measured {
            measure,
            histogram: Histogram::new(measure, default.threshold),
            left_out: 0,
            otherwise: 0,
            spared: 0,
            undecided: 0,
        })
        .collect();
    for picture in scored {
        let judged = thresholds.judge(&picture.scores);
        for (one, judged) in all.iter_mut().zip(&judged) {
            one.histogram.add(judged);
            match picture.state {
                State::Flawed if picture.reason.as_deref() == Some(judged.code) => {
                    one.left_out += 1;
                }
                _ if !judged.is_beyond() => {}
                State::Flawed => one.otherwise += 1,
                State::Surplus | State::Pending => one.undecided += 1,
                _ => one.spared += 1,
            }
        }
    }
    all
}

fn card(one: &Measured, measured: usize) -> Markup {
    let is_on = one.measure.threshold > 0.0;
    html! {
        div.card {
            h3 { (one.measure.code) }
            p.muted.what { (one.measure.what) }
            (one.histogram.draw())
            p.verdict {
                @if is_on {
                    (side(&one.measure)) " " (short(one.measure.threshold)) ": " b { (one.left_out) } " left out"
                    @if one.left_out > 0 { " (" (share(one.left_out, measured)) ")" }
                } @else {
                    "switched off"
                }
                @if one.otherwise > 0 { span.muted { "; " (one.otherwise) " more beyond it left out for another reason" } }
                @if one.undecided > 0 { span.muted { "; " (one.undecided) " beyond it among what is surplus or waits" } }
                @if one.spared > 0 { span.muted { "; " (one.spared) " beyond it stay: chosen by hand or taken back" } }
            }
        }
    }
}

fn side(measure: &Judged) -> &'static str {
    match measure.bad {
        Bad::Below => "below",
        Bad::Above => "above",
    }
}

/// A share in percent; the smallest is not shown as none.
fn share(count: u32, of: usize) -> String {
    let of = f64::from(u32::try_from(of).unwrap_or(u32::MAX)).max(1.0);
    match 100.0 * f64::from(count) / of {
        share if share < 0.1 => "under 0.1 %".to_owned(),
        share => format!("{share:.1} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scored(state: State, reason: Option<&str>, blur: f32) -> Scored {
        let scores = Scores {
            side: 500.0,
            brightest: 0.9,
            blur,
            ..Scores::NOTHING
        };
        Scored {
            label: "owl".to_owned(),
            url: "http://h/x".to_owned(),
            state,
            reason: reason.map(str::to_owned),
            scores,
        }
    }

    #[test]
    fn a_measure_counts_what_it_leaves_out_and_what_is_beyond_it_all_the_same() {
        let pictures = [
            scored(State::Kept, None, 0.5),
            scored(State::Flawed, Some("blurry"), 3.0),
            scored(State::Flawed, Some("dark"), 3.0),
            scored(State::Flawed, Some("near-duplicate"), 0.5),
            scored(State::Kept, None, 4.0),
            scored(State::Surplus, None, 4.0),
        ];
        let all = count(&Thresholds::default(), &pictures);
        let blurry = all.iter().find(|m| m.measure.code == "blurry").unwrap();
        assert_eq!(
            (
                blurry.left_out,
                blurry.otherwise,
                blurry.spared,
                blurry.undecided
            ),
            (1, 1, 1, 1)
        );
        let page = quality(&Thresholds::default(), &pictures).into_string();
        assert!(
            page.contains("above 2: <b>1</b> left out (16.7 %)"),
            "{page}"
        );
        assert!(page.contains("switched off"), "low-entropy is: {page}");
        assert_eq!(page.matches("<svg").count(), 11);
    }

    #[test]
    fn nothing_measured_is_nothing_shown_and_little_is_not_none() {
        assert_eq!(quality(&Thresholds::default(), &[]).into_string(), "");
        assert_eq!(share(1, 50_000), "under 0.1 %");
        assert_eq!(share(400, 20_000), "2.0 %");
    }
}
