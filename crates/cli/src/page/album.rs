//! The pictures of a dataset's page, as data for the script that shows them.
//!
//! A page of 50,000 pictures as markup is more than a browser takes kindly; as data it is some megabytes, of which the script makes
//! figures for what somebody has scrolled to. Fields have short names, since each is written once a picture.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use maud::{Markup, PreEscaped, html};
use serde::Serialize;
use trawl_dataset::{
    Conflict, PublishedPicture, SampleId, Snapshot, Split, State, Summary, Thrown,
};

use super::picture;
use crate::exit::Failure;
use crate::reasons::explain;

const SCRIPT: &str = include_str!("album.js");

/// Everything that the script shows.
#[derive(Debug, Default, Serialize)]
struct Album<'a> {
    names: Vec<&'a str>,
    folders: Vec<&'a str>,
    splits: [&'static str; 3],
    licences: Vec<&'a str>,
    /// Codes with what they mean.
    reasons: Vec<(&'a str, &'static str)>,
    /// Names of the scores, in the order of each picture's.
    scores: Vec<&'static str>,
    published: Vec<Shown<'a>>,
    thrown: Vec<Shown<'a>>,
    disputed: Vec<Disputed<'a>>,
    /// The pictures themselves, when the page is to be sent to somebody.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    inline: BTreeMap<String, String>,
}

/// A picture: `n`ame, `i`d, `s`plit or `r`eason, `d`etail, the picture that it repeats (`o`) at `k` bits, `t`itle, `c`reator, `a`ttribution,
/// `l`icence and its URL, `p`age, `u`rl, the `f`irst URL and why that could not be had.
#[derive(Debug, Clone, Default, Serialize)]
struct Shown<'a> {
    n: usize,
    i: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    s: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    d: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    o: Option<String>,
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
}

/// Two pictures side by side, of the names `n` and `m`.
#[derive(Debug, Serialize)]
struct Disputed<'a> {
    other: bool,
    n: usize,
    m: usize,
    one: Shown<'a>,
    two: Shown<'a>,
    what: String,
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

/// The controls, the room for the pictures, and the script with its data.
///
/// # Errors
/// When a picture must be inlined and cannot be read.
pub(super) fn album(
    root: &Path,
    summary: &Summary,
    thrown: &[Thrown],
    inline: bool,
) -> Result<Markup, Failure> {
    let mut album = collect(summary, thrown);
    if inline {
        album.inline = inlined(root, summary, thrown)?;
    }
    let counts = [
        ("published", "published", album.published.len()),
        ("thrown", "thrown out", album.thrown.len()),
        (
            "copies",
            "copies side by side",
            album.thrown.iter().filter(|t| t.o.is_some()).count(),
        ),
        ("disputed", "disputed", album.disputed.len()),
    ];
    Ok(html! {
        div.tools {
            @for (view, words, number) in counts {
                button type="button" data-view=(view) aria-pressed="false" { (words) " " span.muted { (number) } }
            }
            select id="name" aria-label="name" {}
            select id="kind" aria-label="split or reason" {}
            select id="sort" aria-label="order" {}
            input id="words" type="search" placeholder="title, author, address, id" aria-label="search";
            span.muted id="count" {}
        }
        noscript { p { "Pictures are shown by a script; without one, look into the folders images and objects." } }
        div id="album" {}
        button.more type="button" id="more" hidden {}
        script id="data" type="application/json" { (PreEscaped(embedded(&album))) }
        script { (PreEscaped(SCRIPT)) }
    })
}

/// JSON that cannot end the element it stands in, whatever a title says.
fn embedded(album: &Album<'_>) -> String {
    let text = serde_json::to_string(album).expect("an album is plain data");
    text.replace('<', "\\u003c")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

fn collect<'a>(summary: &'a Summary, thrown: &'a [Thrown]) -> Album<'a> {
    let (mut names, mut licences, mut reasons) =
        (Numbers::default(), Numbers::default(), Numbers::default());
    let mut folders: HashMap<&str, &str> = HashMap::new();
    let mut published = Vec::new();
    for name in &summary.published {
        folders.insert(&name.label, &name.folder);
        let n = names.of(&name.label);
        published.extend(name.pictures.iter().map(|p| shown(p, n, &mut licences)));
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
        scores: Vec::new(),
        published,
        thrown: out,
        disputed,
        inline: BTreeMap::new(),
    }
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
            let m = names.of(&conflict.other_label);
            let find = |n: usize, id: SampleId| {
                let found = known.get(&(n, id.to_string().as_str())).copied().cloned();
                found.unwrap_or_else(|| Shown {
                    n,
                    i: id.to_string(),
                    ..Shown::default()
                })
            };
            // A shared picture is shown with the one that was left out for it.
            if conflict.kind != "shared" {
                pairs.push(Disputed {
                    other: true,
                    n,
                    m,
                    one: find(n, conflict.sample),
                    two: find(m, conflict.other_sample),
                    what: said(conflict),
                });
            }
        }
    }
    pairs
}

fn said(conflict: &Conflict) -> String {
    let meaning = explain(&conflict.kind);
    if conflict.distance > 255 {
        format!("{}: {meaning}", conflict.kind)
    } else {
        format!(
            "{}: {meaning}; distance {}",
            conflict.kind, conflict.distance
        )
    }
}

fn inlined(
    root: &Path,
    summary: &Summary,
    thrown: &[Thrown],
) -> Result<BTreeMap<String, String>, Failure> {
    let mut all = BTreeMap::new();
    let published = summary.published.iter().flat_map(|name| &name.pictures);
    let ids = published
        .map(|p| p.id)
        .chain(thrown.iter().map(|one| one.sample));
    for id in ids {
        let path = Snapshot::object_path(root, &id);
        let source = picture::inlined(&path).map_err(|e| Failure::io("read", &path, &e))?;
        all.insert(id.to_string(), source);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use trawl_dataset::{NameSummary, PublishedName, SplitCounts};

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

    fn summary() -> Summary {
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

    #[test]
    fn the_script_gets_every_picture_with_all_that_is_known_of_it() {
        let thrown = [
            copy(3, 1, "near-duplicate", State::Flawed),
            copy(7, 8, "conflict", State::Kept),
        ];
        let summary = summary();
        let data = serde_json::to_value(collect(&summary, &thrown)).unwrap();
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
            (&pair["m"], &pair["two"]["i"]),
            (&1.into(), &id(8).to_string().into())
        );
        assert!(pair["what"].as_str().unwrap().ends_with("distance 12"));
    }

    #[test]
    fn no_title_ends_the_script() {
        let summary = summary();
        let markup = album(Path::new("."), &summary, &[], false)
            .unwrap()
            .into_string();
        assert_eq!(markup.matches("</script>").count(), 2, "{markup}");
        let start = markup.find("application/json\">").unwrap() + 18;
        let end = start + markup[start..].find("</script>").unwrap();
        let data: serde_json::Value = serde_json::from_str(&markup[start..end]).unwrap();
        let title = data["published"][0]["t"].as_str().unwrap();
        assert!(title.starts_with("</script>"));
    }
}
