//! The other copies of a picture: zero to two, as the web has them.

use super::{Crop, Encoding, Rendition};
use crate::collection::Picture;
use crate::dice;

/// Letters that end the ids of a picture's copies; the primary has `a`.
pub(super) const COPY_LETTERS: [&str; 2] = ["b", "c"];

/// Draws the copies of a picture, in the order of [`COPY_LETTERS`].
///
/// 55 of 100 pictures have none, 30 one and 15 two. Of the copies, a quarter are the same bytes under another URL,
/// 30 of 100 another encoding, a quarter resized to between half and one and a half of each side, and a fifth cropped
/// by about 2 %.
pub(super) fn draw(slug: &str, picture: &Picture, primary: Rendition) -> Vec<Rendition> {
    let count = match dice::below("copies", slug, 100) {
        0..55 => 0,
        55..85 => 1,
        _ => 2,
    };
    COPY_LETTERS
        .iter()
        .take(count)
        .map(|letter| draw_one(&format!("{slug}-{letter}"), picture, primary))
        .collect()
}

fn draw_one(id: &str, picture: &Picture, primary: Rendition) -> Rendition {
    match dice::below("kind-of-copy", id, 100) {
        0..25 => primary,
        25..55 => Rendition {
            encoding: Encoding::draw_other(id, primary.encoding),
            ..primary
        },
        55..80 => {
            let per_mille = 500 + dice::below("scale", id, 1001);
            let scale = |length: u32| ((length * per_mille + 500) / 1000).max(1);
            let (width, height) = (scale(picture.width), scale(picture.height));
            Rendition {
                width,
                height,
                encoding: Encoding::draw(id),
                ..primary
            }
        }
        _ => {
            let crop = draw_crop(id, picture);
            let (width, height) = (crop.width, crop.height);
            Rendition {
                crop: Some(crop),
                width,
                height,
                encoding: Encoding::draw(id),
                ..primary
            }
        }
    }
}

/// Cuts about 2 % off each side length, at least a pixel where there are two, unevenly between the two edges.
fn draw_crop(id: &str, picture: &Picture) -> Crop {
    let cut = |edge: &str, length: u32| {
        let off = ((length * 2 + 50) / 100).clamp(u32::from(length > 1), length - 1);
        (dice::below(edge, id, off + 1), length - off)
    };
    let (left, width) = cut("crop-left", picture.width);
    let (top, height) = cut("crop-top", picture.height);
    Crop {
        left,
        top,
        width,
        height,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width: u32, height: u32) -> Picture {
        let picture = serde_json::json!({
            "file": "a.png", "title": "a", "width": width, "height": height, "license": "CC0",
        });
        serde_json::from_value(picture).unwrap()
    }

    #[test]
    fn all_kinds_of_copies_occur_within_their_bounds() {
        let picture = picture(400, 300);
        let primary = Rendition::whole(3, &picture, Encoding::Png);
        let (mut none, mut exact, mut encoded, mut resized, mut cropped) = (0, 0, 0, 0, 0);
        for n in 0..500 {
            let copies = draw(&format!("slug-{n}"), &picture, primary);
            none += u32::from(copies.is_empty());
            for copy in copies {
                assert_eq!(copy.picture, 3);
                if copy == primary {
                    exact += 1;
                } else if let Some(crop) = copy.crop {
                    cropped += 1;
                    assert_eq!((crop.width, crop.height), (392, 294));
                    assert!(crop.left <= 8 && crop.top <= 6);
                } else if copy.is_whole(400, 300) {
                    encoded += 1;
                    assert_ne!(copy.encoding, primary.encoding);
                } else {
                    resized += 1;
                    assert!(
                        (200..=600).contains(&copy.width) && (150..=450).contains(&copy.height)
                    );
                }
            }
        }
        assert!((230..=320).contains(&none), "{none}");
        for count in [exact, encoded, resized, cropped] {
            assert!(count >= 40, "{exact} {encoded} {resized} {cropped}");
        }
    }

    #[test]
    fn a_single_pixel_survives() {
        let dot = picture(1, 1);
        for n in 0..200 {
            let primary = Rendition::whole(0, &dot, Encoding::WebP);
            for copy in draw(&format!("dot-{n}"), &dot, primary) {
                assert!(copy.width >= 1 && copy.height >= 1);
            }
        }
    }
}
