//! Every measure says yes and no where it should, and says the same of a picture that was made smaller or stored again.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::Path;

use image::codecs::png::PngDecoder;
use image::imageops::overlay;
use image::{DynamicImage, RgbImage};

use super::drawn::{
    blurred, checkerboard, disc, exposed, fill, gradient, halved, page, photograph, scores, sheet,
    through_jpeg, window, write,
};
use super::{Scores, Thresholds};

/// Codes of the measures that a picture does not meet at the default thresholds.
fn codes(picture: &RgbImage) -> Vec<&'static str> {
    let failing = Thresholds::default();
    failing.failing(&scores(picture)).map(|f| f.code).collect()
}

#[test]
fn photographs_and_drawings_pass() {
    for seed in 1..7 {
        let scene = photograph(seed, 640, 480);
        assert_eq!(codes(&scene), [""; 0], "{seed}: {:?}", scores(&scene));
    }
    let mut drawing = sheet(480, 360, [255; 3]);
    disc(&mut drawing, [0.5, 0.5], 90.0, [250, 220, 30]);
    disc(&mut drawing, [0.45, 0.4], 12.0, [0; 3]);
    assert_eq!(codes(&drawing), [""; 0], "{:?}", scores(&drawing));
}

#[test]
fn dark_is_what_has_nothing_bright() {
    let scene = photograph(3, 512, 384);
    assert_eq!(codes(&exposed(&scene, 0.12, 0.0)), ["dark"]);
    // A lamp at night is a picture.
    let mut night = exposed(&scene, 0.12, 0.0);
    disc(&mut night, [0.4, 0.4], 40.0, [255, 240, 200]);
    assert!(!codes(&night).contains(&"dark"));
}

#[test]
fn bright_is_what_has_neither_ink_nor_colour() {
    let scene = photograph(3, 512, 384);
    let washed_out = exposed(&scene, 0.06, 240.0);
    assert!(codes(&washed_out).contains(&"bright"));
    let mut sketch = sheet(512, 384, [255; 3]);
    for n in 0..6 {
        fill(&mut sketch, [60, 60 + 45 * n, 380, 3], [250, 240, 60]);
    }
    assert!(!codes(&sketch).contains(&"bright"));
}

#[test]
fn few_levels_of_grey_are_told_where_that_is_asked() {
    let asked = Thresholds {
        low_entropy: 2.0,
        ..Thresholds::off()
    };
    let codes = |picture: &RgbImage| -> Vec<&'static str> {
        asked.failing(&scores(picture)).map(|f| f.code).collect()
    };
    let mut two = sheet(512, 384, [240; 3]);
    fill(&mut two, [0, 0, 256, 384], [20; 3]);
    assert_eq!(codes(&two), ["low-entropy"], "{:?}", scores(&two));
    assert_eq!(codes(&photograph(3, 512, 384)), [""; 0]);
}

#[test]
fn soft_gradients_and_fog_hold_little() {
    assert!(codes(&gradient(512, 384, 60, 200)).contains(&"low-information"));
    assert!(!codes(&checkerboard(512, 384, 40)).contains(&"low-information"));
    assert!(scores(&gradient(512, 384, 60, 200)).entropy > 6.0);
    assert!(scores(&checkerboard(512, 512, 64)).entropy < 2.5);
}

#[test]
fn a_drawing_on_a_white_page_is_not_solid_but_a_dot_is() {
    let mut page = sheet(512, 512, [255; 3]);
    disc(&mut page, [0.5, 0.5], 12.0, [0; 3]);
    let dot = scores(&page);
    assert!(dot.solid > 0.98, "{dot:?}");
    disc(&mut page, [0.5, 0.5], 70.0, [200, 30, 30]);
    let drawing = scores(&page);
    assert!(drawing.solid < 0.98, "{drawing:?}");
    // What lies beyond the middle square is not seen by the classifier, so it does not help.
    let mut wide = sheet(1536, 512, [255; 3]);
    disc(&mut wide, [0.06, 0.5], 90.0, [0; 3]);
    assert!(codes(&wide).contains(&"solid"));
}

