use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Is what a licence lets people do, as far as its name or address tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum License {
    /// Nobody's: public domain mark, CC0, no known restrictions, works of the United States' government.
    PublicDomain {
        /// Whether its author gave it up by CC0.
        is_cc0: bool,
    },
    /// A Creative Commons licence that asks for attribution.
    Cc {
        /// Not for commercial use.
        nc: bool,
        /// No derivatives.
        nd: bool,
        /// Share alike.
        sa: bool,
    },
    /// One that nobody names, of which only this much is told, as by the licence filter of a search.
    Told {
        /// For commercial use.
        commercial: bool,
        /// May be changed.
        modify: bool,
    },
    /// Something else, such as all rights reserved.
    Other,
}

/// Pairs what a licence filter tells with the words for it; a remark in parentheses may follow them.
const TOLD: [(&str, License); 3] = [
    (License::FREE_COMMERCIALLY, told(true, false)),
    (License::FREE_TO_CHANGE, told(false, true)),
    (License::FREE_FOR_BOTH, told(true, true)),
];

const fn told(commercial: bool, modify: bool) -> License {
    License::Told { commercial, modify }
}

impl License {
    pub(crate) const PUBLIC_DOMAIN: &str = "public domain";
    pub(crate) const FREE_COMMERCIALLY: &str = "free to use commercially";
    pub(crate) const FREE_TO_CHANGE: &str = "free to change";
    pub(crate) const FREE_FOR_BOTH: &str = "free to use commercially and to change";

    /// Reads a licence from its name and its address as engines write them; `None` when neither says anything.
    #[must_use]
    pub fn read(name: Option<&str>, url: Option<&str>) -> Option<Self> {
        let by_url = url.and_then(Self::of_url);
        by_url.or_else(|| name.and_then(Self::of_name)).or({
            let is_told = name.is_some_and(|n| !n.trim().is_empty());
            is_told.then_some(Self::Other)
        })
    }

    fn of_url(url: &str) -> Option<Self> {
        let lower = url.to_ascii_lowercase();
        let (_, path) = lower.split_once("creativecommons.org/")?;
        if path.starts_with("publicdomain/zero") || path.starts_with("licenses/cc0") {
            return Some(Self::PublicDomain { is_cc0: true });
        }
        if path.starts_with("publicdomain/") || path.starts_with("licenses/publicdomain") {
            return Some(Self::PublicDomain { is_cc0: false });
        }
        let terms = path.strip_prefix("licenses/")?.split('/').next()?;
        Self::of_terms(terms.split('-'))
    }

    fn of_name(name: &str) -> Option<Self> {
        let lower = name.to_lowercase();
        let (words, _remark) = lower.split_once(" (").unwrap_or((&lower, ""));
        if let Some((_, told)) = TOLD.iter().find(|(known, _)| *known == words.trim()) {
            return Some(*told);
        }
        let words: Vec<&str> = lower
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .collect();
        let has = |word: &str| words.contains(&word);
        if has("cc0") || (has("cc") && has("zero")) {
            return Some(Self::PublicDomain { is_cc0: true });
        }
        let is_public = (has("public") && has("domain"))
            || has("pdm")
            || words.first() == Some(&"pd")
            || (has("no") && has("restrictions"))
            || (has("government") && has("work"));
        if is_public {
            return Some(Self::PublicDomain { is_cc0: false });
        }
        // `Photo by Jane` is a credit: the terms stand first, or after `cc`.
        let cc = words.iter().position(|word| *word == "cc");
        let terms = &words[cc.map_or(0, |at| at + 1)..];
        if let Some(license) = Self::of_terms(terms.iter().copied()) {
            return Some(license);
        }
        let is_spelt = has("attribution") && has("creative");
        is_spelt.then(|| Self::Cc {
            nc: has("noncommercial"),
            nd: has("noderivatives") || has("noderivs"),
            sa: has("sharealike"),
        })
    }

    /// Reads `by`, `nc`, `nd` and `sa`, in any order after `by`.
    fn of_terms<'t>(mut terms: impl Iterator<Item = &'t str>) -> Option<Self> {
        if terms.next() != Some("by") {
            return None;
        }
        let (mut nc, mut nd, mut sa) = (false, false, false);
        for term in terms {
            match term {
                "nc" => nc = true,
                "nd" => nd = true,
                "sa" => sa = true,
                _ => break,
            }
        }
        Some(Self::Cc { nc, nd, sa })
    }

    fn is_commercial(self) -> bool {
        match self {
            Self::PublicDomain { .. } | Self::Cc { nc: false, .. } => true,
            Self::Told { commercial, .. } => commercial,
            Self::Cc { .. } | Self::Other => false,
        }
    }

    fn is_modifiable(self) -> bool {
        match self {
            Self::PublicDomain { .. } | Self::Cc { nd: false, .. } => true,
            Self::Told { modify, .. } => modify,
            Self::Cc { .. } | Self::Other => false,
        }
    }
}

