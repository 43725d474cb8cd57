//! What the files of engines say of themselves, before these are asked.

use trawl_crawler::{CrawlError, EngineNote, EngineSpec, read_engine_note};

/// Reads the notes of every engine that a file describes.
pub(super) fn read(specs: &[EngineSpec]) -> Result<Vec<EngineNote>, CrawlError> {
    let files = specs.iter().filter_map(|spec| match spec {
        EngineSpec::Custom { file } => Some(file),
        _ => None,
    });
    files.map(|file| read_engine_note(file)).collect()
}

/// Puts a note into words. A file may come from somebody else: the person sees where it points, and which key it is given.
pub(super) fn said(note: &EngineNote) -> String {
    let parts = [
        Some(format!("{} is asked at {}", note.name, note.endpoint)),
        note.key_variable
            .as_ref()
            .map(|variable| format!("its key is {variable}")),
        note.homepage.as_ref().map(|page| format!("see {page}")),
        note.terms
            .as_ref()
            .map(|terms| format!("its terms: {terms}")),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_names_the_address_the_variable_and_the_terms() {
        let mut note = EngineNote {
            name: "Site".to_owned(),
            endpoint: "https://site.example/".to_owned(),
            homepage: None,
            terms: Some("ask first".to_owned()),
            key_variable: Some("SITE_KEY".to_owned()),
        };
        assert_eq!(
            said(&note),
            "Site is asked at https://site.example/; its key is SITE_KEY; its terms: ask first"
        );
        (note.key_variable, note.terms) = (None, None);
        assert_eq!(said(&note), "Site is asked at https://site.example/");
    }
}
