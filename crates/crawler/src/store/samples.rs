use std::fs;
use std::path::{Path, PathBuf};

/// Answers kept of one engine.
const MOST: u32 = 3;
/// Bytes kept of one answer.
const LONGEST: usize = 256 * 1024;

/// Keeps answers of engines that were not understood, for whoever mends the engine.
#[derive(Debug)]
pub(crate) struct Samples {
    folder: PathBuf,
}

impl Samples {
    /// Names the folder beside the state file; it is made when there is something to keep.
    pub(crate) fn beside(state: &Path) -> Self {
        Self {
            folder: state.with_file_name("samples"),
        }
    }

    /// Writes an answer down; the oldest of an engine's makes room. `None` when it could not be written, which stops nothing.
    pub(crate) fn keep(&self, engine: &str, answer: &[u8]) -> Option<PathBuf> {
        let name: String = engine
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .take(60)
            .collect();
        fs::create_dir_all(&self.folder).ok()?;
        let place = |number: u32| self.folder.join(format!("{name}-{number}.txt"));
        let free = (1..=MOST).find(|number| !place(*number).exists());
        let number = free.unwrap_or_else(|| {
            for number in 2..=MOST {
                // The last one is written anew whether or not this moves them all.
                let _ = fs::rename(place(number), place(number - 1));
            }
            MOST
        });
        let path = place(number);
        fs::write(&path, &answer[..answer.len().min(LONGEST)]).ok()?;
        Some(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_three_are_kept_and_cut() {
        let dir = tempfile::tempdir().unwrap();
        let samples = Samples::beside(&dir.path().join("crawl.db"));
        assert!(!dir.path().join("samples").exists());
        for n in 0..5 {
            let path = samples.keep("custom:a/../b", format!("answer {n}").as_bytes());
            assert!(path.unwrap().starts_with(dir.path().join("samples")));
        }
        let read =
            |n| fs::read_to_string(dir.path().join(format!("samples/custom-a----b-{n}.txt")));
        assert_eq!(read(1).unwrap(), "answer 2");
        assert_eq!(read(3).unwrap(), "answer 4");
        assert!(read(4).is_err());
        let path = samples.keep("x", &vec![b'a'; LONGEST + 5]).unwrap();
        assert_eq!(fs::metadata(path).unwrap().len(), LONGEST as u64);
    }
}
