use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use moxcms::{
    CicpColorPrimaries, CicpProfile, ColorProfile, DataColorSpace, Layout, MatrixCoefficients,
    ParsingOptions, ProfileVersion, TransferCharacteristics, Transform8BitExecutor,
    Transform16BitExecutor, TransformOptions,
};

use super::table::widened;

/// Longest profile in bytes; those of printing presses reach three million.
pub(in crate::pixels) const MAX_PROFILE: usize = 4 << 20;
/// Most bytes of it that are read: one table from its colours to the connection space has a million at most.
const MAX_NEEDED: usize = 2 << 20;
/// Most nodes of a table; 33 to the power of 4 would be more than any press has.
const MAX_NODES: usize = 1 << 20;
/// Most steps of a tone curve.
const MAX_STEPS: usize = 1 << 14;
/// Most entries of a profile's directory; real ones have some twenty.
const MAX_TAGS: usize = 200;
/// Length of a profile's header and of an entry of its directory (ICC.1:2022, 7.2 and 7.3).
const HEADER: usize = 128;
const TAG: usize = 12;
/// The entries that say what the colours are: primaries, tone curves, white, and the table of the perceptual intent.
const NEEDED: [&[u8; 4]; 9] = [
    b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC", b"kTRC", b"wtpt", b"chad",
];
/// Tables from the colours to the connection space, the wanted one first: perceptual, as other readers have it.
const TABLES: [&[u8; 4]; 3] = [b"A2B0", b"A2B1", b"A2B2"];
/// How far primaries may lie from those of sRGB, as profiles round them in several ways.
const PRIMARY_TOLERANCE: f64 = 0.003;
/// How far tone curves may lie from that of sRGB, in grey levels.
const CURVE_TOLERANCE: f64 = 0.75;

/// Black of the perceptual intent from version 4 on: its light as a share of white (ICC.1:2022, 6.3.4.3).
const PERCEPTUAL_BLACK: f64 = 0.003_473_1;
/// Light of the brightest black that is compensated, L* 50; beyond it a profile is not to be believed.
const BRIGHTEST_BLACK: f64 = 0.184_2;

/// The channels that a profile is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Model {
    Grey,
    Rgb,
    Ink,
}

/// A colour space that can be converted to sRGB.
#[derive(Debug)]
pub(super) struct Profile {
    profile: ColorProfile,
    pub(super) model: Model,
}

impl Profile {
    /// Reads an ICC profile; `None` when it is damaged, too large or of another kind.
    pub(super) fn read(icc: &[u8]) -> Option<Self> {
        let needed = needed(icc)?;
        let options = ParsingOptions {
            max_profile_size: MAX_NEEDED + HEADER + 4 + TAG * (NEEDED.len() + 1) + 1,
            max_allowed_clut_size: MAX_NODES,
            max_allowed_trc_size: MAX_STEPS,
        };
        let profile = fenced(|| ColorProfile::new_from_slice_with_options(&needed, options).ok())?;
        let model = match profile.color_space {
            DataColorSpace::Gray => Model::Grey,
            DataColorSpace::Rgb => Model::Rgb,
            DataColorSpace::Cmyk => Model::Ink,
            _ => return None,
        };
        Some(Self { profile, model })
    }

    /// The RGB space of these primaries and this transfer function (ITU-T H.273), unless it is one of high dynamic range, whose
    /// white would have to be chosen.
    pub(super) fn coded(primaries: u8, transfer: u8) -> Option<Self> {
        let transfer_characteristics = match transfer {
            // The curves for cameras: what is shown by them is meant for a screen, whose curve is that of sRGB in effect.
            1 | 6 | 13 | 14 | 15 => TransferCharacteristics::Srgb,
            4 => TransferCharacteristics::Bt470M,
            5 => TransferCharacteristics::Bt470Bg,
            8 => TransferCharacteristics::Linear,
            _ => return None,
        };
        let color_primaries = match primaries {
            1 => CicpColorPrimaries::Bt709,
            9 => CicpColorPrimaries::Bt2020,
            11 => CicpColorPrimaries::Smpte431,
            12 => CicpColorPrimaries::Smpte432,
            _ => return None,
        };
        Some(Self {
            profile: ColorProfile::new_from_cicp(CicpProfile {
                color_primaries,
                transfer_characteristics,
                matrix_coefficients: MatrixCoefficients::Identity,
                full_range: true,
            }),
            model: Model::Rgb,
        })
    }

