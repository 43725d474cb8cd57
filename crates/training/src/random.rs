//! Reproducible random numbers.
//!
//! burn draws from one generator a process: what a thread gets depends on what other threads draw. Initialisation, order and
//! dropout take theirs from here, so that a seed gives one result.

/// A stream of random numbers that depends on its seed only (`SplitMix64`, Steele, Lea and Flood, 2014).
#[derive(Debug, Clone)]
pub(crate) struct Random {
    state: u64,
}

impl Random {
    /// Opens the stream of a seed and a place, such as (epoch, batch).
    pub(crate) fn new(seed: u64, place: [u64; 2]) -> Self {
        let mut random = Self { state: seed };
        for part in place {
            // Mixing each part keeps neighbouring places far apart.
            random.state = random.next() ^ part;
        }
        random
    }

    /// Gives 64 random bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// Gives an even draw from 0 (inclusive) to 1 (exclusive), of 24 bits.
    pub(crate) fn unit(&mut self) -> f32 {
        #[expect(clippy::cast_precision_loss, reason = "24 bits fit an f32 exactly")]
        let numerator = (self.next() >> 40) as f32;
        numerator / 16_777_216.0
    }

    /// Gives `count` draws of a normal distribution with mean 0 (Box and Muller, 1958).
    pub(crate) fn normal(&mut self, count: usize, deviation: f32) -> Vec<f32> {
        let mut values = Vec::with_capacity(count + 1);
        while values.len() < count {
            // 1 - u lies in (0, 1], where the logarithm is finite.
            let radius = deviation * (-2.0 * (1.0 - self.unit()).ln()).sqrt();
            let (sine, cosine) = (std::f32::consts::TAU * self.unit()).sin_cos();
            values.push(radius * cosine);
            values.push(radius * sine);
        }
        values.truncate(count);
        values
    }

    /// Puts a list in random order (Fisher and Yates).
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let bound = last as u64 + 1;
            // The bias of the remainder is below 2^-40 for any list that fits in memory.
            let pick = usize::try_from(self.next() % bound).expect("an index of the list");
            items.swap(last, pick);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_and_a_place_give_one_stream() {
        let draw = |seed, place| Random::new(seed, place).next();
        assert_eq!(draw(1, [2, 3]), draw(1, [2, 3]));
        assert_ne!(draw(1, [2, 3]), draw(1, [3, 2]));
        assert_ne!(draw(1, [2, 3]), draw(2, [2, 3]));
    }

    #[test]
    fn normal_draws_have_the_mean_and_deviation_asked_for() {
        let values = Random::new(7, [0, 0]).normal(20_001, 0.5);
        assert_eq!(values.len(), 20_001);
        let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / 20_001.0;
        let variance = values.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>() / 20_001.0;
        assert!(mean.abs() < 0.015, "{mean}");
        assert!((variance.sqrt() - 0.5).abs() < 0.01, "{variance}");
    }

    #[test]
    fn a_shuffle_keeps_every_item() {
        let mut items: Vec<u32> = (0..100).collect();
        Random::new(3, [1, 0]).shuffle(&mut items);
        assert_ne!(items, (0..100).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..100).collect::<Vec<_>>());
    }
}
