//! A dataset's pictures as data for the script that shows them.
//!
//! Fields have short names, since each is written once a picture.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use trawl_dataset::{Bad, Judged, PublishedPicture, SampleId, Scores, Split, State, Summary};

use super::dataset::Contents;
use crate::reasons::explain;

/// Everything that the script shows.
#[derive(Debug, Default, Serialize)]
pub(super) struct Album<'a> {
    names: Vec<&'a str>,
    folders: Vec<&'a str>,
    splits: [&'static str; 3],
    licences: Vec<&'a str>,
    /// Codes with what they mean.
    reasons: Vec<(&'a str, &'static str)>,
    /// Code and name of each measure, and whether low scores are the bad ones, in the order of each picture's scores.
    scores: Vec<(&'static str, &'static str, bool)>,
    pub(super) published: Vec<Shown<'a>>,
    pub(super) thrown: Vec<Shown<'a>>,
    pub(super) disputed: Vec<Disputed<'a>>,
    /// The pictures themselves, when the page is to be sent to somebody.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) inline: BTreeMap<String, String>,
}

/// A picture: `n`ame, `i`d, `s`plit or `r`eason, `d`etail, the picture that it repeats (`o`) at `k` bits, `t`itle, `c`reator, `a`ttribution,
/// `l`icence and its URL, `p`age, `u`rl, the `f`irst URL and why that could not be had, and the scores (`q`).
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Shown<'a> {
    n: usize,
    i: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    s: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    d: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) o: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    k: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    t: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    c: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    a: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    l: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lu: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p: Option<&'a str>,
    u: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    f: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fr: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    q: Vec<f32>,
}

/// A picture that was left out, beside the one that it was left out for, and the bits that they differ in where looks decided.
#[derive(Debug, Serialize)]
pub(super) struct Disputed<'a> {
    one: Shown<'a>,
    two: Shown<'a>,
    what: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    k: Option<u32>,
}

/// Numbers for words, in the order in which they come.
#[derive(Debug, Default)]
struct Numbers<'a> {
    words: Vec<&'a str>,
    number: HashMap<&'a str, usize>,
}

impl<'a> Numbers<'a> {
    fn of(&mut self, word: &'a str) -> usize {
        *self.number.entry(word).or_insert_with(|| {
            self.words.push(word);
            self.words.len() - 1
        })
    }
}

/// Gathers what the script is to show, without the pictures themselves.
pub(super) fn collect<'a>(contents: &Contents<'a>) -> Album<'a> {
    let (summary, thrown) = (contents.summary, contents.thrown);
    let thresholds = &summary.settings.quality;
    let judged: HashMap<&str, [Judged; 11]> = contents
        .scored
        .iter()
        .map(|one| (one.url.as_str(), thresholds.judge(&one.scores)))
        .collect();
    let scores = |url: &str| -> Vec<f32> {
        let judged = judged.get(url).into_iter().flatten();
        judged.map(|one| rounded(one.score)).collect()
    };
    let (mut names, mut licences, mut reasons) =
        (Numbers::default(), Numbers::default(), Numbers::default());
    let mut folders: HashMap<&str, &str> = HashMap::new();
    let mut published = Vec::new();
    for name in &summary.published {
        folders.insert(&name.label, &name.folder);
        let n = names.of(&name.label);
        published.extend(name.pictures.iter().map(|p| Shown {
            q: scores(&p.url),
            ..shown(p, n, &mut licences)
        }));
    }
    let out: Vec<Shown<'_>> = thrown
        .iter()
        .map(|one| Shown {
            n: names.of(&one.label),
            i: one.sample.to_string(),
            r: Some(reasons.of(&one.reason)),
            d: Some(one.detail.as_str()).filter(|detail| !detail.is_empty()),
            // What publication left out stands among the disputed, not among the copies.
            o: one
                .of
                .filter(|_| one.state != State::Kept)
                .map(|of| of.to_string()),
            k: one.distance,
            u: &one.url,
            q: scores(&one.url),
            ..Shown::default()
        })
        .collect();
    let disputed = disputed(summary, &published, &out, &mut names);
    Album {
        folders: names
            .words
            .iter()
            .map(|n| folders.get(n).copied().unwrap_or_default())
            .collect(),
        names: names.words,
        splits: Split::ALL.map(Split::as_str),
        licences: licences.words,
        reasons: reasons
            .words
            .into_iter()
            .map(|code| (code, explain(code)))
            .collect(),
        scores: thresholds
            .judge(&Scores::NOTHING)
            .map(|one| (one.code, one.what, one.bad == Bad::Below))
            .to_vec(),
        published,
        thrown: out,
        disputed,
        inline: BTreeMap::new(),
    }
}

