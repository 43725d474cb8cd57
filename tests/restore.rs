//! What was thrown out is listed and taken back.

use image::{ImageFormat, Rgb, RgbImage};

use crate::support::{Bench, picture, published};

/// Crawls a folder of twelve pictures and a black one, which is thrown out; one picture is there twice.
fn crawled() -> Bench {
    let bench = Bench::new();
    bench.write("judge.toml", "[quality]\nfolders = true\n");
    for number in 0..12 {
        bench.write(&format!("photos/wall/{number:02}.png"), picture(number));
    }
    bench.write("photos/wall/00-again.png", picture(0));
    let black = RgbImage::from_fn(200, 200, |x, y| {
        Rgb([u8::try_from((x ^ y) % 24).unwrap(); 3])
    });
    let mut png = std::io::Cursor::new(Vec::new());
    black.write_to(&mut png, ImageFormat::Png).unwrap();
    bench.write("photos/wall/black.png", png.into_inner());
    let args = "crawl --engine folder:photos --out data/photos --config judge.toml";
    bench.run(&args.split(' ').collect::<Vec<_>>()).expect(0);
    bench
}

#[test]
fn a_picture_is_listed_and_taken_back_by_its_first_digits() {
    let bench = crawled();
    let root = bench.path("data/photos");
    assert_eq!(published(&root).len(), 12);
    let listed = bench.run(&["restore", "data/photos", "--json"]).expect(0);
    let listed = listed.json();
    let thrown = listed["thrown_out"].as_array().unwrap();
    assert_eq!(thrown.len(), 1, "a repeat is no other picture: {thrown:?}");
    assert_eq!(thrown[0]["reason"], "dark");
    let id = thrown[0]["sample"].as_str().unwrap();
    for (given, says) in [
        (&id[..7], "the first 8 or more"),
        ("no-hexadecimal", "is not a picture's id"),
        ("0123456789", "begins with 0123456789"),
    ] {
        let refused = bench.run(&["restore", "data/photos", given]).expect(2);
        assert!(refused.error().contains(says), "{}", refused.error());
    }
    let first = id[..8].to_ascii_uppercase();
    bench.run(&["restore", "data/photos", &first]).expect(0);
    let now = published(&root);
    assert_eq!(now.len(), 13);
    assert!(now.iter().any(|line| line.contains(id)), "{now:?}");
    let left = bench.run(&["restore", "data/photos", "--json"]).expect(0);
    assert_eq!(left.json()["thrown_out"].as_array().unwrap().len(), 0);
}

#[test]
fn one_colour_all_over_is_left_out_kept_of_a_folder_and_taken_back() {
    let bench = Bench::new();
    bench.write("judge.toml", "[quality]\nfolders = true\n");
    for number in 0..6 {
        bench.write(&format!("photos/wall/{number:02}.png"), picture(number));
    }
    let red = RgbImage::from_pixel(120, 90, Rgb([200, 30, 30]));
    let mut png = std::io::Cursor::new(Vec::new());
    red.write_to(&mut png, ImageFormat::Png).unwrap();
    bench.write("photos/wall/red.png", png.into_inner());
    let chosen = "crawl --engine folder:photos --out data/chosen";
    let judged = "crawl --engine folder:photos --out data/judged --config judge.toml";
    for args in [chosen, judged] {
        bench.run(&args.split(' ').collect::<Vec<_>>()).expect(0);
    }
    assert_eq!(published(&bench.path("data/chosen")).len(), 7);
    assert_eq!(published(&bench.path("data/judged")).len(), 6);
    let listed = bench.run(&["restore", "data/judged", "--json"]).expect(0);
    let listed = listed.json();
    assert_eq!(listed["thrown_out"][0]["reason"], "solid");
    let id = listed["thrown_out"][0]["sample"].as_str().unwrap();
    bench.run(&["restore", "data/judged", id]).expect(0);
    assert_eq!(published(&bench.path("data/judged")).len(), 7);
    for root in ["data/chosen", "data/judged"] {
        bench.run(&["verify", root]).expect(0);
    }
}

#[test]
fn names_that_have_left_stay_away_where_there_is_no_list_of_names() {
    let bench = Bench::new();
    for (n, name) in (0..).zip(["owl", "tit"]) {
        for number in 0..6 {
            bench.write(
                &format!("photos/{name}/{number}.png"),
                picture(20 * n + number),
            );
        }
    }
    let red = RgbImage::from_pixel(120, 90, Rgb([200, 30, 30]));
    let mut png = std::io::Cursor::new(Vec::new());
    red.write_to(&mut png, ImageFormat::Png).unwrap();
    bench.write("photos/tit/red.png", png.into_inner());
    bench.write("judge.toml", "[quality]\nfolders = true\n");
    let args = "crawl --engine folder:photos --out data/photos --config judge.toml";
    bench.run(&args.split(' ').collect::<Vec<_>>()).expect(0);
    let root = bench.path("data/photos");
    assert_eq!(published(&root).len(), 12);
    std::fs::remove_dir_all(bench.path("photos/tit")).unwrap();
    bench.run(&["refresh", "data/photos"]).expect(0);
    let left = published(&root);
    assert_eq!(left.len(), 6, "{left:?}");
    bench.run(&["snapshot", "data/photos"]).expect(0);
    assert_eq!(published(&root), left);
    let listed = bench.run(&["restore", "data/photos", "--json"]).expect(0);
    let listed = listed.json();
    let id = listed["thrown_out"][0]["sample"].as_str().unwrap();
    let ended = bench.run(&["restore", "data/photos", id]).expect(0);
    let said = "is no name of the dataset any more";
    assert!(ended.stdout.contains(said), "{}", ended.stdout);
    assert_eq!(published(&root), left);
}
