use std::collections::HashMap;

use crate::SearchEngine;

/// Is an engine that serves pages from memory through a list of hits a page, for one phrase each.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) id: &'static str,
    pub(crate) labels: Vec<String>,
    /// (label, pages of URLs)
    pub(crate) pages: HashMap<String, Vec<Vec<String>>>,
}

impl Listed {
    pub(crate) fn engine(
        id: &'static str,
        pages: &[(&str, Vec<Vec<String>>)],
    ) -> Box<dyn SearchEngine> {
        Box::new(Self {
            id,
            labels: pages.iter().map(|(label, _)| (*label).to_owned()).collect(),
            pages: pages
                .iter()
                .map(|(label, pages)| ((*label).to_owned(), pages.clone()))
                .collect(),
        })
    }
}

impl SearchEngine for Listed {
    fn id(&self) -> &str {
        self.id
    }

    fn labels(&self) -> Option<&[String]> {
        Some(&self.labels)
    }

    fn ask(&self, query: &str, cursor: Option<&str>, _: Option<&str>) -> crate::Ask {
        let at: usize = cursor.map_or(0, |c| c.parse().unwrap());
        let pages = &self.pages[query];
        let hits = pages.get(at).into_iter().flatten();
        crate::Ask::Local(crate::Page {
            hits: hits
                .map(|url| crate::Hit {
                    image_url: url.clone(),
                    ..crate::Hit::default()
                })
                .collect(),
            next: (at + 1 < pages.len()).then(|| (at + 1).to_string()),
            pause: None,
        })
    }

    fn parse(&self, _: Option<&str>, _: &crate::Answer) -> Result<crate::Page, crate::EngineState> {
        Err(crate::EngineState::Empty)
    }
}
