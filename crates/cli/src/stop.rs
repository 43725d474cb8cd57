//! Ctrl-C and SIGTERM: the first asks for a clean stop, the second stops at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use tokio_util::sync::CancellationToken;

use crate::exit::Exit;

/// A wish to stop that every stage of a command listens to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stop {
    token: CancellationToken,
    flag: Arc<AtomicBool>,
    signal: Arc<AtomicU8>,
}

impl Stop {
    /// Listens to signals on the given runtime for as long as it lives.
    pub(crate) fn listen(runtime: &tokio::runtime::Runtime) -> Self {
        let stop = Self::default();
        let seen = stop.clone();
        runtime.spawn(async move {
            loop {
                let exit = signal().await;
                if seen.flag.swap(true, Ordering::SeqCst) {
                    // The second one: everything on disk is safe at any instruction, so leaving at once loses nothing.
                    std::process::exit(i32::from(exit as u8));
                }
                seen.signal.store(exit as u8, Ordering::SeqCst);
                seen.token.cancel();
            }
        });
        stop
    }

    /// Asks for a clean stop without a signal, as a time budget does.
    pub(crate) fn ask(&self) {
        self.token.cancel();
        self.flag.store(true, Ordering::SeqCst);
    }

    /// For asynchronous stages.
    pub(crate) fn token(&self) -> CancellationToken {
        self.token.clone()
    }

    /// For loops without a runtime.
    pub(crate) fn flag(&self) -> &AtomicBool {
        &self.flag
    }

    /// The exit code of the signal that came, if one came.
    pub(crate) fn exit(&self) -> Option<Exit> {
        match self.signal.load(Ordering::SeqCst) {
            130 => Some(Exit::Interrupted),
            143 => Some(Exit::Terminated),
            _ => None,
        }
    }
}

#[cfg(unix)]
async fn signal() -> Exit {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    ) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => Exit::Interrupted,
        _ = terminate.recv() => Exit::Terminated,
    }
}

#[cfg(not(unix))]
async fn signal() -> Exit {
    match tokio::signal::ctrl_c().await {
        Ok(()) => Exit::Interrupted,
        Err(_) => std::future::pending().await,
    }
}
