//! What a caller chooses: plan, head, weights and numbers.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{DeviceKind, TrainError};

/// Which part of the network learns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Plan {
    /// The pretrained base stays as it is; a new output learns on its features.
    #[default]
    Head,
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head => f.write_str("head"),
        }
    }
}

impl FromStr for Plan {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "head" => Ok(Self::Head),
            _ => Err(format!("unknown plan {text}: use head")),
        }
    }
}

/// The output network on top of the base.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Head {
    /// Global average and maximum of pool5, L2-normalised, then a linear softmax: trains in seconds, right for small data.
    #[default]
    Linear,
    /// VGG's own classifier: 4096, 4096 and N with rectifiers and dropout 0.5 on the whole of pool5.
    Vgg,
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Linear => "linear",
            Self::Vgg => "vgg",
        })
    }
}

impl FromStr for Head {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "linear" => Ok(Self::Linear),
            "vgg" => Ok(Self::Vgg),
            _ => Err(format!("unknown head {text}: use linear or vgg")),
        }
    }
}

/// Where the pretrained base comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum WeightsSource {
    /// The convolutions embedded in the program (cargo feature `builtin-weights`).
    #[default]
    Builtin,
    /// A safetensors file with the same keys: `conv1_1.weight` `[out, in, 3, 3]` .. `conv5_3.bias`, f16 or f32, for BGR input.
    File(PathBuf),
}

impl fmt::Display for WeightsSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Builtin => f.write_str("builtin"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// Settings of [`train`](crate::train); the default is what a person gets who chooses nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainSettings {
    /// Which part of the network learns.
    pub plan: Plan,
    /// The output network.
    pub head: Head,
    /// Where the base comes from.
    pub weights: WeightsSource,
    /// What computes.
    pub device: DeviceKind,
    /// Passes over the training split; `None`: at most 300 and until it converges for `linear`, 6 for `vgg`.
    pub epochs: Option<u32>,
    /// Seed of initialisation, order and dropout. The linear head starts at zero and sees all data at once, so it draws nothing.
    pub seed: u64,
    /// Images in one step of the `vgg` head; the linear head uses all at once.
    pub batch: usize,
    /// First learning rate; `None`: 1 (a full quasi-Newton step) for `linear`, 0.001 for `vgg`.
    pub learning_rate: Option<f64>,
    /// Weight decay d, a penalty of d/2 times the squared norm of the weights (not the biases); `None`: 1/(30 n) for `linear` on n
    /// training images, 0.0005 for `vgg`.
    pub weight_decay: Option<f64>,
    /// Bytes that the feature cache of a dataset may hold when a run ends; while one runs, its own rows stay whatever this says.
    pub cache_cap_bytes: u64,
    /// CPU threads; `None`: rayon's default, one a core.
    pub threads: Option<usize>,
}

impl Default for TrainSettings {
    fn default() -> Self {
        Self {
            plan: Plan::default(),
            head: Head::default(),
            weights: WeightsSource::default(),
            device: DeviceKind::default(),
            epochs: None,
            seed: 0,
            batch: 32,
            learning_rate: None,
            weight_decay: None,
            cache_cap_bytes: DEFAULT_CACHE_CAP_BYTES,
            threads: None,
        }
    }
}

impl TrainSettings {
    /// Refuses numbers that cannot work, before anything is read.
    pub(crate) fn check(&self) -> Result<(), TrainError> {
        let bad = if self.epochs == Some(0) {
            "0 epochs train nothing: use --epochs 1 or more"
        } else if self.batch == 0 {
            "a batch of 0 images trains nothing: use --batch 1 or more"
        } else if self.threads == Some(0) {
            "0 threads compute nothing: use --threads 1 or more"
        } else if self
            .learning_rate
            .is_some_and(|rate| !rate.is_finite() || rate <= 0.0)
        {
            "a learning rate must be a number above 0"
        } else if self
            .weight_decay
            .is_some_and(|decay| !decay.is_finite() || decay < 0.0)
        {
            "a weight decay must be a number of 0 or more"
        } else {
            return Ok(());
        };
        Err(TrainError::Settings {
            what: bad.to_owned(),
        })
    }
}

/// Cap of the feature cache, 4 GB: the features of about 40,000 images.
pub const DEFAULT_CACHE_CAP_BYTES: u64 = 4_000_000_000;

/// Settings of [`predict`](crate::predict).
#[derive(Debug, Clone, PartialEq)]
pub struct PredictSettings {
    /// Guesses listed for each picture, most likely first.
    pub top_k: usize,
    /// Guesses below this confidence are left out: an empty list means "none of these".
    pub min_confidence: Option<f32>,
    /// What computes.
    pub device: DeviceKind,
}

impl Default for PredictSettings {
    fn default() -> Self {
        Self {
            top_k: 5,
            min_confidence: None,
            device: DeviceKind::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_as_written() {
        for head in [Head::Linear, Head::Vgg] {
            assert_eq!(head.to_string().parse(), Ok(head));
        }
        assert_eq!(Plan::Head.to_string().parse(), Ok(Plan::Head));
        assert_eq!(
            "mlp".parse::<Head>(),
            Err("unknown head mlp: use linear or vgg".to_owned())
        );
    }
}