/// Lists the licences that are wanted; empty lets everything through.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Licenses {
    wanted: Vec<Wanted>,
}

/// Is one entry of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    PublicDomain,
    Cc0,
    Cc,
    Terms { nc: bool, nd: bool, sa: bool },
    Commercial,
    Modify,
    CommercialModify,
}

/// Pairs every entry with the name a person gives it.
const WANTED: &[(&str, Wanted)] = &[
    ("public-domain", Wanted::PublicDomain),
    ("cc0", Wanted::Cc0),
    ("cc", Wanted::Cc),
    ("cc-by", terms(false, false, false)),
    ("cc-by-sa", terms(false, false, true)),
    ("cc-by-nc", terms(true, false, false)),
    ("cc-by-nd", terms(false, true, false)),
    ("cc-by-nc-sa", terms(true, false, true)),
    ("cc-by-nc-nd", terms(true, true, false)),
    ("commercial", Wanted::Commercial),
    ("modify", Wanted::Modify),
    ("commercial-modify", Wanted::CommercialModify),
];

const fn terms(nc: bool, nd: bool, sa: bool) -> Wanted {
    Wanted::Terms { nc, nd, sa }
}

/// Tells which entry of a list of licences is not known.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "unknown licence `{entry}`: use any of public-domain, cc0, cc (every Creative Commons licence), cc-by, cc-by-sa, cc-by-nc, cc-by-nd, cc-by-nc-sa, cc-by-nc-nd, commercial, modify, commercial-modify"
)]
pub struct UnknownLicense {
    /// The entry as given.
    pub entry: String,
}

impl Licenses {
    /// Whether every licence will do, an unknown one too.
    #[must_use]
    pub fn is_any(&self) -> bool {
        self.wanted.is_empty()
    }

    /// Says whether a picture under this licence is wanted; one whose licence nobody tells is not, unless all are.
    #[must_use]
    pub fn allow(&self, license: Option<License>) -> bool {
        self.is_any()
            || license.is_some_and(|license| self.wanted.iter().any(|w| w.covers(license)))
    }

    /// Whether everything that is wanted may be used commercially.
    #[must_use]
    pub fn is_commercial(&self) -> bool {
        self.all(License::is_commercial)
    }

    /// Whether everything that is wanted may be changed.
    #[must_use]
    pub fn is_modifiable(&self) -> bool {
        self.all(License::is_modifiable)
    }

    /// Whether only the public domain is wanted.
    #[must_use]
    pub fn is_public_domain(&self) -> bool {
        self.all(|license| matches!(license, License::PublicDomain { .. }))
    }

    /// Returns every licence that is wanted, for engines that take a list of them.
    #[must_use]
    pub fn covered(&self) -> Vec<License> {
        every().filter(|l| self.allow(Some(*l))).collect()
    }

    fn all(&self, holds: fn(License) -> bool) -> bool {
        !self.is_any() && self.covered().into_iter().all(holds)
    }
}

/// Lists each licence that has a name here, `Other` left out.
fn every() -> impl Iterator<Item = License> {
    let public = [true, false].map(|is_cc0| License::PublicDomain { is_cc0 });
    let cc = [
        (false, false, false),
        (false, false, true),
        (false, true, false),
        (true, false, false),
        (true, false, true),
        (true, true, false),
    ];
    public.into_iter().chain(
        cc.into_iter()
            .map(|(nc, nd, sa)| License::Cc { nc, nd, sa }),
    )
}

impl Wanted {
    fn covers(self, license: License) -> bool {
        match self {
            Self::PublicDomain => matches!(license, License::PublicDomain { .. }),
            Self::Cc0 => license == License::PublicDomain { is_cc0: true },
            Self::Cc => matches!(
                license,
                License::Cc { .. } | License::PublicDomain { is_cc0: true }
            ),
            Self::Terms { nc, nd, sa } => license == License::Cc { nc, nd, sa },
            Self::Commercial => license.is_commercial(),
            Self::Modify => license.is_modifiable(),
            Self::CommercialModify => license.is_commercial() && license.is_modifiable(),
        }
    }
}

impl TryFrom<Vec<String>> for Licenses {
    type Error = UnknownLicense;

    fn try_from(entries: Vec<String>) -> Result<Self, UnknownLicense> {
        let mut wanted = Vec::new();
        for entry in entries.iter().flat_map(|entry| entry.split(',')) {
            let name = entry.trim().to_ascii_lowercase();
            if name.is_empty() || name == "any" {
                continue;
            }
            let known = WANTED.iter().find(|(known, _)| *known == name);
            let (_, entry) = known.ok_or_else(|| UnknownLicense {
                entry: entry.trim().to_owned(),
            })?;
            if !wanted.contains(entry) {
                wanted.push(*entry);
            }
        }
        Ok(Self { wanted })
    }
}

