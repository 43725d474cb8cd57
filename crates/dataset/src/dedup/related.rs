//! Which pictures of a list show the same.

use crate::dataset::{Picture, Probe};
use crate::store::settings::DatasetSettings;

/// Two pictures of a list, by their places in it, that show the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Related {
    /// The earlier one.
    pub(crate) first: usize,
    /// The later one.
    pub(crate) second: usize,
    /// PDQ distance in bits, 0 for equal bytes or pixels.
    pub(crate) distance: u32,
}

/// All pairs of pictures that show the same, by the second's place and then the first's.
pub(crate) fn related(pictures: &[Picture], settings: &DatasetSettings) -> Vec<Related> {
    let mut found = Vec::new();
    for (second, picture) in pictures.iter().enumerate() {
        let probe = Probe::new(picture);
        found.extend(
            pictures[..second]
                .iter()
                .enumerate()
                .filter_map(|(first, other)| {
                    let distance = probe.repeats(other, settings)?.distance();
                    Some(Related {
                        first,
                        second,
                        distance,
                    })
                }),
        );
    }
    found
}
