//! What the program says before anything runs.

use crate::support::Bench;

#[test]
fn help_names_each_command_and_nothing_that_is_not_built() {
    let help = Bench::new().run(&["--help"]).expect(0).stdout;
    for command in [
        "crawl", "doctor", "refresh", "snapshot", "status", "report", "verify", "diff", "restore",
        "export", "import", "train", "evaluate", "predict", "gallery", "demo",
    ] {
        assert!(
            help.contains(&format!("\n  {command} ")),
            "{command} is missing in\n{help}"
        );
    }
    for later in ["sweep", "forget", "gc", "weights"] {
        assert!(
            !help.contains(&format!("\n  {later} ")),
            "{later} is not built"
        );
    }
}

#[test]
fn wrong_usage_ends_with_2_and_says_what_to_do() {
    let bench = Bench::new();
    bench.write("names.txt", "owl\n");
    for (args, hint) in [
        (vec!["crawl"], "names file"),
        (vec!["crawl", "missing.txt"], "missing.txt"),
        (vec!["crawl", "names.txt", "--engine", "googel"], "googel"),
        (vec!["crawl", "names.txt", "--label", "x"], "--label"),
        (
            vec!["crawl", "names.txt", "--per-name", "0"],
            "crawl.per_name",
        ),
        (
            vec!["crawl", "names.txt", "--config", "none.toml"],
            "none.toml",
        ),
        (
            vec!["crawl", "--engine", "folder:nowhere", "--out", "x"],
            "nowhere",
        ),
        (vec!["train", "--epochs", "0", "."], "--epochs"),
        (vec!["predict", "x.jpg", "--top-k", "0"], "--top-k"),
    ] {
        let ended = bench.run(&args).expect(2);
        assert!(ended.error().contains(hint), "{args:?}: {}", ended.error());
    }
    assert_eq!(bench.run(&["swim"]).code, 2);
    assert!(!bench.path("data").exists(), "nothing was made");
}

#[test]
fn unknown_keys_name_the_nearest_known_one() {
    let bench = Bench::new();
    bench.write("names.txt", "owl\n");
    let config = bench.write("c.toml", "[crawl]\nper_nam = 5\n");
    let ended = bench
        .run(&["crawl", "names.txt", "--config", config.to_str().unwrap()])
        .expect(2);
    assert!(
        ended.error().contains("`crawl.per_name`"),
        "{}",
        ended.error()
    );
    let output = bench
        .command(&["crawl", "names.txt"])
        .env("TRAWL_CRAWL_TRIE", "5")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("TRAWL_CRAWL_TRIES"));
}

#[test]
fn without_a_dataset_or_run_the_code_is_10() {
    let bench = Bench::new();
    bench.write("empty/readme", "");
    for args in [
        vec!["status"],
        vec!["train"],
        vec!["evaluate"],
        vec!["verify", "nowhere"],
        vec!["status", "empty"],
        vec!["refresh", "empty"],
        vec!["train", "empty"],
    ] {
        let ended = bench.run(&args).expect(10);
        assert!(
            ended.error().contains("trawl "),
            "the remedy is a command: {}",
            ended.error()
        );
    }
}

#[test]
fn json_goes_to_standard_output_also_for_errors() {
    let ended = Bench::new().run(&["status", "--json"]).expect(10);
    assert!(
        ended.json()["error"]
            .as_str()
            .unwrap()
            .contains("trawl crawl")
    );
}

#[test]
fn json_tells_of_wrong_usage_too() {
    for args in [
        vec!["status", "--json", "--swim"],
        vec!["swim", "--json"],
        vec!["crawl", "--json"],
    ] {
        let ended = Bench::new().run(&args).expect(2);
        assert!(ended.json()["error"].is_string(), "{args:?}");
    }
    let help = Bench::new().run(&["--json", "--help"]).expect(0);
    assert!(!help.stdout.contains("\"error\""));
}

#[test]
fn settings_that_cannot_work_leave_no_folder_behind() {
    let bench = Bench::new();
    bench.write("names.txt", "owl\n");
    bench.write("list.txt", "https://example.org/a.jpg\n");
    let no_scheme = bench.write("a.toml", "[engines]\ngallery = \"127.0.0.1:1\"\n");
    let no_scheme = no_scheme.to_str().unwrap();
    for (args, hint) in [
        (
            vec![
                "crawl",
                "names.txt",
                "--engine",
                "gallery",
                "--config",
                no_scheme,
            ],
            "engines.gallery",
        ),
        (
            vec!["crawl", "names.txt", "--engine", "gallery"],
            "--allow-private-hosts",
        ),
        (
            vec!["crawl", "--engine", "urls:list.txt", "--out", "data/list"],
            "--label",
        ),
        (
            vec![
                "crawl",
                "names.txt",
                "--engine",
                "wikimedia",
                "--engine",
                "wikimedia",
            ],
            "twice",
        ),
    ] {
        let ended = bench.run(&args).expect(2);
        assert!(ended.error().contains(hint), "{args:?}: {}", ended.error());
        assert!(!bench.path("data").exists(), "{args:?}");
    }
}

#[test]
fn a_mistyped_run_or_names_file_is_told_apart_from_a_picture() {
    let bench = Bench::new();
    bench.write("names.txt", "owl\n");
    let ended = bench.run(&["status", "names.txt"]).expect(10);
    assert!(ended.error().contains("data/names"), "{}", ended.error());
    bench.write("runs/names/model.json", "{}");
    let ended = bench.run(&["predict", "nmaes", "x.jpg"]).expect(10);
    assert!(ended.error().contains("nmaes"), "{}", ended.error());
    let ended = bench.run(&["predict", "x.jpg"]).expect(1);
    assert!(ended.error().contains("x.jpg"), "{}", ended.error());
}

#[test]
fn a_folder_tells_no_licence_to_a_crawl_nor_to_a_refresh() {
    let bench = Bench::new();
    bench.write("pictures/owl/a.jpg", "no picture");
    let ask = ["crawl", "--engine", "folder:pictures", "--out", "d"];
    let refused = bench
        .run(&[&ask[..], &["--license", "cc"]].concat())
        .expect(2);
    assert!(refused.error().contains("--license"), "{}", refused.stderr);
    assert!(!bench.path("d").exists());
    bench.run(&ask).expect(3);
    let mut refresh = bench.command(&["refresh", "d"]);
    refresh.env("TRAWL_SEARCH_LICENSE", "cc");
    assert_eq!(refresh.output().unwrap().status.code(), Some(2));
}
