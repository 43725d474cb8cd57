//! All items of a site in rank order, and what each image path means.

use std::collections::HashMap;

use super::slug::Slugs;
use super::{Encoding, Item, Rendition, Role, copies};
use crate::collection::Collection;
use crate::dice;
use crate::faults::Fault;

/// Of 1000 pictures, how many have a junk URL listed beside them when faults are on.
const JUNK_PER_MILLE: u32 = 120;

/// What a path on an image host leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// The image of an item, by its place in the listing.
    Item(usize),
    /// Where the redirect of an item leads.
    Moved(usize),
    /// The other end of an item's redirect loop.
    Round(usize),
    /// The thumbnail of a picture, by its place in the collection.
    Thumbnail(usize),
}

/// The items of a site.
#[derive(Debug)]
pub(crate) struct Listing {
    items: Vec<Item>,
    targets: HashMap<String, Target>,
    ids: HashMap<String, usize>,
    /// Thumbnail paths, by picture.
    thumbnails: Vec<String>,
}

impl Listing {
    /// Lists a collection, with junk and faults if asked for.
    ///
    /// The same collection always gives the same listing; nothing of it depends on the site's ports.
    pub(crate) fn arrange(collection: &Collection, faults: bool) -> Self {
        let mut slugs = Slugs::default();
        let mut items = Vec::new();
        let mut thumbnails = Vec::new();
        for (place, picture) in collection.pictures().iter().enumerate() {
            let slug = slugs.of(&picture.file);
            let add = |items: &mut Vec<Item>, letter: &str, role, rendition: Rendition| {
                let id = format!("{slug}-{letter}");
                let path = format!("/image/{id}.{}", rendition.encoding.extension());
                let fault = if faults {
                    Fault::draw(&path, role)
                } else {
                    None
                };
                items.push(Item {
                    id,
                    path,
                    role,
                    rendition,
                    fault,
                });
            };
            let primary = Rendition::whole(place, picture, Encoding::draw(&slug));
            add(&mut items, "a", Role::Primary, primary);
            for (letter, copy) in copies::COPY_LETTERS
                .iter()
                .zip(copies::draw(&slug, picture, primary))
            {
                add(&mut items, letter, Role::Copy, copy);
            }
            if faults && dice::below("junk", &slug, 1000) < JUNK_PER_MILLE {
                let rendition = Rendition {
                    encoding: Encoding::draw(&format!("{slug}-x")),
                    ..primary
                };
                add(&mut items, "x", Role::Junk, rendition);
            }
            thumbnails.push(format!("/thumb/{slug}.jpg"));
        }
        items.sort_by_cached_key(|item| (dice::roll("rank", &item.path), item.path.clone()));
        Self {
            targets: targets(&items, &thumbnails),
            ids: ids(&items),
            items,
            thumbnails,
        }
    }

    /// Returns all items, best rank first.
    pub(crate) fn items(&self) -> &[Item] {
        &self.items
    }

    /// Returns the item with an id.
    pub(crate) fn item(&self, id: &str) -> Option<&Item> {
        self.ids.get(id).map(|&place| &self.items[place])
    }

    /// Says what a path on an image host leads to.
    pub(crate) fn target(&self, path: &str) -> Option<Target> {
        self.targets.get(path).copied()
    }

    /// Returns the path of a picture's thumbnail.
    pub(crate) fn thumbnail(&self, picture: usize) -> &str {
        &self.thumbnails[picture]
    }

    /// Returns the items that a query finds, best rank first.
    pub(crate) fn find(&self, collection: &Collection, query: &str) -> Vec<&Item> {
        let found = collection.find(query);
        self.items
            .iter()
            .filter(|item| found[item.rendition.picture])
            .collect()
    }
}

impl Item {
    /// Returns the path that the item's redirect leads to.
    pub(crate) fn moved_path(&self) -> String {
        self.path.replacen("/image/", "/moved/", 1)
    }

