//! Work compiled for the instruction sets that processors have.
#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for the instruction set that was picked"
)]

/// Work on rows of bytes that a compiler makes wide instructions of.
///
/// The closure and what it calls must be marked `#[inline(always)]`: a call that is left in it leads to code for the least processor.
/// `pulp` takes closures as well, but does not inline them.
struct Vectorized<F>(F);

impl<R, F: FnOnce() -> R> pulp::WithSimd for Vectorized<F> {
    type Output = R;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) -> R {
        (self.0)()
    }
}

/// Does the work with wide instructions, if this processor has any. Results are the same with all of them: additions keep their order and
/// products are rounded before they are added.
///
/// Those of AVX2 are taken even where there are wider ones: the longest of this work takes half as long again with AVX-512.
#[inline(always)]
pub(crate) fn vectorized<R>(work: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    if let Some(avx2) = pulp::x86::V3::try_new() {
        return pulp::Simd::vectorize(avx2, Vectorized(work));
    }
    pulp::Arch::new().dispatch(Vectorized(work))
}

#[cfg(target_arch = "x86_64")]
pulp::simd_type!({
    /// AVX-512 with the instruction that counts the set bits of 64 bytes, which [`pulp::x86::V4`] lacks.
    struct ByteCounts {
        avx512f: f!("avx512f"),
        avx512bw: f!("avx512bw"),
        avx512vl: f!("avx512vl"),
        avx512bitalg: f!("avx512bitalg"),
        popcnt: f!("popcnt"),
    }
});

#[cfg(target_arch = "x86_64")]
struct Counting<F>(F);

#[cfg(target_arch = "x86_64")]
impl<R, F: FnOnce() -> R> pulp::NullaryFnOnce for Counting<F> {
    type Output = R;

    #[inline(always)]
    fn call(self) -> R {
        (self.0)()
    }
}

/// The same for work that counts the set bits of bytes: where one instruction does that, it takes a quarter of the time.
#[inline(always)]
pub(crate) fn counting_bits<R>(work: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    if let Some(byte_counts) = ByteCounts::try_new() {
        return byte_counts.vectorize(Counting(work));
    }
    vectorized(work)
}

/// Adds rows of bytes up, each by its weight; `rows` holds one row of `sums.len()` bytes for each weight, and may hold more.
pub(crate) fn weigh_rows(sums: &mut [f32], rows: &[u8], weights: &[f32]) {
    vectorized(
        #[inline(always)]
        || {
            sums.fill(0.0);
            for (row, weight) in rows.chunks_exact(sums.len()).zip(weights) {
                for (sum, byte) in sums.iter_mut().zip(row) {
                    *sum += weight * f32::from(*byte);
                }
            }
        },
    );
}
