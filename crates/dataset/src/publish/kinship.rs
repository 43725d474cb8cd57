//! What published pictures have in common beside their looks.

use std::collections::BTreeMap;

use super::Grouping;
use crate::dedup::Kin;
use crate::records::Provenance;

/// Gives hosts and pages numbers, which are compared faster than URLs are taken apart.
#[derive(Debug, Default)]
pub(crate) struct Kinship<'a> {
    numbers: BTreeMap<&'a str, u32>,
}

impl<'a> Kinship<'a> {
    /// The numbers of a picture; `name` is that of its name.
    pub(crate) fn of(&mut self, name: u32, url: &'a str, provenance: &'a Provenance) -> Kin {
        let mut number = |grouping: Grouping| {
            let next =
                u32::try_from(self.numbers.len()).expect("a list has less than 2^32 pictures");
            let key = grouping.key(url, provenance).unwrap_or(url);
            *self.numbers.entry(key).or_insert(next)
        };
        Kin {
            name,
            host: number(Grouping::Host),
            page: number(Grouping::Page),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_pages_have_one_number_each() {
        let provenance = Provenance::default();
        let on_page = Provenance {
            page_url: Some("https://a.example/x/".to_owned()),
            ..Provenance::default()
        };
        let mut kinship = Kinship::default();
        let first = kinship.of(0, "https://a.example/x/1.jpg", &provenance);
        let same_folder = kinship.of(1, "https://a.example/x/2.jpg", &provenance);
        let same_host = kinship.of(0, "https://a.example/y/1.jpg", &provenance);
        let other = kinship.of(2, "https://b.example/x/1.jpg", &provenance);
        let elsewhere = kinship.of(3, "https://cdn.example/1.jpg", &on_page);
        assert_eq!(
            (first.host, first.page),
            (same_folder.host, same_folder.page)
        );
        assert_eq!(first.host, same_host.host);
        assert!(first.page != same_host.page && first.host != other.host);
        assert_eq!((elsewhere.host, elsewhere.page), (first.host, first.page));
        assert_eq!(first.name, same_host.name);
    }
}
