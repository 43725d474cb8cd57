//! What a dataset is made with.

use serde::{Deserialize, Serialize};

use crate::pixels::Preparation;
use crate::publish::Grouping;
use crate::quality::Thresholds;

/// The settings of a dataset, recorded in its catalog and in every snapshot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatasetSettings {
    /// The pixel path; fixed once the dataset exists.
    pub preparation: Preparation,
    /// Pictures whose PDQ hashes differ in at most so many of 256 bits are near-duplicates.
    ///
    /// 31 is the distance PDQ is published with; on photographs no pair below it showed different pictures.
    pub near_distance: u32,
    /// Pictures whose hashes differ in more bits than that and in at most so many are near-duplicates if their thumbnails agree; 0 for
    /// none.
    ///
    /// Slight crops, logos and captions turn up to 60 bits; unrelated photographs begin at 80. As near must a crop of the one come to the
    /// other, or both without one of their sides, where the whole pictures lie further apart.
    #[serde(default)]
    pub confirm_distance: u32,
    /// Only hashes of at least this quality (0 to 100) are compared; those of nearly flat pictures coincide by chance.
    pub near_quality: u8,
    /// A picture that so many names show is a placeholder and shows none of them; 0 for no such limit.
    #[serde(default = "placeholder_names")]
    pub placeholder_names: u32,
    /// A picture that so many hosts serve with the same pixels is a placeholder; 0 for no such limit.
    #[serde(default)]
    pub placeholder_hosts: u32,
    /// Share of a name's groups that go to the test split.
    pub test_share: f64,
    /// Share of a name's groups that go to the validation split.
    pub val_share: f64,
    /// What is asked of the scores of pictures.
    #[serde(default = "Thresholds::off")]
    pub quality: Thresholds,
    /// Whether that is asked of pictures from folders and brought-in datasets as well, which somebody has chosen by hand.
    #[serde(default)]
    pub judge_folders: bool,
    /// What lies in one split beside near-duplicates.
    #[serde(default, skip_serializing_if = "Grouping::is_default")]
    pub group_by: Grouping,
    /// Mixed into the order in which groups are given to splits.
    pub salt: String,
}

impl Default for DatasetSettings {
    fn default() -> Self {
        Self {
            preparation: Preparation::default(),
            near_distance: 31,
            confirm_distance: 60,
            near_quality: 50,
            placeholder_names: placeholder_names(),
            placeholder_hosts: 10,
            test_share: 0.15,
            val_share: 0.15,
            quality: Thresholds::default(),
            judge_folders: false,
            group_by: Grouping::default(),
            salt: "trawl".to_owned(),
        }
    }
}

/// What held before it could be chosen.
fn placeholder_names() -> u32 {
    3
}

impl DatasetSettings {
    /// Says which value is out of range, if any.
    pub(crate) fn complaint(&self) -> Option<String> {
        let share = |n: f64| (0.0..1.0).contains(&n);
        if !share(self.test_share)
            || !share(self.val_share)
            || self.test_share + self.val_share >= 1.0
        {
            return Some(format!(
                "test_share {} and val_share {} must be at least 0 and leave something to train on",
                self.test_share, self.val_share
            ));
        }
        if self.near_distance > 128 {
            return Some(format!(
                "near_distance is {}, unrelated pictures begin below 128",
                self.near_distance
            ));
        }
        if self.confirm_distance > 128 {
            return Some(format!(
                "confirm_distance is {}, unrelated pictures begin below 128",
                self.confirm_distance
            ));
        }
        if self.near_quality > 100 {
            return Some(format!(
                "near_quality is {}, it must be at most 100",
                self.near_quality
            ));
        }
        for (key, limit) in [
            ("placeholder_names", self.placeholder_names),
            ("placeholder_hosts", self.placeholder_hosts),
        ] {
            if limit == 1 {
                return Some(format!(
                    "{key} is 1, which would leave out every picture; 0 switches it off"
                ));
            }
        }
        if let Some(complaint) = self.quality.complaint() {
            return Some(complaint);
        }
        self.preparation.complaint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_sound_and_nonsense_is_named() {
        assert_eq!(DatasetSettings::default().complaint(), None);
        let greedy = DatasetSettings {
            test_share: 0.6,
            val_share: 0.4,
            ..DatasetSettings::default()
        };
        assert!(greedy.complaint().unwrap().contains("test_share"));
        let blind = DatasetSettings {
            test_share: f64::NAN,
            ..DatasetSettings::default()
        };
        assert!(blind.complaint().is_some());
        let empty = DatasetSettings {
            placeholder_hosts: 1,
            ..DatasetSettings::default()
        };
        assert!(empty.complaint().unwrap().contains("placeholder_hosts"));
    }
}
