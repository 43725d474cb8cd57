use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::again::Again;
use super::list::List;
use super::shelf::{Offsets, Shelf, first};
use super::{Answer, Ask, EngineState, Page, SearchEngine, Standing};
use crate::CrawlError;
use crate::names::normal_label;

/// Gives out the URLs of a list: text, CSV, JSON or JSON lines.
///
/// The list is read once from end to end when it is opened, so that a defect is told before anything is asked. What is kept of a
/// row is where it begins, in four bytes; its page is read again when it is asked for.
#[derive(Debug)]
pub(super) struct UrlList {
    id: String,
    shelf: Shelf<Offsets>,
    rows: Mutex<Again>,
}

impl UrlList {
    /// Reads the list; `label` is that of rows without one.
    pub(super) fn read(id: String, file: &Path, label: Option<&str>) -> Result<Self, CrawlError> {
        let mut list = List::open(file)?;
        let label = label.map(normal_label).filter(|label| !label.is_empty());
        let mut shelf = Shelf::<Offsets>::default();
        list.scan(|row, offset| match row.label.as_ref().or(label.as_ref()) {
            Some(label) => {
                shelf.of(label).add(offset);
                Ok(())
            }
            None => Err("no label: add a label column, or give --label".to_owned()),
        })?;
        shelf.each(Offsets::close);
        Ok(Self {
            id,
            shelf,
            rows: Mutex::new(list.again()?),
        })
    }

    fn page(&self, label: &str, cursor: Option<&str>) -> std::io::Result<Page> {
        let Some(offsets) = self.shelf.get(label) else {
            return Ok(Page::default());
        };
        let (offsets, next) = offsets.page(first(cursor));
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Page {
            hits: rows.rows(&offsets)?,
            next: next.map(|next| next.to_string()),
            pause: None,
        })
    }
}

impl SearchEngine for UrlList {
    fn id(&self) -> &str {
        &self.id
    }

    fn labels(&self) -> Option<&[String]> {
        Some(self.shelf.labels())
    }

    fn standing(&self) -> Standing {
        Standing::Local
    }

    fn ask(&self, label: &str, cursor: Option<&str>, _token: Option<&str>) -> Ask {
        match self.page(label, cursor) {
            Ok(page) => Ask::Local(page),
            Err(error) => Ask::Failed(EngineState::Unreachable {
                detail: error.to_string(),
            }),
        }
    }

    fn parse(&self, _cursor: Option<&str>, _answer: &Answer) -> Result<Page, EngineState> {
        Err(EngineState::schema("a list of URLs is not asked over HTTP"))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn read(name: &str, text: &str, label: Option<&str>) -> Result<UrlList, CrawlError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(name);
        fs::write(&file, text).unwrap();
        UrlList::read(format!("urls:{name}"), &file, label)
    }

    fn urls(list: &UrlList, label: &str) -> Vec<String> {
        let page = list.page(label, None).unwrap();
        page.hits.into_iter().map(|h| h.image_url).collect()
    }

    #[test]
    fn text_needs_a_label() {
        let text = "\u{feff}# list\r\nhttp://h/1.jpg\r\n\r\n http://h/2.jpg \r\n";
        let list = read("l.txt", text, Some(" cat ")).unwrap();
        assert_eq!(list.labels().unwrap(), ["cat"]);
        assert_eq!(urls(&list, "cat"), ["http://h/1.jpg", "http://h/2.jpg"]);
        let error = read("l.txt", text, None).unwrap_err().to_string();
        assert!(
            error.contains("line 2") && error.contains("--label"),
            "{error}"
        );
    }

    #[test]
    fn csv_has_labels_and_provenance() {
        let text = "Label,URL,title,license\ncat,http://h/1.jpg,\"A, b\",CC0\ndog,http://h/2.jpg\n,http://h/3.jpg,,\n";
        let list = read("l.csv", text, Some("other")).unwrap();
        assert_eq!(list.labels().unwrap(), ["cat", "dog", "other"]);
        let hit = &list.page("cat", None).unwrap().hits[0];
        assert_eq!(hit.title.as_deref(), Some("A, b"));
        assert_eq!(hit.license.as_deref(), Some("CC0"));
        let error = read("l.csv", "label,link\ncat,x\n", None).unwrap_err();
        assert!(error.to_string().contains("`url`"));
        let error = read("l.csv", "label,url\ncat,x\ncat,\n", None).unwrap_err();
        assert!(error.to_string().contains("line 3"), "{error}");
    }