#[test]
fn blur_is_as_wide_as_it_is_made() {
    let sharp = photograph(2, 340, 256);
    assert!(scores(&sharp).blur < 1.0, "{:?}", scores(&sharp));
    for sigma in [3.0, 4.0, 6.0] {
        let soft = scores(&blurred(&sharp, sigma)).blur;
        assert!(
            (sigma * 0.6..sigma * 1.6).contains(&soft),
            "{sigma}: {soft}"
        );
    }
    assert_eq!(codes(&blurred(&sharp, 4.0)), ["blurry"]);
}

#[test]
fn a_sharp_bird_in_a_smooth_sky_and_small_pictures_are_not_blurry() {
    let mut sky = gradient(512, 384, 130, 220);
    disc(&mut sky, [0.5, 0.4], 20.0, [30, 30, 30]);
    let bird = scores(&sky);
    assert!(bird.blur < 1.0 && bird.blur > 0.0, "{bird:?}");
    // A sharp thing before a background out of focus is sharp.
    let mut portrait = blurred(&photograph(4, 340, 256), 6.0);
    disc(&mut portrait, [0.5, 0.5], 60.0, [230, 180, 150]);
    disc(&mut portrait, [0.45, 0.45], 8.0, [20, 20, 20]);
    assert!(scores(&portrait).blur < 1.0);
    assert!(!codes(&photograph(5, 100, 80)).contains(&"blurry"));
    // Too few edges are no evidence.
    assert!(scores(&gradient(512, 384, 100, 112)).blur.abs() < f32::EPSILON);
}

#[test]
fn pages_are_text_and_patterns_are_not() {
    for (page, what) in [
        (page(900, 1270, 3), "a page"),
        (page(512, 384, 2), "large print"),
        (
            through_jpeg(&page(900, 1270, 3), 75),
            "a page stored as jpeg",
        ),
    ] {
        assert!(
            codes(&page).contains(&"text"),
            "{what}: {:?}",
            scores(&page)
        );
    }
    let mut dark_page = sheet(900, 700, [20, 22, 30]);
    write(&mut dark_page, [40, 40, 800, 600], 2, [220; 3]);
    assert!(codes(&dark_page).contains(&"text"));
    for square in [3, 8, 24, 60] {
        let board = scores(&checkerboard(512, 384, square));
        assert!(board.text < 0.005, "{square}: {board:?}");
    }
    // A sign in a scene is part of the scene.
    let mut street = photograph(6, 640, 480);
    fill(&mut street, [250, 180, 150, 50], [240, 240, 230]);
    write(&mut street, [260, 190, 130, 33], 3, [20; 3]);
    assert_eq!(codes(&street), [""; 0], "{:?}", scores(&street));
}

#[test]
fn windows_are_screenshots_and_flags_are_not() {
    let window = window(960, 720);
    assert!(
        codes(&window).contains(&"screenshot"),
        "{:?}",
        scores(&window)
    );
    let mut flag = sheet(480, 320, [255; 3]);
    fill(&mut flag, [0, 0, 160, 320], [0, 60, 160]);
    fill(&mut flag, [320, 0, 160, 320], [200, 20, 40]);
    let flag = scores(&flag);
    assert!(flag.straight > 0.9 && flag.screen < 1.0, "{flag:?}");
}

#[test]
fn the_grey_end_of_a_cut_picture_is_measured() {
    let mut cut = photograph(1, 512, 400);
    fill(&mut cut, [0, 300, 512, 100], [128; 3]);
    let again = scores(&through_jpeg(&cut, 85)).tail;
    assert!((again - 0.25).abs() < 0.03, "{again}");
    assert!(codes(&cut).contains(&"grey-tail"));
    assert!(scores(&photograph(1, 512, 400)).tail.abs() < f32::EPSILON);
    // A wall in that grey has nothing above it and is solid instead.
    assert!(scores(&sheet(300, 300, [128; 3])).tail.abs() < f32::EPSILON);
}

#[test]
fn size_and_shape_are_those_of_the_original() {
    let small = scores(&photograph(1, 63, 300));
    assert_eq!((small.side, small.aspect), (63.0, 0.21));
    assert_eq!(codes(&photograph(1, 63, 300))[..2], ["tiny", "odd-aspect"]);
    assert!(scores(&photograph(1, 1024, 512)).side > 511.0);
}

