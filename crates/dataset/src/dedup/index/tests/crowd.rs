//! Hashes like those of photographs, as many as wanted.

use super::Orientations;

/// Frequencies on each axis of a hash.
const BAND: usize = 16;

type Spectrum = [f32; BAND * BAND];

/// Makes hashes of random spectra, thresholded at the median as those of pictures are.
///
/// The slack of their mirrors is that of photographs (8 bits on average) and unrelated ones are 128 apart. One in ten is a
/// turned and altered copy of an earlier one, 0 to about 60 bits from it.
#[derive(Debug)]
pub struct Crowd {
    state: u64,
    /// What all spectra have in common.
    common: Option<Spectrum>,
    /// Spectra to be copied.
    recent: Vec<Spectrum>,
}

impl Crowd {
    /// Pictures that have nothing in common.
    pub fn uniform(seed: u64) -> Self {
        Self {
            state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            common: None,
            recent: Vec::new(),
        }
    }

    /// Pictures that share a structure: unrelated ones are 90 to 110 apart, 100 on average.
    pub fn alike(seed: u64) -> Self {
        let mut crowd = Self::uniform(seed);
        crowd.common = Some(crowd.spectrum());
        crowd
    }

    /// The next `count` hashes.
    pub fn take(&mut self, count: usize) -> Vec<Orientations> {
        (0..count).map(|_| hashes(&self.next())).collect()
    }

    fn random(&mut self) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// Evenly between 0 and 1.
    fn share(&mut self) -> f32 {
        f32::from(u16::try_from(self.random() >> 48).unwrap_or(0)) / 65_536.0
    }

    /// Normal, nearly: mean 0, deviation 1.
    fn normal(&mut self) -> f32 {
        let bytes = self.random().to_le_bytes();
        let parts = bytes.chunks_exact(2).map(|two| [two[0], two[1]]);
        let sum: f32 = parts.map(|two| f32::from(u16::from_le_bytes(two))).sum();
        (sum / 65_536.0 - 2.0) * 3.0_f32.sqrt()
    }

    fn spectrum(&mut self) -> Spectrum {
        std::array::from_fn(|_| self.normal())
    }

    fn next(&mut self) -> Spectrum {
        let pick = self.random();
        let copied = pick.is_multiple_of(10) && !self.recent.is_empty();
        if copied {
            let at = usize::try_from(pick >> 32).unwrap_or(0) % self.recent.len();
            let noise = self.share() * 0.7;
            let original = self.recent[at];
            let turn = self.random();
            return std::array::from_fn(|at| {
                let (row, column) = (at / BAND, at % BAND);
                let from = if turn & 4 == 0 {
                    at
                } else {
                    column * BAND + row
                };
                let left_right = turn & 1 == 1 && column.is_multiple_of(2);
                let top_bottom = turn & 2 == 2 && row.is_multiple_of(2);
                let sign = if left_right == top_bottom { 1.0 } else { -1.0 };
                sign * original[from] + noise * self.normal()
            });
        }
        let mut own = self.spectrum();
        if let Some(common) = self.common {
            let share = 0.47 + 0.2 * self.share();
            let rest = (1.0 - share * share).sqrt();
            for (own, common) in own.iter_mut().zip(common) {
                *own = rest * *own + share * common;
            }
        }
        if self.recent.len() < 1_000 {
            self.recent.push(own);
        } else {
            self.recent[usize::try_from(pick % 1_000).unwrap_or(0)] = own;
        }
        own
    }
}

/// The hashes of a spectrum: a bit for each value above the lower median, with the signs of each mirror.
fn hashes(spectrum: &Spectrum) -> Orientations {
    let mut bytes = [0; 128];
    for (mirror, bytes) in bytes.chunks_exact_mut(32).enumerate() {
        let mut signed = *spectrum;
        for (at, value) in signed.iter_mut().enumerate() {
            let left_right = mirror & 1 == 1 && (at % BAND).is_multiple_of(2);
            let top_bottom = mirror & 2 == 2 && (at / BAND).is_multiple_of(2);
            if left_right != top_bottom {
                *value = -*value;
            }
        }
        let mut sorted = signed;
        let (_, median, _) = sorted.select_nth_unstable_by(127, f32::total_cmp);
        for (at, value) in signed.iter().enumerate() {
            bytes[at / 8] |= u8::from(value > median) << (at % 8);
        }
    }
    Orientations::from_bytes(&bytes).expect("128 bytes")
}