/// Three digits tell two pictures apart, and more make the page longer.
fn rounded(score: f32) -> f32 {
    (score * 1000.0).round() / 1000.0
}

fn shown<'a>(p: &'a PublishedPicture, n: usize, licences: &mut Numbers<'a>) -> Shown<'a> {
    Shown {
        n,
        i: p.id.to_string(),
        s: Split::ALL.iter().position(|split| *split == p.split),
        t: p.title.as_deref(),
        c: p.creator.as_deref(),
        a: p.attribution.as_deref(),
        l: p.license.as_deref().map(|licence| licences.of(licence)),
        lu: p.license_url.as_deref(),
        p: p.page_url.as_deref(),
        u: &p.url,
        f: p.image_url.as_deref(),
        fr: p.image_reject.as_deref(),
        ..Shown::default()
    }
}

fn disputed<'a>(
    summary: &'a Summary,
    published: &[Shown<'a>],
    thrown: &[Shown<'a>],
    names: &mut Numbers<'a>,
) -> Vec<Disputed<'a>> {
    let all = thrown.iter().chain(published);
    let known: HashMap<(usize, &str), &Shown<'a>> = all
        .map(|shown| ((shown.n, shown.i.as_str()), shown))
        .collect();
    let mut pairs = Vec::new();
    for name in &summary.names {
        let n = names.of(&name.label);
        for conflict in &name.conflicts {
            let find = |n: usize, id: SampleId| {
                let found = known.get(&(n, id.to_string().as_str())).copied().cloned();
                found.unwrap_or_else(|| Shown {
                    n,
                    i: id.to_string(),
                    ..Shown::default()
                })
            };
            // A shared picture is shown with the one that was left out for it, one that many hosts serve among what was thrown out.
            if conflict.kind != "shared" && !conflict.other_label.is_empty() {
                let m = names.of(&conflict.other_label);
                pairs.push(Disputed {
                    one: find(n, conflict.sample),
                    two: find(m, conflict.other_sample),
                    what: format!("{}: {}", conflict.kind, explain(&conflict.kind)),
                    k: Some(conflict.distance).filter(|bits| *bits < 256),
                });
            }
        }
    }
    pairs
}

#[cfg(test)]
pub(super) mod tests {
    use std::path::Path;

    use trawl_dataset::{Conflict, NameSummary, PublishedName, Scored, SplitCounts, Thrown};

    use super::*;

    fn id(n: u8) -> SampleId {
        format!("{n:032x}").parse().unwrap()
    }

    fn picture(n: u8, split: Split) -> PublishedPicture {
        PublishedPicture {
            id: id(n),
            split,
            file: format!("images/{split}/owl/{}.jpg", id(n)),
            url: "http://h/copy".to_owned(),
            image_url: Some("http://h/first".to_owned()),
            image_reject: Some("not-found".to_owned()),
            page_url: Some("http://h/page".to_owned()),
            title: Some("</script><script>alert(1)</script>".to_owned()),
            creator: None,
            license: Some("CC BY".to_owned()),
            license_url: None,
            attribution: None,
        }
    }

