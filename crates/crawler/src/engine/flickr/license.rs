use crate::Licenses;
use crate::engine::json;
use crate::license::License;

/// Pairs every licence with its number at Flickr, in order from 0: name, and text on the web.
const LICENSES: [(&str, Option<&str>); 11] = [
    ("All rights reserved", None),
    (
        "CC BY-NC-SA 2.0",
        Some("https://creativecommons.org/licenses/by-nc-sa/2.0/"),
    ),
    (
        "CC BY-NC 2.0",
        Some("https://creativecommons.org/licenses/by-nc/2.0/"),
    ),
    (
        "CC BY-NC-ND 2.0",
        Some("https://creativecommons.org/licenses/by-nc-nd/2.0/"),
    ),
    (
        "CC BY 2.0",
        Some("https://creativecommons.org/licenses/by/2.0/"),
    ),
    (
        "CC BY-SA 2.0",
        Some("https://creativecommons.org/licenses/by-sa/2.0/"),
    ),
    (
        "CC BY-ND 2.0",
        Some("https://creativecommons.org/licenses/by-nd/2.0/"),
    ),
    (
        "No known copyright restrictions",
        Some("https://www.flickr.com/commons/usage/"),
    ),
    (
        "United States Government Work",
        Some("https://www.usa.gov/government-copyright"),
    ),
    (
        "CC0 1.0",
        Some("https://creativecommons.org/publicdomain/zero/1.0/"),
    ),
    (
        "Public Domain Mark 1.0",
        Some("https://creativecommons.org/publicdomain/mark/1.0/"),
    ),
];

/// Lists the numbers of the licences that are wanted, with commas.
pub(super) fn numbers(wanted: &Licenses) -> String {
    let ids = (0..LICENSES.len()).filter(|&id| {
        let (name, url) = LICENSES[id];
        wanted.allow(License::read(Some(name), url))
    });
    let ids: Vec<String> = ids.map(|id| id.to_string()).collect();
    ids.join(",")
}

/// Returns the name and the text of a licence by its number; one that is not known here keeps its number for a name.
pub(super) fn terms(id: &str) -> (Option<String>, Option<String>) {
    let known = id.parse().ok().and_then(|id: usize| LICENSES.get(id));
    match known {
        Some((name, url)) => (Some((*name).to_owned()), url.map(str::to_owned)),
        None => (Some(json::quote(&format!("Flickr licence {id}"))), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wanted_licences_are_numbers() {
        for (list, ids) in [
            ("any", "0,1,2,3,4,5,6,7,8,9,10"),
            ("commercial-modify", "4,5,7,8,9,10"),
            ("cc-by", "4"),
            ("cc0", "9"),
            ("public-domain", "7,8,9,10"),
            ("cc", "1,2,3,4,5,6,9"),
            ("cc-by-nc-nd,cc-by-nd", "3,6"),
        ] {
            assert_eq!(numbers(&list.parse().unwrap()), ids, "{list}");
        }
    }

    #[test]
    fn numbers_are_licences_and_unknown_ones_say_so() {
        let (name, url) = terms("1");
        assert_eq!(name.as_deref(), Some("CC BY-NC-SA 2.0"));
        assert!(url.unwrap().ends_with("/by-nc-sa/2.0/"));
        assert_eq!(terms("0"), (Some("All rights reserved".to_owned()), None));
        for odd in ["11", "-1", "x"] {
            let (name, url) = terms(odd);
            let read = License::read(name.as_deref(), url.as_deref());
            assert_eq!(read, Some(License::Other), "{odd}");
        }
    }
}
