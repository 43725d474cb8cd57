use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;

use bytes::Bytes;
use tokio::sync::oneshot;
use url::Url;

use super::{Client, body};
use crate::{Body, CrawlError, Reject};

/// Reads and writes files on one thread of its own, so that a slow disk stops no network work.
#[derive(Debug)]
pub(super) struct Disk {
    orders: mpsc::Sender<Order>,
}

/// Is one piece of work for the thread.
enum Order {
    /// How many bytes the file has.
    Size(PathBuf, oneshot::Sender<io::Result<u64>>),
    /// The file's bytes, but no more than this many.
    Bytes(PathBuf, u64, oneshot::Sender<io::Result<Vec<u8>>>),
    /// Write a file of these two parts, whole or not at all.
    Keep(PathBuf, Vec<u8>, Bytes, oneshot::Sender<io::Result<()>>),
    /// Remove a file.
    Forget(PathBuf),
}

impl Disk {
    /// Starts the thread; it ends when the last sender is gone.
    pub(super) fn start() -> Result<Self, CrawlError> {
        let (orders, work) = mpsc::channel();
        thread::Builder::new()
            .name("trawl-disk".to_owned())
            .spawn(move || {
                let mut spares = Spares::default();
                for order in work {
                    // A receiver that is gone belongs to a download that was stopped.
                    match order {
                        Order::Size(path, reply) => drop(reply.send(size(&path))),
                        Order::Bytes(path, most, reply) => drop(reply.send(bytes(&path, most))),
                        Order::Keep(path, head, body, reply) => {
                            drop(reply.send(spares.keep(&path, &head, &body)));
                        }
                        Order::Forget(path) => spares.forget(&path),
                    }
                }
            })
            .map_err(|e| CrawlError::io("the disk reading thread", e))?;
        Ok(Self { orders })
    }

    async fn ask<T>(
        &self,
        order: impl FnOnce(oneshot::Sender<io::Result<T>>) -> Order,
    ) -> io::Result<T> {
        let (reply, answer) = oneshot::channel();
        let gone = || io::Error::other("the disk reading thread has ended");
        self.orders.send(order(reply)).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }

    pub(super) async fn size(&self, path: PathBuf) -> io::Result<u64> {
        self.ask(|reply| Order::Size(path, reply)).await
    }

    pub(super) async fn bytes(&self, path: PathBuf, most: u64) -> io::Result<Vec<u8>> {
        self.ask(|reply| Order::Bytes(path, most, reply)).await
    }

    /// Writes the file; what fails is only a precaution that is not taken.
    pub(super) async fn keep(&self, path: PathBuf, head: Vec<u8>, body: Bytes) {
        let _ = self.ask(|reply| Order::Keep(path, head, body, reply)).await;
    }

    pub(super) fn forget(&self, path: PathBuf) {
        let _ = self.orders.send(Order::Forget(path));
    }
}

impl Client {
    /// Reads the file of a folder source under the same cap and budget as any body.
    pub(super) async fn read_file(&self, url: &Url) -> Result<Body, Reject> {
        let path = url
            .to_file_path()
            .map_err(|()| Reject::BadUrl("no path of this machine".to_owned()))?;
        let cap = self.limits.body_cap();
        let size = self.disk.size(path.clone()).await;
        let size = size.map_err(|e| sorted(&e))?;
        if size > cap {
            return Err(Reject::TooLarge(format!("{size} bytes, {cap} allowed")));
        }
        let share = self.reserve(size).await;
        let bytes = self.disk.bytes(path, size).await;
        body::whole(bytes.map_err(|e| sorted(&e))?, share)
    }
}

fn size(path: &PathBuf) -> io::Result<u64> {
    // The source listed paths without links; one that has a link now was changed since.
    if fs::canonicalize(path)? != *path {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "the path leads elsewhere now",
        ));
    }
    let meta = fs::metadata(path)?;
    if meta.is_file() {
        Ok(meta.len())
    } else {
        Err(io::Error::new(io::ErrorKind::NotFound, "no file"))
    }
}

fn bytes(path: &PathBuf, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(usize::try_from(most).unwrap_or(0));
    File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Most files that wait to be written again; a crawl forgets as many at a time as the catalog takes in at once.
const MOST_SPARES: usize = 256;

/// Files of bodies that the catalog has, to be written over by later ones: making and removing a file for each picture costs
/// the file system more than its content does.
#[derive(Debug, Default)]
struct Spares(Vec<PathBuf>);

impl Spares {
    /// Written under another name first, so that a kill leaves no half file under this one.
    fn keep(&mut self, path: &Path, head: &[u8], body: &[u8]) -> io::Result<()> {
        let part = self.0.pop().unwrap_or_else(|| part(path));
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&part)?;
        file.write_all(head)?;
        file.write_all(body)?;
        file.set_len((head.len() + body.len()) as u64)?;
        fs::rename(part, path)
    }

    /// Takes the name away; a file that stays is found by the next run.
    fn forget(&mut self, path: &Path) {
        let part = part(path);
        if self.0.len() < MOST_SPARES && fs::rename(path, &part).is_ok() {
            self.0.push(part);
        } else {
            drop(fs::remove_file(path));
        }
    }
}

/// What a file is called while it is not whole; the next run removes those.
fn part(path: &Path) -> PathBuf {
    path.with_extension("part")
}

fn sorted(error: &io::Error) -> Reject {
    match error.kind() {
        io::ErrorKind::NotFound => Reject::NotFound(error.to_string()),
        _ => Reject::Forbidden(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_written_over_holds_the_later_body_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        let names = || {
            let mut names: Vec<_> = fs::read_dir(dir.path())
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort();
            names
        };
        let mut spares = Spares::default();
        spares
            .keep(&path("1.body"), b"one\n", b"a long body")
            .unwrap();
        spares.keep(&path("2.body"), b"two\n", b"b").unwrap();
        spares.forget(&path("1.body"));
        assert_eq!(names(), ["1.part", "2.body"]);
        spares.keep(&path("3.body"), b"three\n", b"c").unwrap();
        assert_eq!(names(), ["2.body", "3.body"]);
        assert_eq!(fs::read(path("3.body")).unwrap(), b"three\nc");
        // What was never there leaves nothing behind.
        spares.forget(&path("4.body"));
        spares.keep(&path("5.body"), b"five\n", b"d").unwrap();
        assert_eq!(fs::read(path("5.body")).unwrap(), b"five\nd");
        assert_eq!(names(), ["2.body", "3.body", "5.body"]);
    }

    #[test]
    fn no_more_files_wait_than_a_batch_needs() {
        let dir = tempfile::tempdir().unwrap();
        let paths: Vec<PathBuf> = (0..=MOST_SPARES)
            .map(|number| dir.path().join(format!("{number}.body")))
            .collect();
        let mut spares = Spares::default();
        for path in &paths {
            spares.keep(path, b"", b"x").unwrap();
        }
        for path in &paths {
            spares.forget(path);
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), MOST_SPARES);
    }
}
