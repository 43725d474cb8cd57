use std::collections::HashMap;
use std::mem;

/// Hits given out as one page of a local source.
pub(super) const PAGE_SIZE: usize = 500;

/// Keeps what a local source has for each label, labels in the order in which the source names them.
#[derive(Debug)]
pub(super) struct Shelf<T> {
    labels: Vec<String>,
    places: HashMap<String, usize>,
    rows: Vec<T>,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self {
            labels: Vec::new(),
            places: HashMap::new(),
            rows: Vec::new(),
        }
    }
}

impl<T: Default> Shelf<T> {
    pub(super) fn labels(&self) -> &[String] {
        &self.labels
    }

    /// Returns what is kept for a label, which begins empty.
    pub(super) fn of(&mut self, label: &str) -> &mut T {
        let place = if let Some(&place) = self.places.get(label) {
            place
        } else {
            self.labels.push(label.to_owned());
            self.rows.push(T::default());
            self.places.insert(label.to_owned(), self.rows.len() - 1);
            self.rows.len() - 1
        };
        &mut self.rows[place]
    }

    /// Does something to what is kept for every label.
    pub(super) fn each(&mut self, change: impl FnMut(&mut T)) {
        self.rows.iter_mut().for_each(change);
    }

    pub(super) fn get(&self, label: &str) -> Option<&T> {
        self.places.get(label).map(|&place| &self.rows[place])
    }
}

/// Reads a cursor, which is a count of hits.
pub(super) fn first(cursor: Option<&str>) -> u64 {
    cursor.and_then(|cursor| cursor.parse().ok()).unwrap_or(0)
}

/// Keeps where the rows of a label are in a file, in four bytes each.
///
/// Rows are kept by pages, each of which begins with a whole offset and goes on with distances from it.
#[derive(Debug, Default)]
pub(super) struct Offsets {
    pages: Vec<Page>,
    begun: Option<Begun>,
    count: u64,
}

#[derive(Debug)]
struct Page {
    /// Rows before it.
    before: u64,
    first: u64,
    more: Box<[u32]>,
}

/// The page that is not full.
#[derive(Debug)]
struct Begun {
    first: u64,
    more: Vec<u32>,
}

impl Offsets {
    /// Adds a row behind all others.
    pub(super) fn add(&mut self, offset: u64) {
        let distance = self.begun.as_ref().and_then(|begun| {
            let distance = u32::try_from(offset - begun.first).ok()?;
            (begun.more.len() + 1 < PAGE_SIZE).then_some(distance)
        });
        if let (Some(distance), Some(begun)) = (distance, &mut self.begun) {
            begun.more.push(distance);
        } else {
            // Full, or 4 GiB from its first row; a page may be short.
            self.close_page();
            self.begun = Some(Begun {
                first: offset,
                more: Vec::new(),
            });
        }
        self.count += 1;
    }

    /// Closes the list, so that nothing is kept in reserve.
    pub(super) fn close(&mut self) {
        self.close_page();
        self.pages.shrink_to_fit();
    }

    fn close_page(&mut self) {
        if let Some(begun) = self.begun.take() {
            let rows = begun.more.len() as u64 + 1;
            self.pages.push(Page {
                before: self.count - rows,
                first: begun.first,
                more: begun.more.into_boxed_slice(),
            });
        }
    }

    /// Returns the offsets of one page of rows from a place on, and the place after it unless it is the end.
    pub(super) fn page(&self, from: u64) -> (Vec<u64>, Option<u64>) {
        let at = self.pages.partition_point(|page| page.before <= from);
        let Some(page) = at.checked_sub(1).map(|at| &self.pages[at]) else {
            return (Vec::new(), None);
        };
        let skipped = usize::try_from(from - page.before).unwrap_or(usize::MAX);
        let more = page.more.iter().map(|more| page.first + u64::from(*more));
        let rows: Vec<u64> = [page.first].into_iter().chain(more).skip(skipped).collect();
        let next = from + rows.len() as u64;
        (rows, (next < self.count).then_some(next))
    }
}

/// Keeps texts of a label that are much alike, such as sorted paths: what all of a page begin with is kept once.
#[derive(Debug, Default)]
pub(super) struct Texts {
    pages: Vec<Alike>,
    begun: Vec<String>,
    count: u64,
}

