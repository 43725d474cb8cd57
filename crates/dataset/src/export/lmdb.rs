//! An LMDB written in one go: keys come in ascending order, so that its tree is built from the leaves up and pages are full.
//!
//! The layout is that of LMDB 0.9 (data version 1) on 64-bit little-endian machines, which is where Caffe runs: pages of 4,096 bytes;
//! two meta pages; leaves with keys and short values; longer values on runs of pages of their own; branches above. It is written
//! here and not by the C library because that one's open is unsafe in Rust, and so that equal contents are equal bytes.

use std::io::Write;
use std::path::Path;

use super::package::{Package, Sheet};
use crate::error::DatasetError;

/// Bytes in a page.
const PAGE: usize = 4_096;
/// Bytes before a page's content.
pub(crate) const HEADER: usize = 16;
/// Bytes before a node's key.
pub(crate) const NODE: usize = 8;
/// Longest key and value together, with their node's head, that stay in a leaf: two of them must fit into a page.
const NODE_MAX: usize = (((PAGE - HEADER) / 2) & !1) - 2;
/// Longest key of the library as it is built by default.
const KEY_MAX: usize = 511;

/// First number of a meta page.
pub(crate) const MAGIC: u32 = 0xbeef_c0de;
/// Version of the layout.
pub(crate) const VERSION: u32 = 1;
/// A page number that stands for no page.
pub(crate) const NO_PAGE: u64 = u64::MAX;

/// Kinds of pages.
pub(crate) const BRANCH: u16 = 1;
/// See [`BRANCH`].
pub(crate) const LEAF: u16 = 2;
/// See [`BRANCH`].
pub(crate) const OVERFLOW: u16 = 4;
/// See [`BRANCH`].
pub(crate) const META: u16 = 8;
/// A node whose value is the number of the first of its own pages.
pub(crate) const BIG: u16 = 1;
/// The kind of keys of the list of free pages, which is always empty here.
const INTEGER_KEYS: u16 = 8;

/// A database in the making.
pub(super) struct Lmdb {
    sheet: Sheet,
    next: u64,
    leaf: Page,
    first: Vec<u8>,
    /// First key and number of each finished leaf.
    leaves: Vec<(Vec<u8>, u64)>,
    entries: u64,
    overflow: u64,
}

impl Lmdb {
    /// Begins `data.mdb` in a folder.
    pub(super) fn begin(package: &mut Package, folder: &Path) -> Result<Self, DatasetError> {
        let mut sheet = package.begin_file(&folder.join("data.mdb"))?;
        let room = sheet.write_all(&[0; 2 * PAGE]);
        room.map_err(|e| DatasetError::io(&sheet.path, e))?;
        Ok(Self {
            sheet,
            next: 2,
            leaf: Page::new(LEAF),
            first: Vec::new(),
            leaves: Vec::new(),
            entries: 0,
            overflow: 0,
        })
    }

    /// Adds a key that is greater than all before it.
    pub(super) fn put(&mut self, key: &[u8], value: &[u8]) -> Result<(), DatasetError> {
        assert!(
            (1..=KEY_MAX).contains(&key.len()),
            "keys are a number, a folder of at most 100 bytes and an id"
        );
        let is_big = NODE + key.len() + value.len() > NODE_MAX;
        let node = if is_big {
            let page = self.put_big(value)?;
            leaf_node(key, &page.to_le_bytes(), value.len(), BIG)
        } else {
            leaf_node(key, value, value.len(), 0)
        };
        if !self.leaf.fits(&node) {
            self.end_leaf()?;
        }
        if self.leaf.nodes.is_empty() {
            self.first = key.to_vec();
        }
        self.leaf.push(node);
        self.entries += 1;
        Ok(())
    }

    /// Writes a value on pages of its own.
    fn put_big(&mut self, value: &[u8]) -> Result<u64, DatasetError> {
        let pages = (HEADER + value.len()).div_ceil(PAGE);
        let number = self.next;
        let count = u32::try_from(pages).expect("values are pictures");
        let mut head = [0; HEADER];
        head[..8].copy_from_slice(&number.to_le_bytes());
        head[10..12].copy_from_slice(&OVERFLOW.to_le_bytes());
        head[12..].copy_from_slice(&count.to_le_bytes());
        let rest = vec![0; pages * PAGE - HEADER - value.len()];
        self.write(&head)?;
        self.write(value)?;
        self.write(&rest)?;
        self.next += u64::from(count);
        self.overflow += u64::from(count);
        Ok(number)
    }

    fn end_leaf(&mut self) -> Result<(), DatasetError> {
        let page = std::mem::replace(&mut self.leaf, Page::new(LEAF));
        let number = self.write_page(&page)?;
        self.leaves.push((std::mem::take(&mut self.first), number));
        Ok(())
    }

    fn write_page(&mut self, page: &Page) -> Result<u64, DatasetError> {
        let number = self.next;
        self.write(&page.bytes(number))?;
        self.next += 1;
        Ok(number)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), DatasetError> {
        let written = self.sheet.write_all(bytes);
        written.map_err(|e| DatasetError::io(&self.sheet.path, e))
    }

