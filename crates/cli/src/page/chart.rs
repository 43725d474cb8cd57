//! Small SVG charts, drawn without a script so that a report opens anywhere.

use maud::{Markup, html};

/// One line of a chart: a name, a CSS class for its colour, and a value for each step (`None` where there is none).
#[derive(Clone, Debug)]
pub(crate) struct Series<'a> {
    pub(crate) name: &'a str,
    pub(crate) class: &'a str,
    pub(crate) values: Vec<Option<f64>>,
}

const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 240.0;
const LEFT: f64 = 48.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 30.0;

/// A line chart over steps 1, 2, 3.. with a labelled axis on each side.
pub(crate) fn lines(title: &str, step: &str, series: &[Series<'_>]) -> Markup {
    let count = series.iter().map(|s| s.values.len()).max().unwrap_or(0);
    let values: Vec<f64> = series
        .iter()
        .flat_map(|s| s.values.iter().flatten().copied())
        .filter(|v| v.is_finite())
        .collect();
    if count == 0 || values.is_empty() {
        return html! { figure.chart { figcaption { (title) } p.muted { "nothing was recorded" } } };
    }
    let (low, high) = bounds(&values);
    let x = |index: usize| {
        LEFT + (WIDTH - LEFT - RIGHT)
            * if count > 1 {
                float(index) / float(count - 1)
            } else {
                0.5
            }
    };
    let y = |value: f64| TOP + (HEIGHT - TOP - BOTTOM) * (1.0 - (value - low) / (high - low));
    let ticks: Vec<f64> = (0..=4)
        .map(|i| low + (high - low) * f64::from(i) / 4.0)
        .collect();
    let mut steps = vec![0, count / 2, count - 1];
    steps.dedup();
    html! {
        figure.chart {
            figcaption {
                (title)
                @for s in series { span.key { span class=(format!("swatch {}", s.class)) {} (s.name) } }
            }
            svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label=(title) {
                @for tick in &ticks {
                    line.grid x1=(LEFT) x2=(WIDTH - RIGHT) y1=(round(y(*tick))) y2=(round(y(*tick))) {}
                    text.tick x=(LEFT - 6.0) y=(round(y(*tick) + 4.0)) text-anchor="end" { (label(*tick, high - low)) }
                }
                @for index in &steps {
                    text.tick x=(round(x(*index))) y=(HEIGHT - 10.0) text-anchor="middle" { (index + 1) }
                }
                text.tick x=(WIDTH - RIGHT) y=(HEIGHT - 10.0) text-anchor="end" { @if count > 4 { "" } @else { (step) } }
                @for s in series {
                    polyline class=(format!("line {}", s.class)) points=(points(&s.values, &x, &y)) {}
                    @if s.values.len() == 1 {
                        @for value in s.values.iter().flatten() { circle class=(format!("dot {}", s.class)) cx=(round(x(0))) cy=(round(y(*value))) r="3" {} }
                    }
                }
            }
            p.axis { (step) }
        }
    }
}

/// Horizontal bars with their counts, for reasons and sizes.
pub(crate) fn bars(rows: &[(String, u64)]) -> Markup {
    explained_bars(rows, |_| "")
}

/// The same with a line under each bar that says what its name means; an empty one is left out.
pub(crate) fn explained_bars(
    rows: &[(String, u64)],
    explain: impl Fn(&str) -> &'static str,
) -> Markup {
    let most = rows.iter().map(|(_, n)| *n).max().unwrap_or(0).max(1);
    html! {
        div.bars {
            @for (name, count) in rows {
                span.name { (name) }
                span.track { span.fill style=(format!("width:{:.1}%", 100.0 * wide(*count) / wide(most))) {} }
                span.count { (count) }
                @let why = explain(name);
                @if !why.is_empty() { span.why { (why) } }
            }
        }
    }
}

fn points(values: &[Option<f64>], x: &impl Fn(usize) -> f64, y: &impl Fn(f64) -> f64) -> String {
    values
        .iter()
        .enumerate()
        .filter_map(|(i, v)| {
            v.filter(|v| v.is_finite())
                .map(|v| format!("{},{}", round(x(i)), round(y(v))))
        })
        .collect::<Vec<_>>()
        .join(" ")
}

/// The range of the values, widened to a little air, never empty.
fn bounds(values: &[f64]) -> (f64, f64) {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if high - low < 1e-9 {
        (low - 0.5, high + 0.5)
    } else {
        (low, high)
    }
}

fn label(value: f64, range: f64) -> String {
    if range < 0.1 {
        format!("{value:.3}")
    } else if range < 10.0 {
        format!("{value:.2}")
    } else {
        format!("{value:.0}")
    }
}

fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

#[expect(clippy::cast_precision_loss, reason = "steps and counts of a chart")]
fn float(value: usize) -> f64 {
    value as f64
}

#[expect(clippy::cast_precision_loss, reason = "steps and counts of a chart")]
fn wide(value: u64) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_goes_from_the_left_edge_to_the_right_and_turns_the_axis_round() {
        let svg = lines(
            "loss",
            "epoch",
            &[Series {
                name: "train",
                class: "a",
                values: vec![Some(1.0), None, Some(0.0)],
            }],
        )
        .into_string();
        assert!(svg.contains("points=\"48,12 548,210\""), "{svg}");
    }

    #[test]
    fn constant_and_empty_series_do_not_divide_by_zero() {
        let svg = lines(
            "loss",
            "epoch",
            &[Series {
                name: "train",
                class: "a",
                values: vec![Some(2.0)],
            }],
        )
        .into_string();
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
        assert!(
            lines("loss", "epoch", &[])
                .into_string()
                .contains("nothing was recorded")
        );
    }

    #[test]
    fn the_longest_bar_fills_its_track() {
        let text = bars(&[("a".into(), 4), ("b".into(), 1)]).into_string();
        assert!(text.contains("width:100.0%") && text.contains("width:25.0%"));
    }
}