#[test]
fn grey_is_seen_whatever_the_file_says() {
    assert!(scores(&checkerboard(300, 300, 10)).colour.abs() < f32::EPSILON);
    assert!(scores(&photograph(1, 300, 300)).colour > 0.3);
}

#[test]
fn pictures_of_any_size_have_finite_scores() {
    for (width, height) in [
        (1, 1),
        (1, 300),
        (300, 1),
        (2, 2),
        (31, 7),
        (64, 64),
        (4000, 3),
    ] {
        let s = scores(&checkerboard(width, height, 2));
        let values = serde_json::to_value(s).unwrap();
        for (name, value) in values.as_object().unwrap() {
            // What is not finite would be null.
            assert!(
                value.as_f64().is_some_and(|v| v >= 0.0),
                "{width}x{height}: {name}"
            );
        }
    }
}

/// The scores that a picture must keep when it is stored smaller or with loss, as (name, value).
fn lasting(s: &Scores) -> [(&'static str, f32); 8] {
    [
        ("aspect", s.aspect),
        ("brightest", s.brightest),
        ("darkest", s.darkest),
        ("detail", s.detail),
        ("solid", s.solid),
        ("tail", s.tail),
        ("entropy", s.entropy / 8.0),
        ("blur", s.blur / 8.0),
    ]
}

#[test]
fn half_the_size_and_a_round_of_jpeg_change_little() {
    for (what, picture) in [
        ("scene", photograph(2, 1024, 768)),
        ("soft", blurred(&photograph(3, 1024, 768), 16.0)),
        ("dark", exposed(&photograph(4, 1024, 768), 0.1, 0.0)),
        ("page", page(1240, 1760, 4)),
        ("window", window(1280, 960)),
        ("fog", gradient(1024, 768, 100, 180)),
    ] {
        let before = scores(&picture);
        for (edit, picture) in [
            ("half", halved(&picture)),
            ("jpeg", through_jpeg(&picture, 75)),
        ] {
            let after = scores(&picture);
            for ((name, before), (_, after)) in lasting(&before).into_iter().zip(lasting(&after)) {
                assert!(
                    (before - after).abs() < 0.06,
                    "{what}, {edit}, {name}: {before} {after}"
                );
            }
            let limits = Thresholds::default();
            let codes = |s| limits.failing(s).map(|f| f.code).collect::<Vec<_>>();
            assert_eq!(codes(&before), codes(&after), "{what}, {edit}: {after:?}");
        }
    }
}

/// A PNG, over white.
fn read(path: &Path) -> RgbImage {
    let file = BufReader::new(File::open(path).unwrap());
    let picture = DynamicImage::from_decoder(PngDecoder::new(file).unwrap()).unwrap();
    let mut paper = DynamicImage::from(sheet(picture.width(), picture.height(), [255; 3]));
    overlay(&mut paper, &picture, 0, 0);
    paper.into_rgb8()
}

#[test]
fn what_a_browser_shows_is_known() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/quality");
    let page = read(&fixtures.join("page.png"));
    assert!(codes(&page).contains(&"text"), "{:?}", scores(&page));
    let screen = read(&fixtures.join("screen.png"));
    assert!(
        codes(&screen).contains(&"screenshot"),
        "{:?}",
        scores(&screen)
    );
}

#[test]
fn of_the_drawings_that_ship_one_in_fifty_is_left_out_at_most() {
    let gallery = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/gallery");
    let (mut all, mut left_out) = (0, Vec::new());
    for class in fs::read_dir(gallery).unwrap() {
        let class = class.unwrap().path();
        let files = fs::read_dir(&class).into_iter().flatten();
        for file in files.map(|file| file.unwrap().path()) {
            let codes = codes(&read(&file));
            all += 1;
            if !codes.is_empty() {
                left_out.push((file, codes));
            }
        }
    }
    assert!(all > 400);
    assert!(left_out.len() * 50 <= all, "{left_out:?}");
}