    #[test]
    fn json_is_an_array_or_one_object_a_line() {
        let array =
            r#"[{"url":"http://h/1","label":"cat"},{"url":"http://h/2","label":"cafe\u0301"}]"#;
        let list = read("l.json", array, None).unwrap();
        assert_eq!(list.labels().unwrap(), ["cat", "caf\u{e9}"]);
        let lines = "{\"url\":\"http://h/1\",\"label\":\"cat\",\"creator\":\"me\"}\n\n{\"url\":\"http://h/2\",\"label\":\"cat\"}\n";
        for name in ["l.jsonl", "l.JSON"] {
            let list = read(name, lines, None).unwrap();
            assert_eq!(urls(&list, "cat"), ["http://h/1", "http://h/2"]);
        }
        let error = read("l.jsonl", "{\"url\":\"a\",\"label\":\"b\"}\nnope\n", None).unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error}");
        let error = read("l.jsonl", "{\"label\":\"b\"}", None).unwrap_err();
        assert!(error.to_string().contains("`url`"), "{error}");
    }

    #[test]
    fn a_missing_or_foreign_file_is_an_error_with_its_path() {
        let error = UrlList::read("urls:x".to_owned(), Path::new("no/such.csv"), None);
        assert!(error.unwrap_err().to_string().contains("no/such.csv"));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("l.txt");
        fs::write(&file, b"http://h/1\n\xff\n").unwrap();
        let error = UrlList::read("urls:x".to_owned(), &file, Some("a")).unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error}");
    }

    #[test]
    fn pages_are_read_again_by_where_their_rows_begin() {
        let many = |line: &dyn Fn(usize) -> String| -> String { (0..2_600).map(line).collect() };
        let label = |n: usize| if n.is_multiple_of(13) { "few" } else { "many" };
        let csv = many(&|n| format!("\"a\n{n}\",http://h/{n},{}\r\n\r\n", label(n)));
        let lines = many(&|n| {
            format!(
                " {{\"url\":\"http://h/{n}\",\"label\":\"{}\"}}\n\n",
                label(n)
            )
        });
        let array = many(&|n| {
            let comma = if n == 0 { "[ " } else { " ,\n" };
            format!(
                "{comma}{{\"label\":\"{}\",\"x\":[1,{{}}],\"url\":\"http://h/{n}\"}}",
                label(n)
            )
        });
        for (name, text) in [
            ("l.csv", format!("\u{feff}title,url,label\n{csv}")),
            ("l.csv", format!("title,url,label\n{csv}")),
            ("l.jsonl", lines.clone()),
            ("l.json", format!("\u{feff}{lines}")),
            ("l.json", format!("\u{feff}{array} ]\n")),
        ] {
            let list = read(name, &text, None).unwrap();
            let mut cursor = None;
            let mut seen = Vec::new();
            loop {
                let page = list.page("many", cursor.as_deref()).unwrap();
                assert!(page.hits.len() <= 500);
                seen.extend(page.hits.into_iter().map(|hit| hit.image_url));
                cursor = page.next;
                if cursor.is_none() {
                    break;
                }
            }
            let wanted: Vec<String> = (0..2_600)
                .filter(|n| n % 13 != 0)
                .map(|n| format!("http://h/{n}"))
                .collect();
            assert_eq!(seen, wanted, "{name}");
            assert_eq!(urls(&list, "few")[1], "http://h/13");
            assert!(urls(&list, "none").is_empty());
        }
        let list = read(
            "l.csv",
            "url,title\nhttp://h/1,\"a, \"\"b\"\"\nc\"\n",
            Some("x"),
        )
        .unwrap();
        let hit = &list.page("x", None).unwrap().hits[0];
        assert_eq!(hit.title.as_deref(), Some("a, \"b\"\nc"));
    }

    #[test]
    fn a_list_that_is_changed_while_it_is_read_fails_the_engine_and_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("l.txt");
        fs::write(&file, "http://h/1\nhttp://h/2\n").unwrap();
        let list = UrlList::read("urls:x".to_owned(), &file, Some("a")).unwrap();
        fs::write(&file, "http://h/1\nhttp://h/longer\n").unwrap();
        let Ask::Failed(state) = list.ask("a", None, None) else {
            panic!("it has changed");
        };
        assert!(state.to_string().contains("changed"), "{state}");
    }

    #[test]
    fn what_would_fill_the_memory_is_refused_with_the_remedy() {
        let long = "x".repeat(1 << 20);
        let error = |name: &str, text: &str| read(name, text, Some("a")).unwrap_err().to_string();
        for name in ["l.txt", "l.jsonl"] {
            let told = error(name, &format!("\nhttp://h/{long}\n"));
            assert!(told.contains("line 2") && told.contains("1 MiB"), "{told}");
        }
        let told = error(
            "l.csv",
            &format!("url\nhttp://h/1\n\"http://h/2\n{long}{long}"),
        );
        assert!(told.contains("line 3") && told.contains("quote"), "{told}");
        let told = error("l.json", &format!("[{}]", " ".repeat(64 << 20)));
        assert!(told.contains(".jsonl"), "{told}");
        let told = error("l.json", "[\n{\"url\":\"a\"},\n{]");
        assert!(told.contains("line 3"), "{told}");
    }
}
