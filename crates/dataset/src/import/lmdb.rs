//! An LMDB read without its library, page by page, in the order of its keys.
//!
//! The library trusts its files: a page number or a length that lies makes it read where nothing is. Here each is held against the
//! file first. See [`crate::export`]'s `lmdb` for the layout.

use std::path::Path;

use super::LARGEST;
use super::bytes::{Bytes, foreign, number};
use super::caffe::{Each, Value};
use super::found::Halt;
use crate::error::DatasetError;
use crate::export::lmdb_layout::{
    BIG, BRANCH, HEADER, LEAF, MAGIC, META, NO_PAGE, NODE, OVERFLOW, VERSION,
};

/// Deepest tree of the library.
const DEPTH: usize = 32;

/// Reads `data.mdb` from its first key to its last.
pub(super) fn read(path: &Path, each: &mut Each<'_>) -> Result<(), Halt> {
    let mut file = Bytes::open(path)?;
    let (page_size, root) = newest_root(&mut file)?;
    if root == NO_PAGE {
        return Ok(());
    }
    let pages = file.length / page_size;
    let mut tree = Tree {
        file,
        page_size,
        left: pages,
    };
    tree.walk(root, 0, each)
}

/// Page size, and root of the main database, by the newer of the two meta pages.
fn newest_root(file: &mut Bytes) -> Result<(u64, u64), DatasetError> {
    let first = file.read(0, 256.min(file.length), 256)?;
    let path = file.path.clone();
    let meta = |page: &[u8]| -> Option<(u64, u64, u64)> {
        let is_meta = number(page, 10, 2)? & u64::from(META) != 0
            && number(page, HEADER, 4)? == u64::from(MAGIC)
            && number(page, HEADER + 4, 4)? == u64::from(VERSION);
        let page_size = number(page, HEADER + 24, 4)?;
        let root = number(page, HEADER + 112, 8)?;
        let transaction = number(page, HEADER + 128, 8)?;
        is_meta.then_some((transaction, page_size, root))
    };
    let (transaction, page_size, root) = meta(&first).ok_or_else(|| {
        foreign(
            &path,
            "it does not begin like an LMDB of a 64-bit little-endian machine",
        )
    })?;
    if !page_size.is_power_of_two() || !(512..=65_536).contains(&page_size) {
        return Err(foreign(
            &path,
            &format!("a page of {page_size} bytes is none"),
        ));
    }
    let second = file
        .read(page_size, 256, 256)
        .ok()
        .and_then(|page| meta(&page));
    Ok(match second {
        Some((later, size, root)) if later > transaction && size == page_size => (page_size, root),
        _ => (page_size, root),
    })
}

struct Tree {
    file: Bytes,
    page_size: u64,
    /// Pages that may still be visited: a tree without circles has no more than the file.
    left: u64,
}

impl Tree {
    fn damaged(&self, page: u64, what: &str) -> DatasetError {
        foreign(
            &self.file.path,
            &format!("it is damaged: page {page} {what}"),
        )
    }

    fn walk(&mut self, page: u64, depth: usize, each: &mut Each<'_>) -> Result<(), Halt> {
        self.left = self
            .left
            .checked_sub(1)
            .filter(|_| depth < DEPTH)
            .ok_or_else(|| self.damaged(page, "is met twice"))?;
        let from = page
            .checked_mul(self.page_size)
            .ok_or_else(|| self.damaged(page, "is none"))?;
        let bytes = self.file.read(from, self.page_size, self.page_size)?;
        let damaged = |what: &str| self.damaged(page, what);
        let kind = number(&bytes, 10, 2).unwrap_or_default();
        let (is_leaf, is_branch) = (kind & u64::from(LEAF) != 0, kind & u64::from(BRANCH) != 0);
        if number(&bytes, 0, 8) != Some(page) || is_leaf == is_branch || kind & 0x60 != 0 {
            return Err(damaged("is neither leaf nor branch").into());
        }
        let lower = number(&bytes, 12, 2).unwrap_or_default();
        let count = usize::try_from(lower)
            .ok()
            .and_then(|lower| lower.checked_sub(HEADER))
            .filter(|room| room % 2 == 0 && HEADER + room <= bytes.len())
            .ok_or_else(|| damaged("has a wrong head"))?
            / 2;
        for at in 0..count {
            let node = number(&bytes, HEADER + 2 * at, 2)
                .and_then(|place| bytes.get(usize::try_from(place).ok()?..))
                .filter(|node| node.len() >= NODE)
                .ok_or_else(|| self.damaged(page, "names a place outside"))?;
            if is_branch {
                let below = number(node, 0, 6).unwrap_or_default();
                self.walk(below, depth + 1, each)?;
            } else {
                let (key, value) = self.leaf(page, node)?;
                each(key, value)?;
            }
        }
        Ok(())
    }

    /// Key and value of a leaf's node.
    fn leaf<'a>(&mut self, page: u64, node: &'a [u8]) -> Result<(&'a [u8], Value), DatasetError> {
        let damaged = self.damaged(page, "has a node that is longer than its page");
        let field = |at, count| number(node, at, count).unwrap_or_default();
        let (length, flags) = (field(0, 4), field(4, 2));
        let rest = &node[NODE..];
        let key_length = usize::try_from(field(6, 2)).unwrap_or(usize::MAX);
        let Some((key, rest)) = rest.split_at_checked(key_length) else {
            return Err(damaged);
        };
        if flags & !u64::from(BIG) != 0 {
            return Err(self.damaged(
                page,
                "has databases within the database, or several values of a key",
            ));
        }
        if flags & u64::from(BIG) == 0 {
            let value = usize::try_from(length)
                .ok()
                .and_then(|length| rest.get(..length));
            return value.map_or(Err(damaged), |value| Ok((key, Ok(value.to_vec()))));
        }
        let first = number(rest, 0, 8).ok_or(damaged)?;
        if length > LARGEST {
            return Ok((key, Err("too-large")));
        }
        let from = first
            .checked_mul(self.page_size)
            .ok_or_else(|| self.damaged(first, "is none"))?;
        let head = self.file.read(from, HEADER as u64, HEADER as u64)?;
        let is_own = number(&head, 0, 8) == Some(first)
            && number(&head, 10, 2).is_some_and(|kind| kind & u64::from(OVERFLOW) != 0);
        if !is_own {
            return Err(self.damaged(first, "does not hold the value that it should"));
        }
        let value = self.file.read(from + HEADER as u64, length, LARGEST)?;
        Ok((key, Ok(value)))
    }
}