impl From<Licenses> for Vec<String> {
    fn from(licenses: Licenses) -> Self {
        let name = |wanted: &Wanted| WANTED.iter().find(|(_, known)| known == wanted);
        let names = licenses.wanted.iter().filter_map(name);
        names.map(|(name, _)| (*name).to_owned()).collect()
    }
}

impl FromStr for Licenses {
    type Err = UnknownLicense;

    fn from_str(text: &str) -> Result<Self, UnknownLicense> {
        vec![text.to_owned()].try_into()
    }
}

impl fmt::Display for Licenses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_any() {
            return f.write_str("any");
        }
        f.write_str(&Vec::from(self.clone()).join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn cc(nc: bool, nd: bool, sa: bool) -> License {
        License::Cc { nc, nd, sa }
    }

    #[test]
    fn names_and_addresses_are_read_as_engines_write_them() {
        let public = License::PublicDomain { is_cc0: false };
        let zero = License::PublicDomain { is_cc0: true };
        for (name, license) in [
            ("CC BY-SA 4.0", cc(false, false, true)),
            ("by-nc-nd", cc(true, true, false)),
            ("CC BY 2.0", cc(false, false, false)),
            ("cc-by-nc-sa-3.0", cc(true, false, true)),
            (
                "Creative Commons Attribution-NonCommercial 2.0",
                cc(true, false, false),
            ),
            ("CC0 1.0", zero),
            ("CC Zero", zero),
            ("Public domain", public),
            ("Public Domain Mark 1.0", public),
            ("PD-old-100", public),
            ("No known copyright restrictions", public),
            ("United States Government Work", public),
            ("public domain (by Bing's filter)", public),
            ("Free to use commercially", told(true, false)),
            ("free to change (by a filter)", told(false, true)),
            (
                "free to use commercially and to change (x)",
                told(true, true),
            ),
            ("free to use commercially if you ask", License::Other),
            ("Not free to use commercially", License::Other),
            ("All rights reserved", License::Other),
            ("Photo by Jane", License::Other),
        ] {
            assert_eq!(License::read(Some(name), None), Some(license), "{name}");
        }
        for (url, license) in [
            (
                "https://creativecommons.org/licenses/by-nc/4.0/",
                cc(true, false, false),
            ),
            ("http://creativecommons.org/publicdomain/zero/1.0/", zero),
            ("https://creativecommons.org/publicdomain/mark/1.0/", public),
        ] {
            assert_eq!(License::read(Some("whatever"), Some(url)), Some(license));
        }
        assert_eq!(License::read(None, None), None);
        assert_eq!(License::read(Some(" "), None), None);
    }

    #[test]
    fn a_list_lets_through_what_it_covers_and_nothing_unknown() {
        let list: Licenses = "cc, public-domain".parse().unwrap();
        assert!(list.allow(Some(cc(true, true, false))));
        assert!(list.allow(Some(License::PublicDomain { is_cc0: false })));
        assert!(!list.allow(Some(License::Other)) && !list.allow(None));
        assert!(!list.is_commercial() && !list.is_modifiable());
        let list: Licenses = "commercial-modify".parse().unwrap();
        assert!(list.is_commercial() && list.is_modifiable() && !list.is_public_domain());
        assert!(list.allow(Some(cc(false, false, true))));
        assert!(!list.allow(Some(cc(true, false, true))));
        assert_eq!(list.covered().len(), 4);
        let any = Licenses::default();
        assert!(any.allow(None) && !any.is_commercial());
    }

    #[test]
    fn what_is_told_covers_no_more_than_it_says() {
        let allow = |list: &str, license: License| {
            let list: Licenses = list.parse().unwrap();
            list.allow(Some(license))
        };
        let (commercial, both) = (told(true, false), told(true, true));
        assert!(allow("commercial", commercial) && !allow("commercial-modify", commercial));
        assert!(allow("commercial-modify", both) && allow("modify", both));
        assert!(!allow("modify", commercial) && !allow("commercial", told(false, true)));
        for list in ["public-domain", "cc0", "cc", "cc-by", "cc-by-sa"] {
            assert!(!allow(list, both), "{list}: nobody says that it is that");
        }
    }

    #[test]
    fn lists_are_read_and_written_alike() {
        let list: Licenses = "CC0,cc-by-nc-sa,cc0".parse().unwrap();
        assert_eq!(list.to_string(), "cc0,cc-by-nc-sa");
        assert_eq!(list.to_string().parse::<Licenses>().unwrap(), list);
        assert_eq!("any".parse::<Licenses>().unwrap().to_string(), "any");
        let error = "cc,gpl".parse::<Licenses>().unwrap_err().to_string();
        assert!(
            error.contains("`gpl`") && error.contains("cc-by-sa"),
            "{error}"
        );
    }
}
