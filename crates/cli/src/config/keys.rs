//! Keys of engines: read from the environment alone, and written nowhere.

use trawl_crawler::{EngineNote, Keys};

/// Reads the keys that are set, of engines that files describe only those that the files ask for; an empty one counts as
/// not set.
pub(crate) fn from_environment(notes: &[EngineNote]) -> Keys {
    read(notes, |name| std::env::var(name).ok())
}

fn read(notes: &[EngineNote], variable: impl Fn(&str) -> Option<String>) -> Keys {
    let key = |name: &str| {
        let value = variable(name)?.trim().to_owned();
        (!value.is_empty()).then_some(value)
    };
    let wanted = notes.iter().filter_map(|note| note.key_variable.clone());
    Keys {
        custom: wanted
            .filter_map(|name| Some((name.clone(), key(&name)?)))
            .collect(),
        flickr: key("FLICKR_API_KEY"),
        openverse: key("OPENVERSE_CLIENT_ID").zip(key("OPENVERSE_CLIENT_SECRET")),
        pexels: key("PEXELS_API_KEY"),
        pixabay: key("PIXABAY_API_KEY"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_keys_are_none_and_openverse_needs_both_halves() {
        let keys = read(&[], |name| match name {
            "FLICKR_API_KEY" => Some(" k1 ".to_owned()),
            "PEXELS_API_KEY" => Some(" ".to_owned()),
            "OPENVERSE_CLIENT_ID" => Some("id".to_owned()),
            _ => None,
        });
        assert_eq!(keys.flickr.as_deref(), Some("k1"));
        assert_eq!(
            (keys.pexels, keys.pixabay, keys.openverse),
            (None, None, None)
        );
        let keys = read(&[], |name| {
            name.starts_with("OPENVERSE").then(|| name.to_lowercase())
        });
        let (id, secret) = keys.openverse.unwrap();
        assert!(id.ends_with("client_id") && secret.ends_with("client_secret"));
    }
    #[test]
    fn only_variables_that_a_file_names_are_read_for_it() {
        let note = EngineNote {
            name: "site".to_owned(),
            endpoint: "https://site.example/".to_owned(),
            homepage: None,
            terms: None,
            key_variable: Some("SITE_KEY".to_owned()),
        };
        let keys = read(std::slice::from_ref(&note), |name| {
            name.ends_with("_KEY").then(|| name.to_lowercase())
        });
        let custom: Vec<_> = keys.custom.into_iter().collect();
        assert_eq!(custom, [("SITE_KEY".to_owned(), "site_key".to_owned())]);
        let blank = read(&[note], |_| Some(" ".to_owned()));
        assert!(blank.custom.is_empty());
    }
}
