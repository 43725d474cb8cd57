//! By what two pictures show the same.

use super::index::{Near, inverse};
use super::{LikenessSettings, Thumbnail};
use crate::store::settings::DatasetSettings;

/// Bits in which whole pictures may differ, roughly, whose parts are compared in the orientation in which the wholes come nearest.
///
/// Measured on 961 photographs with a logo over 6 % of the area, of which the whole finds 654 and parts 286 more: 233 of these lie
/// within 80, 274 within 96, 279 within 100, 283 within 104 and all within 108, each in the right orientation. Of pairs of different
/// photographs 0.03 %, 0.2 %, 0.6 %, 2.4 % and 8.3 % do, and each is looked at alone. For crops there is no such distance: with 5 % cut off at each border the whole
/// lies at up to 132, and 12 % beyond 104. So crops are looked for in an index of their own.
pub(super) const PARTS_WITHIN: u32 = 100;

/// By what two pictures were found to show the same, in the order in which it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// The whole pictures are near.
    Near,
    /// They are not so near, and the thumbnails agree.
    Confirmed,
    /// One picture is near a crop of the other, and the thumbnails agree.
    Crop,
    /// They are near without one of their sides, and the thumbnails agree.
    Part,
}

/// Two pictures whose hashes meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Met {
    pub(super) rule: Rule,
    /// Bits in which the hashes differ that met.
    pub(super) distance: u32,
    /// The orientation of the first picture that looks like the second.
    pub(super) orientation: u8,
}

impl Met {
    /// How whole pictures meet, if they do.
    pub(super) fn whole(whole: Near, settings: &DatasetSettings) -> Option<Self> {
        let rule = if whole.distance <= settings.near_distance {
            Rule::Near
        } else if whole.distance <= settings.confirm_distance {
            Rule::Confirmed
        } else {
            return None;
        };
        Some(Self {
            rule,
            distance: whole.distance,
            orientation: whole.orientation,
        })
    }

    /// How pictures meet, if they do, that differ in `apart` bits without one of their sides; where the whole ones meet, nobody asks.
    pub(super) fn part(whole: Near, apart: u32, settings: &DatasetSettings) -> Option<Self> {
        let meets = apart <= settings.confirm_distance && Self::whole(whole, settings).is_none();
        meets.then_some(Self {
            rule: Rule::Part,
            distance: apart,
            orientation: whole.orientation,
        })
    }

    /// How a picture meets a crop of another, where the whole ones do not meet in that way already.
    pub(super) fn crop(crop: Near, whole: Near, settings: &DatasetSettings) -> Option<Self> {
        let is_near = whole.distance <= settings.near_distance;
        let is_asked =
            whole.distance <= settings.confirm_distance && whole.orientation == crop.orientation;
        (!is_near && !is_asked).then_some(Self {
            rule: Rule::Crop,
            distance: crop.distance,
            orientation: crop.orientation,
        })
    }

    /// Whether the pictures show the same: outright, or as their thumbnails say. Without a thumbnail of both, as in datasets of the
    /// first layout, distance must tell.
    pub(super) fn is_confirmed(self, a: Option<&Thumbnail>, b: Option<&Thumbnail>) -> bool {
        if self.rule == Rule::Near {
            return true;
        }
        let Some((a, b)) = a.zip(b) else {
            return false;
        };
        // Rounding differs with which one is turned: the same one is, so that acceptance, publication and verification agree.
        let (a, b, orientation) = if a.greys() <= b.greys() {
            (a, b, self.orientation)
        } else {
            (b, a, inverse(self.orientation))
        };
        LikenessSettings::default().confirms(a, b, orientation.into())
    }
}

/// Whether thumbnails are asked at all.
pub(super) fn is_looking(settings: &DatasetSettings) -> bool {
    settings.confirm_distance > settings.near_distance
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(distance: u32) -> Near {
        Near {
            distance,
            orientation: 3,
        }
    }

    #[test]
    fn thumbnails_are_asked_between_two_distances_and_parts_beyond() {
        let settings = DatasetSettings::default();
        let whole = |distance| Met::whole(at(distance), &settings).map(|met| met.rule);
        assert_eq!(whole(31), Some(Rule::Near));
        assert_eq!(whole(32), Some(Rule::Confirmed));
        assert_eq!(whole(60), Some(Rule::Confirmed));
        assert_eq!(whole(61), None);
        let part = |distance, apart| Met::part(at(distance), apart, &settings);
        assert_eq!(part(61, 60).map(|met| met.rule), Some(Rule::Part));
        assert_eq!(part(61, 60).map(|met| met.orientation), Some(3));
        assert_eq!((part(61, 61), part(60, 20)), (None, None));
        let blind = DatasetSettings {
            confirm_distance: 0,
            ..settings.clone()
        };
        assert!(is_looking(&settings) && !is_looking(&blind));
        assert_eq!(Met::whole(at(32), &blind), None);
    }

    #[test]
    fn a_crop_adds_what_the_whole_does_not_say() {
        let settings = DatasetSettings::default();
        let crop = |distance, orientation| {
            let crop = Near {
                distance: 40,
                orientation: 1,
            };
            let whole = Near {
                distance,
                orientation,
            };
            Met::crop(crop, whole, &settings).is_some()
        };
        assert!(crop(130, 5) && crop(130, 1) && crop(60, 0));
        assert!(!crop(60, 1) && !crop(31, 0));
    }
}
