//! What computes: the burn device and the threads around it.
//!
//! A device is always named. burn's own default would look at the environment and prefer whatever was compiled in.

use std::fmt;
use std::str::FromStr;

use burn::tensor::Device;
use rayon::ThreadPool;
use serde::{Deserialize, Serialize};

use crate::TrainError;

/// A kind of device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceKind {
    /// The device that is always there: `flex`.
    #[default]
    Auto,
    /// burn-flex, CPU.
    Flex,
    /// burn-ndarray, CPU; deprecated by burn (cargo feature `ndarray`).
    #[serde(rename = "ndarray")]
    NdArray,
    /// A GPU through wgpu (cargo feature `wgpu`).
    Wgpu,
    /// The first NVIDIA GPU (cargo feature `cuda`).
    Cuda,
}

impl DeviceKind {
    /// Gives the device that `auto` stands for, and any other kind as it is.
    #[must_use]
    pub const fn resolved(self) -> Self {
        match self {
            Self::Auto => Self::Flex,
            other => other,
        }
    }

    /// Sees whether this can be trained on: it is compiled in, and a GPU computes.
    ///
    /// # Errors
    ///
    /// [`TrainError::DeviceMissing`] for one that is not compiled in, [`TrainError::DeviceFailed`] for one that does not start.
    pub fn check(self) -> Result<(), TrainError> {
        self.open().map(drop)
    }

    /// Opens the device, without autodiff.
    fn open(self) -> Result<Device, TrainError> {
        match self.resolved() {
            Self::Auto | Self::Flex => Ok(Device::flex()),
            Self::NdArray => ndarray(),
            Self::Wgpu => wgpu(),
            Self::Cuda => cuda(),
        }
    }
}

impl fmt::Display for DeviceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Flex => "flex",
            Self::NdArray => "ndarray",
            Self::Wgpu => "wgpu",
            Self::Cuda => "cuda",
        })
    }
}

impl FromStr for DeviceKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [
            Self::Auto,
            Self::Flex,
            Self::NdArray,
            Self::Wgpu,
            Self::Cuda,
        ]
        .into_iter()
        .find(|kind| kind.to_string() == text)
        .ok_or_else(|| format!("unknown device {text}: use auto, flex, ndarray, wgpu or cuda"))
    }
}

#[cfg(feature = "ndarray")]
#[expect(
    clippy::unnecessary_wraps,
    reason = "the form without the feature fails"
)]
#[expect(deprecated, reason = "the person asked for it by name")]
fn ndarray() -> Result<Device, TrainError> {
    Ok(Device::new(burn_ndarray::NdArrayDevice::Cpu))
}

#[cfg(not(feature = "ndarray"))]
fn ndarray() -> Result<Device, TrainError> {
    missing(DeviceKind::NdArray)
}

#[cfg(feature = "wgpu")]
fn wgpu() -> Result<Device, TrainError> {
    started(DeviceKind::Wgpu, || {
        Device::wgpu(burn::tensor::DeviceKind::DefaultDevice)
    })
}

#[cfg(not(feature = "wgpu"))]
fn wgpu() -> Result<Device, TrainError> {
    missing(DeviceKind::Wgpu)
}

#[cfg(feature = "cuda")]
fn cuda() -> Result<Device, TrainError> {
    started(DeviceKind::Cuda, || Device::cuda(0))
}

#[cfg(not(feature = "cuda"))]
fn cuda() -> Result<Device, TrainError> {
    missing(DeviceKind::Cuda)
}

#[cfg(not(all(feature = "ndarray", feature = "wgpu", feature = "cuda")))]
fn missing(kind: DeviceKind) -> Result<Device, TrainError> {
    Err(TrainError::DeviceMissing { kind })
}

/// Opens a GPU and adds one and one on it: without a driver burn panics at the first operation, not at the opening.
#[cfg(any(feature = "wgpu", feature = "cuda"))]
fn started(kind: DeviceKind, open: impl FnOnce() -> Device) -> Result<Device, TrainError> {
    use burn::tensor::Tensor;

    let attempt = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let device = open();
        let two = Tensor::<1>::ones([1], &device) + 1.0;
        (two.into_scalar::<f32>(), device)
    }));
    match attempt {
        Ok((sum, device)) if (sum - 2.0).abs() < 1e-6 => Ok(device),
        Ok((sum, _)) => Err(TrainError::DeviceFailed {
            kind,
            reason: format!("it says that one and one is {sum}"),
        }),
        Err(panic) => Err(TrainError::DeviceFailed {
            kind,
            reason: panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .and_then(|text| text.lines().next())
                .unwrap_or("no driver or no such device")
                .to_owned(),
        }),
    }
}

/// An opened device and the threads that its CPU work runs on.
#[derive(Debug)]
pub(crate) struct Engine {
    kind: DeviceKind,
    device: Device,
    pool: Option<ThreadPool>,
}

impl Engine {
    /// Opens `kind` with so many threads; `None` is rayon's global pool.
    pub(crate) fn open(kind: DeviceKind, threads: Option<usize>) -> Result<Self, TrainError> {
        let device = kind.open()?;
        let pool = threads
            .map(|threads| {
                rayon::ThreadPoolBuilder::new()
                    .num_threads(threads)
                    .build()
                    .map_err(|error| TrainError::Settings {
                        what: format!("cannot start {threads} threads: {error}"),
                    })
            })
            .transpose()?;
        Ok(Self {
            kind: kind.resolved(),
            device,
            pool,
        })
    }

    /// Gives what is opened, never `auto`.
    pub(crate) fn kind(&self) -> DeviceKind {
        self.kind
    }

    /// Gives the device, without autodiff.
    pub(crate) fn device(&self) -> &Device {
        &self.device
    }

    /// Runs tensor work on the chosen threads.
    pub(crate) fn run<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        match &self.pool {
            Some(pool) => pool.install(work),
            None => work(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auto_is_flex_and_names_are_read_back() {
        let engine = Engine::open(DeviceKind::Auto, Some(1)).unwrap();
        assert_eq!(engine.kind(), DeviceKind::Flex);
        assert!(!engine.device().is_autodiff());
        assert_eq!(engine.run(rayon::current_num_threads), 1);
        assert_eq!("ndarray".parse(), Ok(DeviceKind::NdArray));
        assert!("tpu".parse::<DeviceKind>().is_err());
    }

    #[cfg(not(feature = "cuda"))]
    #[test]
    fn a_device_that_is_not_compiled_in_names_its_feature() {
        let error = Engine::open(DeviceKind::Cuda, None).unwrap_err();
        assert!(error.to_string().contains("--features cuda"), "{error}");
    }
}
