//! The demo from start to end: names, dataset, classifier, predictions; and what follows a trained run.

use std::path::Path;

use crate::support::Bench;

/// Test top-1 of the demo as measured when it was last changed, and how far a run may be from it.
const TOP1: f64 = 0.708;
const WITHIN: f64 = 0.03;

#[test]
fn the_demo_trains_a_classifier_and_what_follows_agrees_with_it() {
    let bench = Bench::new();
    let demo = bench.run(&["demo", "--json"]).expect(0).json();
    let top1 = demo["top1"].as_f64().unwrap();
    assert!(
        (top1 - TOP1).abs() <= WITHIN,
        "top-1 is {top1}, measured was {TOP1}"
    );
    assert_eq!(demo["predictions"].as_array().unwrap().len(), 3);
    for file in [
        "data/demo/report.html",
        "runs/demo/report.html",
        "runs/demo/model.safetensors",
        "runs/demo/metrics.jsonl",
    ] {
        assert!(bench.path(file).is_file(), "{file}");
    }
    again_is_quick_and_the_same(&bench, top1);
    predict_gives_what_evaluate_gave(&bench);
    weights_that_cannot_be_used(&bench);
    pictures_that_cannot_be_used(&bench);
}

fn again_is_quick_and_the_same(bench: &Bench, top1: f64) {
    let again = bench.run(&["demo", "--json"]).expect(0).json();
    assert_eq!(again["top1"].as_f64(), Some(top1));
    let crawled = bench
        .run(&["snapshot", "data/demo", "--json"])
        .expect(0)
        .json();
    assert_eq!(crawled["changed"], false);
}

/// Every test picture of the dataset, predicted from its file, answers exactly what the evaluation recorded.
fn predict_gives_what_evaluate_gave(bench: &Bench) {
    let evaluation = bench
        .run(&["evaluate", "runs/demo", "--json"])
        .expect(0)
        .json();
    let folder = bench.path("data/demo/images/test");
    let predicted = bench
        .run(&["predict", "runs/demo", folder.to_str().unwrap(), "--json"])
        .expect(0)
        .json();
    let rows = evaluation["predictions"].as_array().unwrap();
    let files = predicted["predictions"].as_array().unwrap();
    assert_eq!(rows.len(), files.len());
    for file in files {
        let stem = Path::new(file["path"].as_str().unwrap())
            .file_stem()
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        let row = rows.iter().find(|row| row["id"] == stem.as_str()).unwrap();
        assert_eq!(file["top"][0]["label"], row["predicted"]);
        assert_eq!(file["top"][0]["confidence"], row["confidence"], "{stem}");
    }
}

fn weights_that_cannot_be_used(bench: &Bench) {
    let whole =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/weights/vgg16-conv-f16.safetensors");
    let bytes = std::fs::read(whole).unwrap();
    bench.write("cut.safetensors", &bytes[..bytes.len() / 2]);
    bench.write("not.safetensors", "hello");
    for file in ["missing.safetensors", "cut.safetensors", "not.safetensors"] {
        let ended = bench.run(&["train", "data/demo", "--run", "bad", "--weights", file]);
        assert!(ended.code == 1 || ended.code == 2, "{}", ended.code);
        assert!(ended.error().contains(file), "{}", ended.error());
        assert!(!bench.path("runs/bad/model.json").exists());
    }
}

fn pictures_that_cannot_be_used(bench: &Bench) {
    bench.write("broken.jpg", "this is no picture");
    let good = std::fs::read_dir(bench.path("data/demo/objects"))
        .unwrap()
        .flatten()
        .next()
        .unwrap()
        .path();
    let good = std::fs::read_dir(good)
        .unwrap()
        .flatten()
        .next()
        .unwrap()
        .path();
    let ended = bench
        .run(&[
            "predict",
            "runs/demo",
            "broken.jpg",
            good.to_str().unwrap(),
            "--json",
        ])
        .expect(1);
    let rows = ended.json();
    let rows = rows["predictions"].as_array().unwrap();
    assert_eq!(
        rows.iter().filter(|row| row["error"].is_string()).count(),
        1,
        "the other one is answered"
    );
    assert!(ended.stderr.contains("broken.jpg"), "{}", ended.stderr);
    let ended = bench
        .run(&["predict", "runs/demo", "nowhere.jpg"])
        .expect(1);
    assert!(ended.error().contains("nowhere.jpg"));
    let ended = bench
        .run(&["predict", "no-such-run", "broken.jpg"])
        .expect(10);
    assert!(ended.error().contains("no-such-run"));
}