#[derive(Debug)]
struct Alike {
    start: Box<str>,
    /// The rest of each, one a line.
    rests: Box<str>,
}

impl Texts {
    /// Adds a text without a line end behind all others.
    pub(super) fn add(&mut self, text: String) {
        self.begun.push(text);
        self.count += 1;
        if self.begun.len() == PAGE_SIZE {
            self.close();
        }
    }

    /// Closes the page that is not full; nothing may be added to it any more.
    pub(super) fn close(&mut self) {
        let texts = mem::take(&mut self.begun);
        let Some(first) = texts.first() else {
            return;
        };
        let shared = texts.iter().map(|text| shared(first, text)).min();
        let shared = first.floor_char_boundary(shared.unwrap_or(0));
        let rests: Vec<&str> = texts.iter().map(|text| &text[shared..]).collect();
        self.pages.push(Alike {
            start: first[..shared].into(),
            rests: rests.join("\n").into_boxed_str(),
        });
    }

    /// Returns one page of texts from a place on, and the place after it unless it is the end.
    pub(super) fn page(&self, from: u64) -> (Vec<String>, Option<u64>) {
        let size = PAGE_SIZE as u64;
        let page = usize::try_from(from / size).ok();
        let Some(page) = page.and_then(|page| self.pages.get(page)) else {
            return (Vec::new(), None);
        };
        let skipped = usize::try_from(from % size).unwrap_or(0);
        let texts: Vec<String> = page
            .rests
            .split('\n')
            .skip(skipped)
            .map(|rest| format!("{}{rest}", page.start))
            .collect();
        let next = from + texts.len() as u64;
        (texts, (next < self.count).then_some(next))
    }
}

/// How many bytes both texts begin with.
fn shared(a: &str, b: &str) -> usize {
    a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_keep_the_order_of_the_source() {
        let mut shelf: Shelf<Vec<u32>> = Shelf::default();
        for (label, row) in [("owl", 1), ("cat", 2), ("owl", 3)] {
            shelf.of(label).push(row);
        }
        assert_eq!(shelf.labels(), ["owl", "cat"]);
        assert_eq!(shelf.get("owl"), Some(&vec![1, 3]));
        assert_eq!(shelf.get("dog"), None);
        assert_eq!((first(Some("7")), first(None), first(Some("x"))), (7, 0, 0));
    }

    #[test]
    fn pages_of_offsets_follow_one_another_without_gap() {
        let far = u64::from(u32::MAX) + 9;
        let rows: Vec<u64> = (0..1_234)
            .map(|n| if n < 700 { n * 80 } else { far * (n - 698) })
            .collect();
        let mut offsets = Offsets::default();
        for row in &rows {
            offsets.add(*row);
        }
        offsets.close();
        let (mut from, mut seen) = (Some(0), Vec::new());
        while let Some(place) = from {
            let (page, next) = offsets.page(place);
            assert!(!page.is_empty() && page.len() <= PAGE_SIZE);
            seen.extend(page);
            from = next;
        }
        assert_eq!(seen, rows);
        assert_eq!(offsets.page(699).0, [699 * 80], "the last of a short page");
        assert_eq!(offsets.page(650).1, Some(700));
        assert_eq!(offsets.page(9_999), (Vec::new(), None));
        assert_eq!(Offsets::default().page(0), (Vec::new(), None));
    }

    #[test]
    fn texts_that_begin_alike_come_back_whole() {
        let texts: Vec<String> = (0..1_001).map(|n| format!("dir/é{n:04}/x.jpg")).collect();
        let mut kept = Texts::default();
        for text in &texts {
            kept.add(text.clone());
        }
        kept.close();
        assert!(kept.pages[0].start.starts_with("dir/é0"));
        let (mut from, mut seen) = (Some(0), Vec::new());
        while let Some(place) = from {
            let (page, next) = kept.page(place);
            seen.extend(page);
            from = next;
        }
        assert_eq!(seen, texts);
        assert_eq!(kept.page(1_000), (vec![texts[1_000].clone()], None));
        let mut odd = Texts::default();
        for text in ["é", "è", ""] {
            odd.add(text.to_owned());
        }
        odd.close();
        assert_eq!(odd.page(0).0, ["é", "è", ""]);
    }
}
