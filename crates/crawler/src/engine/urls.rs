use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::shelf::Shelf;
use super::{Answer, Ask, EngineState, Hit, Page, SearchEngine, Standing, json};
use crate::CrawlError;
use crate::names::normal_label;

/// Gives out the URLs of a list: text, CSV, JSON or JSON lines.
#[derive(Debug)]
pub(super) struct UrlList {
    id: String,
    shelf: Shelf,
}

/// Is one row of a list before its label is settled.
struct Row {
    label: Option<String>,
    hit: Hit,
}

impl UrlList {
    /// Reads the list; `label` is that of rows without one.
    pub(super) fn read(id: String, file: &Path, label: Option<&str>) -> Result<Self, CrawlError> {
        let bytes = fs::read(file).map_err(|e| CrawlError::io(file, e))?;
        let list = List {
            path: file.to_owned(),
        };
        let text = list.text(&bytes)?;
        let extension = file.extension().and_then(|e| e.to_str()).unwrap_or("");
        let rows = match extension.to_ascii_lowercase().as_str() {
            "csv" => list.csv(text)?,
            "json" => list.json(text)?,
            "jsonl" | "ndjson" => list.json_lines(text)?,
            _ => list.lines(text),
        };
        let label = label.map(normal_label).filter(|label| !label.is_empty());
        let mut shelf = Shelf::default();
        for (line, row) in rows {
            let Some(label) = row.label.as_ref().or(label.as_ref()) else {
                return Err(list.defect(line, "no label: add a label column, or give --label"));
            };
            shelf.add(label, row.hit);
        }
        Ok(Self { id, shelf })
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
        Ask::Local(self.shelf.page(label, cursor))
    }

    fn parse(&self, _cursor: Option<&str>, _answer: &Answer) -> Result<Page, EngineState> {
        Err(EngineState::schema("a list of URLs is not asked over HTTP"))
    }
}

/// Reads the forms of one list; every row comes with its line, from 1.
struct List {
    path: PathBuf,
}

impl List {
    fn defect(&self, line: u64, what: impl Into<String>) -> CrawlError {
        CrawlError::Source {
            path: self.path.clone(),
            line: Some(line),
            what: what.into(),
        }
    }

    fn text<'a>(&self, bytes: &'a [u8]) -> Result<&'a str, CrawlError> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        std::str::from_utf8(bytes).map_err(|e| {
            let before = &bytes[..e.valid_up_to()];
            let line = before.split(|&b| b == b'\n').count() as u64;
            self.defect(line, "not UTF-8: save the file as UTF-8")
        })
    }

    #[expect(clippy::unused_self, reason = "one form of four, called alike")]
    fn lines(&self, text: &str) -> Vec<(u64, Row)> {
        (1..)
            .zip(text.lines().map(str::trim))
            .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
            .map(|(number, line)| {
                let image_url = line.to_owned();
                let hit = Hit {
                    image_url,
                    ..Hit::default()
                };
                (number, Row { label: None, hit })
            })
            .collect()
    }

    fn csv(&self, text: &str) -> Result<Vec<(u64, Row)>, CrawlError> {
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let headers: Vec<String> = match reader.headers() {
            Ok(headers) => headers.iter().map(str::to_lowercase).collect(),
            Err(e) => return Err(self.defect(1, e.to_string())),
        };
        if !headers.iter().any(|header| header == "url") {
            return Err(self.defect(1, "no column `url` in the header"));
        }
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|e| {
                let line = e.position().map_or(0, csv::Position::line);
                self.defect(line, e.to_string())
            })?;
            let line = record.position().map_or(0, csv::Position::line);
            let field = |key: &str| {
                let at = headers.iter().position(|header| header == key)?;
                let text = record.get(at)?;
                (!text.is_empty()).then(|| text.to_owned())
            };
            rows.push((line, row(field).ok_or_else(|| self.defect(line, "no url"))?));
        }
        Ok(rows)
    }

    fn json(&self, text: &str) -> Result<Vec<(u64, Row)>, CrawlError> {
        let items: Vec<Value> = match serde_json::from_str(text) {
            Ok(items) => items,
            Err(_) if text.trim_start().starts_with('{') => return self.json_lines(text),
            Err(e) => return Err(self.defect(e.line() as u64, e.to_string())),
        };
        (1..)
            .zip(&items)
            .map(|(number, item)| Ok((number, self.object(number, item)?)))
            .collect()
    }

    fn json_lines(&self, text: &str) -> Result<Vec<(u64, Row)>, CrawlError> {
        (1..)
            .zip(text.lines())
            .filter(|(_, line)| !line.trim().is_empty())
            .map(|(number, line)| {
                let item = serde_json::from_str(line)
                    .map_err(|e| self.defect(number, format!("no JSON object ({e})")))?;
                Ok((number, self.object(number, &item)?))
            })
            .collect()
    }

    fn object(&self, number: u64, item: &Value) -> Result<Row, CrawlError> {
        row(|key| json::text(item, key)).ok_or_else(|| self.defect(number, "no member `url`"))
    }
}

/// Builds a row from its members; `None` without a URL.
fn row(field: impl Fn(&str) -> Option<String>) -> Option<Row> {
    Some(Row {
        label: field("label")
            .map(|label| normal_label(&label))
            .filter(|label| !label.is_empty()),
        hit: Hit {
            image_url: field("url")?,
            page_url: field("page_url"),
            title: field("title"),
            creator: field("creator"),
            license: field("license"),
            license_url: field("license_url"),
            attribution: field("attribution"),
            ..Hit::default()
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, text: &str, label: Option<&str>) -> Result<UrlList, CrawlError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(name);
        fs::write(&file, text).unwrap();
        UrlList::read(format!("urls:{name}"), &file, label)
    }

    fn urls(list: &UrlList, label: &str) -> Vec<String> {
        let page = list.shelf.page(label, None);
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
        let hit = &list.shelf.page("cat", None).hits[0];
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
}