    /// Whether it says nothing but sRGB, to what 8 bits can tell.
    pub(super) fn is_srgb(&self) -> bool {
        let profile = &self.profile;
        if self.model != Model::Rgb
            || !profile.is_matrix_shaper()
            || profile.lut_a_to_b_perceptual.is_some()
        {
            return false;
        }
        let srgb = ColorProfile::new_srgb();
        let near = |a: moxcms::Xyzd, b: moxcms::Xyzd| {
            [(a.x, b.x), (a.y, b.y), (a.z, b.z)]
                .iter()
                .all(|(a, b)| (a - b).abs() < PRIMARY_TOLERANCE)
        };
        near(profile.red_colorant, srgb.red_colorant)
            && near(profile.green_colorant, srgb.green_colorant)
            && near(profile.blue_colorant, srgb.blue_colorant)
            && [&profile.red_trc, &profile.green_trc, &profile.blue_trc]
                .into_iter()
                .all(|curve| {
                    fenced(|| profile.build_8bit_lin_table(curve).ok())
                        .is_some_and(|table| is_srgb_curve(&table[..]))
                })
    }

    /// Whether it has a table, whose results are wanted at 16 bits so that black can be compensated.
    pub(super) fn has_table(&self) -> bool {
        self.profile.lut_a_to_b_perceptual.is_some()
    }

    /// Conversion of 8-bit samples to RGB.
    pub(super) fn bytes_to_srgb(&self) -> Option<Arc<Transform8BitExecutor>> {
        let target = ColorProfile::new_srgb();
        fenced(|| {
            self.profile
                .create_transform_8bit(self.layout(), &target, Layout::Rgb, options())
                .ok()
        })
    }

    /// Conversion of 16-bit samples to RGB.
    pub(super) fn words_to_srgb(&self) -> Option<Arc<Transform16BitExecutor>> {
        let target = ColorProfile::new_srgb();
        fenced(|| {
            self.profile
                .create_transform_16bit(self.layout(), &target, Layout::Rgb, options())
                .ok()
        })
    }

    /// The light of its black as a share of white, where it is more than none.
    ///
    /// As Little CMS has it for the perceptual intent: of version 4 the black that this version lays down, else what its
    /// darkest colour comes to.
    pub(super) fn black(&self, conversion: &Transform16BitExecutor) -> Option<f64> {
        if !self.has_table() {
            return None;
        }
        if self.profile.version() >= ProfileVersion::V4_0 {
            return Some(PERCEPTUAL_BLACK);
        }
        let darkest: &[u16] = match self.model {
            Model::Ink => &[u16::MAX; 4],
            Model::Rgb => &[0; 3],
            Model::Grey => &[0],
        };
        let mut rgb = [0; 3];
        conversion.transform(darkest, &mut rgb).ok()?;
        let [r, g, b] = rgb.map(|value| light(f64::from(value) / 65_535.0));
        let black = 0.2126 * r + 0.7152 * g + 0.0722 * b;
        (black > 0.0 && black < BRIGHTEST_BLACK).then_some(black)
    }

    fn layout(&self) -> Layout {
        match self.model {
            Model::Grey => Layout::Gray,
            Model::Rgb => Layout::Rgb,
            Model::Ink => Layout::Rgba,
        }
    }
}