    /// Returns the path of the other end of the item's redirect loop.
    pub(crate) fn round_path(&self) -> String {
        self.path.replacen("/image/", "/round/", 1)
    }
}

fn targets(items: &[Item], thumbnails: &[String]) -> HashMap<String, Target> {
    let mut targets = HashMap::new();
    for (place, item) in items.iter().enumerate() {
        targets.insert(item.path.clone(), Target::Item(place));
        match item.fault {
            Some(Fault::Redirect) => targets.insert(item.moved_path(), Target::Moved(place)),
            Some(Fault::Loop) => targets.insert(item.round_path(), Target::Round(place)),
            _ => None,
        };
    }
    targets.extend(
        thumbnails
            .iter()
            .enumerate()
            .map(|(picture, path)| (path.clone(), Target::Thumbnail(picture))),
    );
    targets
}

fn ids(items: &[Item]) -> HashMap<String, usize> {
    items
        .iter()
        .enumerate()
        .map(|(place, item)| (item.id.clone(), place))
        .collect()
}

#[cfg(test)]
#[cfg(feature = "builtin-gallery")]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;
    use crate::Source;

    fn collection() -> Collection {
        Collection::open(&Source::Builtin).unwrap()
    }

    #[test]
    fn paths_are_unique_and_the_order_mixes_copies_and_primaries() {
        let listing = Listing::arrange(&collection(), false);
        let paths: HashSet<_> = listing.items().iter().map(|item| &item.path).collect();
        assert_eq!(paths.len(), listing.items().len());
        let copies = |items: &[Item]| items.iter().filter(|item| item.role == Role::Copy).count();
        let (front, back) = listing.items().split_at(listing.items().len() / 2);
        assert!(
            copies(front) > 80 && copies(back) > 80,
            "{} {}",
            copies(front),
            copies(back)
        );
        assert!(
            listing
                .items()
                .iter()
                .all(|item| item.fault.is_none() && item.role != Role::Junk)
        );
    }

    #[test]
    fn faults_change_no_url_and_no_order_but_add_junk() {
        let collection = collection();
        let (clean, faulty) = (
            Listing::arrange(&collection, false),
            Listing::arrange(&collection, true),
        );
        let kept: Vec<_> = faulty
            .items()
            .iter()
            .filter(|item| item.role != Role::Junk)
            .map(|item| &item.path)
            .collect();
        assert_eq!(
            kept,
            clean
                .items()
                .iter()
                .map(|item| &item.path)
                .collect::<Vec<_>>()
        );
        let junk = faulty.items().len() - kept.len();
        assert!((40..=80).contains(&junk), "{junk}");
    }

    #[test]
    fn a_fifth_to_a_quarter_of_urls_are_faulty_and_every_name_keeps_most_of_its_pictures() {
        let collection = collection();
        let listing = Listing::arrange(&collection, true);
        let items = listing.items();
        let faulty = items.iter().filter(|item| item.fault.is_some()).count();
        let per_mille = faulty * 1000 / items.len();
        assert!((200..=250).contains(&per_mille), "{per_mille} of 1000");

        let mut kinds: HashMap<Fault, usize> = HashMap::new();
        for item in items {
            if let Some(fault) = item.fault {
                *kinds.entry(fault).or_default() += 1;
            }
        }
        for fault in Fault::all() {
            assert!(
                kinds.get(&fault).is_some_and(|&count| count >= 2),
                "{fault:?} in {kinds:?}"
            );
        }

        for tags in collection.names() {
            let found = listing.find(&collection, &tags[0]);
            let pictures: HashSet<_> = found.iter().map(|item| item.rendition.picture).collect();
            let works = |item: &&&Item| item.fault.is_none_or(Fault::serves_the_picture);
            let served: HashSet<_> = found
                .iter()
                .filter(works)
                .map(|item| item.rendition.picture)
                .collect();
            assert!(
                served.len() * 10 >= pictures.len() * 9,
                "{tags:?}: {} of {}",
                served.len(),
                pictures.len()
            );
        }
    }
}
