//! How a score lies among pictures, with its threshold drawn in.

use maud::{Markup, html};
use trawl_dataset::{Bad, Judged};

const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 128.0;
const TOP: f64 = 16.0;
const BOTTOM: f64 = 18.0;
/// Bars, one of which is 8 units wide.
const BINS: usize = 40;
/// The least height of a bar that is not empty: a few pictures beyond a threshold are what somebody looks for.
const LEAST: f64 = 2.0;

/// Counts of a score in equal steps from 0 to `top`; what is higher is in the last.
#[derive(Debug, Clone)]
pub(super) struct Histogram {
    measure: Judged,
    top: f32,
    good: [u32; BINS],
    beyond: [u32; BINS],
    /// Whether something is over `top`.
    is_cut: bool,
}

impl Histogram {
    /// An empty one that shows the threshold of `measure`, whose score does not matter, and where it would be by default.
    pub(super) fn new(measure: Judged, default: f32) -> Self {
        let about = measure.threshold.max(default);
        let top = match measure.bad {
            // Shares and bits have an end; sides have none, and those of sixteen times the threshold are all good.
            Bad::Below if measure.limit > 8.0 => 16.0 * about,
            Bad::Below => measure.limit,
            Bad::Above => measure.limit.min(4.0 * about),
        };
        Self {
            measure,
            top: if top > 0.0 { top } else { measure.limit },
            good: [0; BINS],
            beyond: [0; BINS],
            is_cut: false,
        }
    }

    pub(super) fn add(&mut self, judged: &Judged) {
        let bin = self.bin(judged.score);
        self.is_cut |= judged.score > self.top;
        let counts = if judged.is_beyond() {
            &mut self.beyond
        } else {
            &mut self.good
        };
        counts[bin] += 1;
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a share of a few bars, cut to them"
    )]
    fn bin(&self, score: f32) -> usize {
        let place = (score / self.top * BINS as f32).floor();
        (place.max(0.0) as usize).min(BINS - 1)
    }

    /// The chart.
    pub(super) fn draw(&self) -> Markup {
        let Judged {
            what, threshold, ..
        } = self.measure;
        let most = (0..BINS).map(|i| self.good[i] + self.beyond[i]).max();
        let most = most.unwrap_or(0).max(1);
        let is_on = threshold > 0.0;
        let label = if is_on {
            format!("{what}, threshold {}", short(threshold))
        } else {
            what.to_owned()
        };
        html! {
            svg.histogram viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label=(label) {
                line.grid x1="0" x2=(WIDTH) y1=(HEIGHT - BOTTOM) y2=(HEIGHT - BOTTOM) {}
                @for i in 0..BINS {
                    @let (good, beyond) = (height(self.good[i], most), height(self.beyond[i], most));
                    @if good + beyond > 0.0 {
                        g {
                            title { (self.said(i)) }
                            (bar(i, 0.0, good, "bar"))
                            (bar(i, good, beyond, "bar bad"))
                        }
                    }
                }
                @if is_on {
                    @let x = round(f64::from(threshold / self.top) * WIDTH);
                    @let is_right = x > WIDTH / 2.0;
                    line.threshold x1=(x) x2=(x) y1="4" y2=(HEIGHT - BOTTOM) {}
                    text.tick x=(if is_right { x - 5.0 } else { x + 5.0 }) y="12" text-anchor=(if is_right { "end" } else { "start" }) { (short(threshold)) }
                }
                text.tick x="0" y=(HEIGHT - 5.0) { "0" }
                text.tick x=(WIDTH / 2.0) y=(HEIGHT - 5.0) text-anchor="middle" { (short(self.top / 2.0)) }
                text.tick x=(WIDTH) y=(HEIGHT - 5.0) text-anchor="end" { (short(self.top)) @if self.is_cut { " and more" } }
            }
        }
    }

    /// What a bar stands for.
    fn said(&self, bin: usize) -> String {
        let (from, to) = (self.edge(bin), self.edge(bin + 1));
        let range = if bin + 1 == BINS && self.is_cut {
            format!("{} and more", short(from))
        } else {
            format!("{} to {}", short(from), short(to))
        };
        let beyond = match self.beyond[bin] {
            0 => String::new(),
            n => format!(", {n} of them beyond the threshold"),
        };
        let all = self.good[bin] + self.beyond[bin];
        format!("{range}: {all}{beyond}")
    }

    #[expect(clippy::cast_precision_loss, reason = "one of a few bars")]
    fn edge(&self, bin: usize) -> f32 {
        self.top * bin as f32 / BINS as f32
    }
}

fn bar(bin: usize, under: f64, height: f64, class: &str) -> Markup {
    #[expect(clippy::cast_precision_loss, reason = "one of a few bars")]
    let (step, place) = (WIDTH / BINS as f64, bin as f64);
    html! {
        @if height > 0.0 {
            rect class=(class) x=(round(place * step + 0.5)) y=(round(HEIGHT - BOTTOM - under - height)) width=(step - 1.0) height=(round(height)) {}
        }
    }
}

fn height(count: u32, most: u32) -> f64 {
    if count == 0 {
        return 0.0;
    }
    ((HEIGHT - TOP - BOTTOM) * f64::from(count) / f64::from(most)).max(LEAST)
}

/// As many digits as tell something.
pub(super) fn short(value: f32) -> String {
    let digits = if value >= 100.0 {
        0
    } else if value >= 1.0 {
        2
    } else {
        3
    };
    let text = format!("{value:.digits$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(score: f32, threshold: f32) -> Judged {
        Judged {
            code: "blurry",
            what: "spread",
            bad: Bad::Above,
            score,
            threshold,
            limit: 16.0,
        }
    }

    #[test]
    fn a_bar_is_split_at_the_threshold_and_what_is_higher_than_the_chart_is_in_the_last() {
        let mut chart = Histogram::new(judged(0.0, 2.0), 2.0);
        for score in [0.5, 0.5, 2.0, 2.05, 99.0] {
            chart.add(&judged(score, 2.0));
        }
        assert_eq!((chart.good[2], chart.beyond[2]), (2, 0));
        assert_eq!((chart.good[10], chart.beyond[10]), (1, 1));
        assert_eq!(chart.beyond[BINS - 1], 1);
        let svg = chart.draw().into_string();
        assert!(svg.contains("class=\"threshold\" x1=\"80\""), "{svg}");
        assert!(svg.contains("8 and more"), "{svg}");
        assert!(
            svg.contains("2 to 2.2: 2, 1 of them beyond the threshold"),
            "{svg}"
        );
    }

    #[test]
    fn a_measure_that_is_off_has_no_line_and_still_a_scale() {
        let mut chart = Histogram::new(judged(0.0, 0.0), 0.0);
        chart.add(&judged(15.0, 0.0));
        let svg = chart.draw().into_string();
        assert!(!svg.contains("threshold") && !svg.contains("NaN"), "{svg}");
        assert!(!svg.contains("bar bad") && svg.contains(">16</text>"));
    }

    #[test]
    fn a_single_picture_among_many_is_seen() {
        assert!((height(1, 50_000) - LEAST).abs() < f64::EPSILON);
        assert!(height(0, 50_000).abs() < f64::EPSILON);
        assert_eq!(
            [0.22, 1.5, 64.0, 1024.0].map(short),
            ["0.22", "1.5", "64", "1024"]
        );
    }
}
