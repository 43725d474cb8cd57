//! The dataset's page: its tables, its charts and the data behind its pictures.

use std::io::Cursor;

use image::imageops::FilterType;
use serde_json::Value;

use crate::support::{Bench, picture};

/// Crawls two names of a folder: a copy and its larger original, a black picture, a cut one, and one that both names show.
fn crawled() -> Bench {
    let bench = Bench::new();
    bench.write("judge.toml", "[quality]\nfolders = true\n");
    for (place, label) in ["left", "right <b>"].into_iter().enumerate() {
        let first = 100 * u32::try_from(place).unwrap();
        for number in first..first + 12 {
            let path = format!("photos/{label}/{number:03}.png");
            bench.write(&path, picture(number));
        }
        let small = resized(&picture(first), 160);
        bench.write(&format!("photos/{label}/000-small.png"), small);
        let black = image::RgbImage::from_fn(200, 200, |x, y| {
            image::Rgb([u8::try_from((x ^ y) % 24).unwrap(); 3])
        });
        bench.write(&format!("photos/{label}/black.png"), png(&black.into()));
        bench.write(&format!("photos/{label}/cut.png"), &picture(500)[..900]);
        bench.write(&format!("photos/{label}/shared.png"), picture(77));
    }
    let args = "crawl --engine folder:photos --out data/photos --config judge.toml";
    bench.run(&args.split(' ').collect::<Vec<_>>()).expect(0);
    bench
}

fn png(image: &image::DynamicImage) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    image.write_to(&mut out, image::ImageFormat::Png).unwrap();
    out.into_inner()
}

fn resized(bytes: &[u8], side: u32) -> Vec<u8> {
    let image = image::load_from_memory_with_format(bytes, image::ImageFormat::Png).unwrap();
    png(&image.resize(side, side, FilterType::Triangle))
}

fn page(bench: &Bench) -> String {
    std::fs::read_to_string(bench.path("data/photos/report.html")).unwrap()
}

/// What the page's script is given.
fn data(page: &str) -> Value {
    let (_, rest) = page.split_once("type=\"application/json\">").unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

#[test]
fn a_page_says_of_each_name_what_became_of_what_was_found() {
    let bench = crawled();
    let page = page(&bench);
    // Found, downloaded, failed, duplicate, unfit and kept; there was no goal, so there is no surplus either.
    let row = "<td>16</td><td>16</td><td><span class=\"muted\">–</span></td><td>1</td><td>2</td><td>13</td>";
    assert_eq!(page.matches(row).count(), 2, "{page}");
    assert!(!page.contains(">goal</th>") && !page.contains(">surplus</th>"));
    assert!(page.contains("data-name=\"right &lt;b&gt;\""));
    assert!(page.contains("1 dark") && page.contains("1 truncated"));
    assert!(
        page.contains(">left out</th>"),
        "right gives up one picture"
    );
    assert!(page.contains("engines exhausted"), "the crawl knows");
    bench.run(&["report", "data/photos"]).expect(0);
    let again = std::fs::read_to_string(bench.path("data/photos/report.html")).unwrap();
    assert!(
        !again.contains("search ended"),
        "a report alone does not know"
    );
}

#[test]
fn a_page_draws_each_score_with_its_threshold_and_what_it_leaves_out() {
    let bench = crawled();
    let page = page(&bench);
    assert_eq!(page.matches("<svg class=\"histogram\"").count(), 11);
    assert!(page.contains("aria-label=\"brightness of the brightest percent, threshold 0.22\""));
    assert!(page.contains("below 0.22: <b>2</b> left out"), "{page}");
    bench.write("mild.toml", "[quality]\nfolders = true\ndark = 0\n");
    let args = ["snapshot", "data/photos", "--config", "mild.toml"];
    bench.run(&args).expect(0);
    let mild = self::page(&bench);
    assert!(!mild.contains("below 0.22"), "it is switched off");
    assert!(!mild.contains("threshold 0.22\""));
    // A crawl that says nothing of it, or only of other things, leaves it at that.
    for more in ["", " --config judge.toml"] {
        let args = format!("crawl --engine folder:photos --out data/photos{more}");
        bench.run(&args.split(' ').collect::<Vec<_>>()).expect(0);
        let page = self::page(&bench);
        assert!(!page.contains("threshold 0.22\""), "crawl{more}");
    }
    bench.write("dark.toml", "[quality]\ndark = 0.22\n");
    let args = "crawl --engine folder:photos --out data/photos --config dark.toml";
    bench.run(&args.split(' ').collect::<Vec<_>>()).expect(0);
    let dark = self::page(&bench);
    assert!(dark.contains("below 0.22: <b>2</b> left out"), "{dark}");
}

#[test]
fn copies_and_disputed_pictures_stand_beside_what_they_repeat_with_their_distance() {
    let bench = crawled();
    let data = data(&page(&bench));
    let thrown = data["thrown"].as_array().unwrap();
    let copies: Vec<&Value> = thrown.iter().filter(|one| !one["o"].is_null()).collect();
    assert_eq!(copies.len(), 2);
    for copy in copies {
        assert!(copy["k"].as_u64().unwrap() <= 31, "{copy}");
        let repeats = |one: &&Value| one["i"] == copy["o"] && one["n"] == copy["n"];
        let published = data["published"].as_array().unwrap();
        assert!(published.iter().any(|one| repeats(&one)), "{copy}");
    }
    let disputed = data["disputed"].as_array().unwrap();
    assert_eq!(disputed.len(), 1, "{disputed:?}");
    assert_eq!(disputed[0]["k"], 0);
    assert_eq!(disputed[0]["one"]["i"], disputed[0]["two"]["i"]);
    assert_ne!(disputed[0]["one"]["n"], disputed[0]["two"]["n"]);
    assert!(
        disputed[0]["what"]
            .as_str()
            .unwrap()
            .starts_with("conflict:")
    );
}

#[test]
fn an_inlined_page_has_every_picture_that_it_shows() {
    let bench = crawled();
    bench.run(&["report", "data/photos", "--inline"]).expect(0);
    let data = data(&page(&bench));
    let inline = data["inline"].as_object().unwrap();
    let shown = ["published", "thrown"].map(|view| data[view].as_array().unwrap());
    for one in shown.into_iter().flatten() {
        let source = inline[one["i"].as_str().unwrap()].as_str().unwrap();
        assert!(source.starts_with("data:image/jpeg;base64,/9j/"), "{one}");
    }
    assert_eq!(data["scores"].as_array().unwrap().len(), 11);
    assert!(
        shown[0]
            .iter()
            .all(|one| one["q"].as_array().unwrap().len() == 11)
    );
}
