//! The program in a folder of its own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A temporary folder to run `trawl` in.
#[derive(Debug)]
pub(crate) struct Bench {
    dir: tempfile::TempDir,
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// The one JSON object that `--json` prints last.
    pub(crate) fn json(&self) -> serde_json::Value {
        let line = self.stdout.lines().last().unwrap_or_default();
        serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}\n{}", self.stderr))
    }

    /// Fails the test with all output unless the code is right.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "stdout:\n{}\nstderr:\n{}",
            self.stdout, self.stderr
        );
        self
    }

    /// The error line, which must be the only line on standard error that begins so.
    #[track_caller]
    pub(crate) fn error(&self) -> &str {
        let errors: Vec<&str> = self
            .stderr
            .lines()
            .filter(|line| line.starts_with("error: "))
            .collect();
        assert_eq!(errors.len(), 1, "{}", self.stderr);
        errors[0]
    }
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    /// Leaves the folder where it is, for a person to look at, and says where that is.
    pub(crate) fn keep(mut self) -> PathBuf {
        self.dir.disable_cleanup(true);
        self.dir.path().to_owned()
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.dir.path().join(relative)
    }

    pub(crate) fn write(&self, relative: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(relative);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trawl"));
        command
            .args(args)
            .current_dir(self.dir.path())
            .stdin(Stdio::null());
        for (key, _) in
            std::env::vars_os().filter(|(k, _)| k.to_string_lossy().starts_with("TRAWL_"))
        {
            command.env_remove(key);
        }
        command
    }

    /// Runs to the end.
    pub(crate) fn run(&self, args: &[&str]) -> Ended {
        let output = self.command(args).output().unwrap();
        Ended {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Starts without waiting, silent.
    pub(crate) fn spawn(&self, args: &[&str]) -> Child {
        self.command(args)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// Writes a config file for crawls of a site: quick deadlines, small intervals, one engine.
    pub(crate) fn config(&self, site: &str, more: &str) -> PathBuf {
        self.write(
            "trawl.toml",
            format!(
                "[crawl]\nengines = [\"gallery\"]\nallow_private_hosts = true\nidle_timeout = \"1s\"\ntotal_timeout = \"5s\"\n\
                 engine_interval = \"20ms\"\nhost_interval = \"5ms\"\nslowest_interval = \"50ms\"\nbackoff_base = \"50ms\"\nbackoff_cap = \"1s\"\n{more}\n[engines]\ngallery = \"{site}\"\n"
            ),
        )
    }
}

/// The published rows of a dataset: id, label folder and split, sorted.
pub(crate) fn published(root: &Path) -> Vec<String> {
    let snapshot = trawl_dataset::Snapshot::newest(root).unwrap();
    let mut rows: Vec<String> = snapshot
        .rows
        .iter()
        .map(|row| {
            format!(
                "{} {} {:?} {}",
                row.id, snapshot.classes[row.class as usize].label, row.split, row.group
            )
        })
        .collect();
    rows.sort();
    rows
}