    fn copy(n: u8, of: u8, reason: &str, state: State) -> Thrown {
        Thrown {
            label: "owl".to_owned(),
            sample: id(n),
            state,
            reason: reason.to_owned(),
            detail: "why".to_owned(),
            of: Some(id(of)),
            distance: Some(9),
            file: String::new(),
            url: "http://h/x".to_owned(),
        }
    }

    pub(in crate::page) fn summary() -> Summary {
        let conflict = Conflict {
            sample: id(7),
            kind: "conflict".to_owned(),
            other_label: "bird".to_owned(),
            other_sample: id(8),
            distance: 12,
        };
        Summary {
            root: "data/x".into(),
            settings: trawl_dataset::DatasetSettings::default(),
            terms: trawl_dataset::Terms::default(),
            names: vec![NameSummary {
                label: "owl".to_owned(),
                conflicts: vec![conflict],
                splits: SplitCounts::default(),
                ..NameSummary::default()
            }],
            totals: NameSummary::default(),
            snapshot: None,
            damage: None,
            snapshots: 1,
            sizes: Vec::new(),
            published: vec![PublishedName {
                label: "owl".to_owned(),
                folder: "owl".to_owned(),
                pictures: vec![picture(1, Split::Train), picture(2, Split::Test)],
            }],
        }
    }

    static NO_ENDS: BTreeMap<&str, String> = BTreeMap::new();

    pub(in crate::page) fn contents<'a>(
        summary: &'a Summary,
        thrown: &'a [Thrown],
        scored: &'a [Scored],
    ) -> Contents<'a> {
        Contents {
            root: Path::new("."),
            summary,
            thrown,
            scored,
            ends: &NO_ENDS,
            inline: false,
        }
    }

    fn scored(url: &str, brightest: f32) -> Scored {
        let scores = Scores {
            brightest,
            ..Scores::NOTHING
        };
        Scored {
            label: "owl".to_owned(),
            url: url.to_owned(),
            state: State::Kept,
            reason: None,
            scores,
        }
    }

    #[test]
    fn the_script_gets_every_picture_with_all_that_is_known_of_it() {
        let thrown = [
            copy(3, 1, "near-duplicate", State::Flawed),
            copy(7, 8, "conflict", State::Kept),
        ];
        let summary = summary();
        let scored = [scored("http://h/copy", 0.123_456)];
        let data = serde_json::to_value(collect(&contents(&summary, &thrown, &scored))).unwrap();
        assert_eq!(data["names"], serde_json::json!(["owl", "bird"]));
        let first = &data["published"][0];
        assert_eq!(
            (&first["s"], &first["f"]),
            (&0.into(), &"http://h/first".into())
        );
        assert_eq!(
            (&first["fr"], &first["p"]),
            (&"not-found".into(), &"http://h/page".into())
        );
        assert_eq!(data["published"][1]["s"], 2);
        assert_eq!(data["licences"][0], "CC BY");
        let dark = data["scores"].as_array().unwrap().iter();
        let dark = dark.clone().position(|score| score[0] == "dark").unwrap();
        assert_eq!(data["scores"][dark][2], true, "low is bad");
        let score = first["q"][dark].as_f64().unwrap();
        assert!((score - 0.123).abs() < 1e-6, "{score}");
        let out = data["thrown"].as_array().unwrap();
        assert_eq!(
            (&out[0]["o"], &out[0]["k"]),
            (&id(1).to_string().into(), &9.into())
        );
        assert_eq!(data["reasons"][0][0], "near-duplicate");
        // What publication left out is shown beside the other name's picture.
        assert_eq!(out[1]["o"], serde_json::Value::Null);
        let pair = &data["disputed"][0];
        assert_eq!(
            (&pair["two"]["n"], &pair["two"]["i"]),
            (&1.into(), &id(8).to_string().into())
        );
        assert_eq!(pair["k"], 12);
    }
}