    /// Builds the branches and ends the file; at least one key was put.
    pub(super) fn finish(mut self, package: &mut Package) -> Result<(), DatasetError> {
        self.end_leaf()?;
        let leaves = self.leaves.len() as u64;
        let (mut depth, mut branches) = (1_u16, 0);
        let mut level = std::mem::take(&mut self.leaves);
        while level.len() > 1 {
            let mut above = Vec::new();
            let mut page = Page::new(BRANCH);
            let mut first = Vec::new();
            for (key, number) in level {
                let node = branch_node(if page.nodes.is_empty() { &[] } else { &key }, number);
                if page.fits(&node) {
                    if page.nodes.is_empty() {
                        first = key;
                    }
                    page.push(node);
                    continue;
                }
                let full = std::mem::replace(&mut page, Page::new(BRANCH));
                let written = self.write_page(&full)?;
                above.push((std::mem::replace(&mut first, key), written));
                page.push(branch_node(&[], number));
            }
            let written = self.write_page(&page)?;
            above.push((first, written));
            branches += above.len() as u64;
            level = above;
            depth += 1;
        }
        let counts = [branches, leaves, self.overflow, self.entries, level[0].1];
        let metas = [
            self.meta(0, 0, [0, 0, 0, 0, NO_PAGE]),
            self.meta(1, depth, counts),
        ]
        .concat();
        let rewritten = self.sheet.rewrite(&metas);
        rewritten.map_err(|e| DatasetError::io(&self.sheet.path, e))?;
        package.end_file(self.sheet)
    }

    /// A meta page; the one with the higher number of transaction, here its page's, holds.
    fn meta(&self, number: u64, depth: u16, counts: [u64; 5]) -> Vec<u8> {
        let mut page = Vec::with_capacity(PAGE);
        page.extend(number.to_le_bytes());
        page.extend([0, 0]);
        page.extend(META.to_le_bytes());
        page.extend([0; 4]);
        page.extend(MAGIC.to_le_bytes());
        page.extend(VERSION.to_le_bytes());
        page.extend(0_u64.to_le_bytes());
        page.extend((self.next * PAGE as u64).to_le_bytes());
        let size = u32::try_from(PAGE).expect("a page is small");
        page.extend(size.to_le_bytes());
        page.extend(INTEGER_KEYS.to_le_bytes());
        page.extend(0_u16.to_le_bytes());
        for count in [0, 0, 0, 0, NO_PAGE] {
            page.extend(count.to_le_bytes());
        }
        page.extend([0; 4]);
        page.extend(0_u16.to_le_bytes());
        page.extend(depth.to_le_bytes());
        for count in counts {
            page.extend(count.to_le_bytes());
        }
        page.extend((self.next - 1).to_le_bytes());
        page.extend(number.to_le_bytes());
        page.resize(PAGE, 0);
        page
    }
}

/// A leaf or branch in the making.
struct Page {
    kind: u16,
    nodes: Vec<Vec<u8>>,
    used: usize,
}

impl Page {
    fn new(kind: u16) -> Self {
        Self {
            kind,
            nodes: Vec::new(),
            used: HEADER,
        }
    }

    fn fits(&self, node: &[u8]) -> bool {
        self.used + 2 + node.len() <= PAGE
    }

    fn push(&mut self, node: Vec<u8>) {
        self.used += 2 + node.len();
        self.nodes.push(node);
    }

    /// Head, places of the nodes from the front, nodes from the back.
    fn bytes(&self, number: u64) -> Vec<u8> {
        let short = |n: usize| {
            u16::try_from(n)
                .expect("places in a page of 4,096 bytes")
                .to_le_bytes()
        };
        let mut page = vec![0; PAGE];
        page[..8].copy_from_slice(&number.to_le_bytes());
        page[10..12].copy_from_slice(&self.kind.to_le_bytes());
        let mut upper = PAGE;
        for (at, node) in self.nodes.iter().enumerate() {
            upper -= node.len();
            page[upper..upper + node.len()].copy_from_slice(node);
            let place = HEADER + 2 * at;
            page[place..place + 2].copy_from_slice(&short(upper));
        }
        page[12..14].copy_from_slice(&short(HEADER + 2 * self.nodes.len()));
        page[14..16].copy_from_slice(&short(upper));
        page
    }
}

fn leaf_node(key: &[u8], value: &[u8], length: usize, flags: u16) -> Vec<u8> {
    let length = u32::try_from(length).expect("values are pictures");
    let mut node = Vec::with_capacity(NODE + key.len() + value.len() + 1);
    node.extend(length.to_le_bytes());
    node.extend(flags.to_le_bytes());
    finish_node(node, key, value)
}

/// A branch's node names its page in 48 bits, the last 16 of which take the place of the flags.
fn branch_node(key: &[u8], page: u64) -> Vec<u8> {
    let mut node = Vec::with_capacity(NODE + key.len() + 1);
    node.extend(&page.to_le_bytes()[..6]);
    finish_node(node, key, &[])
}

fn finish_node(mut node: Vec<u8>, key: &[u8], value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(key.len()).expect("keys are below 511 bytes");
    node.extend(length.to_le_bytes());
    node.extend(key);
    node.extend(value);
    if node.len() % 2 == 1 {
        node.push(0);
    }
    node
}