/// What each 16-bit sample of sRGB becomes when black of the given light is made none and white stays.
pub(super) fn compensation(black: f64) -> Vec<u16> {
    (0..=u16::MAX)
        .map(|value| {
            let light = light(f64::from(value) / 65_535.0);
            let sample = 65_535.0 * sample(((light - black) / (1.0 - black)).max(0.0));
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "from 0 to 65535"
            )]
            let sample = sample.round() as u16;
            sample
        })
        .collect()
}

/// Light of a sample of sRGB, both from 0 to 1 (IEC 61966-2-1).
fn light(sample: f64) -> f64 {
    if sample <= 0.040_45 {
        sample / 12.92
    } else {
        ((sample + 0.055) / 1.055).powf(2.4)
    }
}

/// The sample of sRGB for a light, both from 0 to 1.
fn sample(light: f64) -> f64 {
    if light <= 0.003_130_8 {
        12.92 * light
    } else {
        1.055 * light.powf(1.0 / 2.4) - 0.055
    }
}

fn options() -> TransformOptions {
    TransformOptions {
        allow_use_cicp_transfer: false,
        ..TransformOptions::default()
    }
}

/// A profile is a program of sorts from strangers; if reading it goes wrong, the picture is to be had without it.
fn fenced<T>(work: impl FnOnce() -> Option<T>) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok().flatten()
}

/// Whether a table from 8-bit numbers to light is that of sRGB, to a grey level.
fn is_srgb_curve(table: &[f32]) -> bool {
    (0_u32..).zip(table).all(|(number, light)| {
        let level = 255.0 * sample(f64::from(*light));
        (level - f64::from(number)).abs() < CURVE_TOLERANCE
    })
}

/// Copies header and needed entries of a profile, so that one with a thousand large tables costs no more than one.
fn needed(icc: &[u8]) -> Option<Vec<u8>> {
    let word = |at: usize| {
        let four = icc.get(at..at + 4)?;
        usize::try_from(u32::from_be_bytes(four.try_into().ok()?)).ok()
    };
    let count = word(HEADER)?;
    if icc.len() > MAX_PROFILE || count > MAX_TAGS || icc.get(36..40)? != b"acsp" {
        return None;
    }
    let mut table: Option<(usize, &[u8])> = None;
    let mut entries: Vec<(&[u8; 4], &[u8])> = Vec::new();
    for index in 0..count {
        let at = HEADER + 4 + index * TAG;
        let tag = icc.get(at..at + 4)?;
        let wanted = NEEDED.iter().find(|name| **name == tag);
        let rank = TABLES.iter().position(|name| *name == tag);
        if wanted.is_none() && rank.is_none() {
            continue;
        }
        let start = word(at + 4)?;
        let data = icc.get(start..start.checked_add(word(at + 8)?)?)?;
        if let Some(rank) = rank
            && table.is_none_or(|(best, _)| rank < best)
        {
            table = Some((rank, data));
        }
        if let Some(name) = wanted
            && entries.iter().all(|(known, _)| known != name)
        {
            entries.push((name, data));
        }
    }
    let table = table.map(|(_, data)| widened(data, &icc[20..24]));
    entries.extend(table.as_ref().map(|table| (TABLES[0], &table[..])));
    let length: usize = entries.iter().map(|(_, data)| data.len()).sum();
    if length > MAX_NEEDED {
        return None;
    }
    let mut out = icc[..HEADER].to_vec();
    let mut data = Vec::with_capacity(length + 4 * entries.len());
    let data_at = HEADER + 4 + entries.len() * TAG;
    out.extend(u32::try_from(entries.len()).ok()?.to_be_bytes());
    for (name, content) in entries {
        out.extend(name);
        out.extend(u32::try_from(data_at + data.len()).ok()?.to_be_bytes());
        out.extend(u32::try_from(content.len()).ok()?.to_be_bytes());
        data.extend(content);
        data.resize(data.len().next_multiple_of(4), 0);
    }
    out.extend(data);
    let length = u32::try_from(out.len()).ok()?;
    out[..4].copy_from_slice(&length.to_be_bytes());
    Some(out)
}
