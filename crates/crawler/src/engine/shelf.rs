use std::collections::HashMap;

use super::{Hit, Page};

/// Hits given out as one page of a local source.
const PAGE_SIZE: usize = 500;

/// Keeps the hits of a local source by label, both in the order of the source.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    labels: Vec<String>,
    hits: HashMap<String, Vec<Hit>>,
}

impl Shelf {
    pub(super) fn labels(&self) -> &[String] {
        &self.labels
    }

    pub(super) fn add(&mut self, label: &str, hit: Hit) {
        if !self.hits.contains_key(label) {
            self.labels.push(label.to_owned());
        }
        self.hits.entry(label.to_owned()).or_default().push(hit);
    }

    /// Returns the label's hits from the cursor on, which is a count of hits.
    pub(super) fn page(&self, label: &str, cursor: Option<&str>) -> Page {
        let all = self.hits.get(label).map_or(&[][..], Vec::as_slice);
        let from = cursor.and_then(|c| c.parse().ok()).unwrap_or(0);
        let to = all.len().min(from + PAGE_SIZE);
        Page {
            hits: all.get(from..to).unwrap_or_default().to_vec(),
            next: (to < all.len()).then(|| to.to_string()),
            pause: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_one_another_without_gap() {
        let mut shelf = Shelf::default();
        for n in 0..1_200 {
            let image_url = format!("http://x/{n}");
            shelf.add(
                if n % 12 == 0 { "few" } else { "many" },
                Hit {
                    image_url,
                    ..Hit::default()
                },
            );
        }
        assert_eq!(shelf.labels(), ["few", "many"]);
        let (mut cursor, mut seen, mut pages) = (None, Vec::new(), 0);
        loop {
            let page = shelf.page("many", cursor.as_deref());
            seen.extend(page.hits.into_iter().map(|h| h.image_url));
            pages += 1;
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!((seen.len(), pages), (1_100, 3));
        assert_eq!(seen.last().unwrap(), "http://x/1199");
        assert!(shelf.page("none", None).hits.is_empty());
    }
}
