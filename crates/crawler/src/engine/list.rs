use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use csv::{Position, StringRecord};
use serde::de::IgnoredAny;
use serde_json::Value;

use super::again::Again;
use super::{Hit, json};
use crate::CrawlError;
use crate::names::normal_label;

/// Longest row of a list in bytes; a URL has 8 KiB at most, and what else a row may say is a few sentences.
pub(super) const LONGEST_ROW: u64 = 1024 * 1024;
/// Largest JSON array in bytes, which is held in memory while it is opened.
const LARGEST_ARRAY: u64 = 64 * 1024 * 1024;

/// Is one row of a list before its label is settled.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) label: Option<String>,
    pub(super) hit: Hit,
}

/// Reads the rows of one list, first all of them one after another, then any by where it begins.
#[derive(Debug)]
pub(super) struct List {
    path: PathBuf,
    form: Form,
}

/// Says how a list is written.
#[derive(Debug)]
pub(super) enum Form {
    /// A URL a line.
    Text,
    /// A header, and a row for each URL.
    Csv(Vec<String>),
    /// A JSON object a line.
    JsonLines,
    /// One JSON array of objects.
    Json,
}

impl List {
    /// Sees how the list is written: by the ending of its name, and a JSON file by how it begins.
    pub(super) fn open(path: &Path) -> Result<Self, CrawlError> {
        let mut list = Self {
            path: path.to_owned(),
            form: Form::Text,
        };
        let ending = path.extension().and_then(|e| e.to_str()).unwrap_or("");
        list.form = match ending.to_ascii_lowercase().as_str() {
            "csv" => Form::Csv(Vec::new()),
            "jsonl" | "ndjson" => Form::JsonLines,
            "json" if list.begins_with(b'{')? => Form::JsonLines,
            "json" => Form::Json,
            _ => Form::Text,
        };
        Ok(list)
    }

    /// Calls `take` with every row and where it begins; what it finds wrong is told with the row's line (in an array, the item).
    pub(super) fn scan(
        &mut self,
        take: impl FnMut(&Row, u64) -> Result<(), String>,
    ) -> Result<(), CrawlError> {
        match self.form {
            Form::Text | Form::JsonLines => self.scan_lines(take),
            Form::Csv(_) => self.scan_csv(take),
            Form::Json => self.scan_array(take),
        }
    }

    /// Returns what can read single rows again.
    pub(super) fn again(self) -> Result<Again, CrawlError> {
        let file = self.file()?;
        Again::new(file, &self.form).map_err(|e| self.io(e))
    }

    /// Builds the error of a row, which has a number from 1.
    fn defect(&self, line: u64, what: impl Into<String>) -> CrawlError {
        CrawlError::Source {
            path: self.path.clone(),
            line: Some(line),
            what: what.into(),
        }
    }

    fn io(&self, error: io::Error) -> CrawlError {
        CrawlError::io(&self.path, error)
    }

    fn file(&self) -> Result<File, CrawlError> {
        File::open(&self.path).map_err(|e| self.io(e))
    }

    /// Says whether the first sign of the file is this one.
    fn begins_with(&self, sign: u8) -> Result<bool, CrawlError> {
        let mut head = Vec::new();
        let file = self.file()?.take(4_096);
        BufReader::new(file)
            .read_to_end(&mut head)
            .map_err(|e| self.io(e))?;
        let head = head.strip_prefix(BOM).unwrap_or(&head);
        Ok(head.trim_ascii_start().first() == Some(&sign))
    }

    fn scan_lines(
        &self,
        mut take: impl FnMut(&Row, u64) -> Result<(), String>,
    ) -> Result<(), CrawlError> {
        let mut reader = BufReader::new(self.file()?);
        let (mut offset, mut bytes) = (0, Vec::new());
        for number in 1.. {
            bytes.clear();
            let mut row = (&mut reader).take(LONGEST_ROW + 1);
            let length = row.read_until(b'\n', &mut bytes).map_err(|e| self.io(e))?;
            if length == 0 {
                break;
            }
            if length as u64 > LONGEST_ROW {
                return Err(self.defect(number, "longer than 1 MiB: write one row a line"));
            }
            let bom = if offset == 0 && bytes.starts_with(BOM) {
                BOM.len()
            } else {
                0
            };
            let text = std::str::from_utf8(&bytes[bom..])
                .map_err(|_| self.defect(number, NOT_UTF8))?
                .trim();
            let row = match self.form {
                _ if text.is_empty() => None,
                Form::Text => (!text.starts_with('#')).then(|| plain(text)),
                _ => Some(self.json_line(number, text)?),
            };
            if let Some(row) = row {
                take(&row, offset + bom as u64).map_err(|what| self.defect(number, what))?;
            }
            offset += length as u64;
        }
        Ok(())
    }

    fn json_line(&self, number: u64, text: &str) -> Result<Row, CrawlError> {
        let item: Value = serde_json::from_str(text)
            .map_err(|e| self.defect(number, format!("no JSON object ({e})")))?;
        object(&item).ok_or_else(|| self.defect(number, "no member `url`"))
    }

    fn scan_csv(
        &mut self,
        mut take: impl FnMut(&Row, u64) -> Result<(), String>,
    ) -> Result<(), CrawlError> {
        let left = Arc::new(AtomicU64::new(LONGEST_ROW));
        let metered = Metered {
            file: self.file()?,
            left: Arc::clone(&left),
        };
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(metered);
        let headers: Vec<String> = match reader.headers() {
            Ok(headers) => headers.iter().map(str::to_lowercase).collect(),
            Err(e) => return Err(self.csv_defect(1, &e)),
        };
        if !headers.iter().any(|header| header == "url") {
            return Err(self.defect(1, "no column `url` in the header"));
        }
        let mut record = StringRecord::new();
        loop {
            left.store(LONGEST_ROW, Ordering::Relaxed);
            let from = reader.position().line();
            match reader.read_record(&mut record) {
                Ok(true) => {}
                Ok(false) => break,
                Err(e) => {
                    let line = e.position().map_or(from, Position::line);
                    return Err(self.csv_defect(line, &e));
                }
            }
            let (line, offset) = record
                .position()
                .map_or((0, 0), |at| (at.line(), at.byte()));
            let row = row(|key| cell(&headers, &record, key));
            let row = row.ok_or_else(|| self.defect(line, "no url"))?;
            take(&row, offset).map_err(|what| self.defect(line, what))?;
        }
        self.form = Form::Csv(headers);
        Ok(())
    }

    fn csv_defect(&self, line: u64, error: &csv::Error) -> CrawlError {
        match error.kind() {
            csv::ErrorKind::Utf8 { .. } => self.defect(line, NOT_UTF8),
            csv::ErrorKind::Io(e) if e.kind() == io::ErrorKind::FileTooLarge => self.defect(
                line,
                "a row of more than 1 MiB: is a closing quote missing?",
            ),
            _ => self.defect(line, error.to_string()),
        }
    }

    fn scan_array(
        &self,
        mut take: impl FnMut(&Row, u64) -> Result<(), String>,
    ) -> Result<(), CrawlError> {
        let mut file = self.file()?;
        let size = file.metadata().map_err(|e| self.io(e))?.len();
        if size > LARGEST_ARRAY {
            return Err(self.defect(
                1,
                format!(
                    "a JSON array of {size} bytes, of which {LARGEST_ARRAY} are read: write one object a line and call it .jsonl, which may have any size"
                ),
            ));
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(|e| self.io(e))?;
        let bom = if bytes.starts_with(BOM) { BOM.len() } else { 0 };
        let text = std::str::from_utf8(&bytes[bom..]).map_err(|e| {
            let before = &bytes[..bom + e.valid_up_to()];
            let line = before.split(|&b| b == b'\n').count() as u64;
            self.defect(line, NOT_UTF8)
        })?;
        serde_json::from_str::<Vec<IgnoredAny>>(text)
            .map_err(|e| self.defect(e.line() as u64, e.to_string()))?;
        // The whole is sound, so that the items can be taken one by one.
        let mut at = text.find('[').map_or(0, |at| at + 1);
        for number in 1.. {
            at += text[at..].len() - text[at..].trim_start().len();
            if text[at..].starts_with(']') {
                break;
            }
            let mut items = serde_json::Deserializer::from_str(&text[at..]).into_iter::<Value>();
            let item = match items.next() {
                Some(Ok(item)) => item,
                Some(Err(e)) => return Err(self.defect(number, e.to_string())),
                None => break,
            };
            let row = object(&item).ok_or_else(|| self.defect(number, "no member `url`"))?;
            take(&row, (bom + at) as u64).map_err(|what| self.defect(number, what))?;
            at += items.byte_offset();
            at += text[at..].find([',', ']']).unwrap_or(0);
            at += usize::from(text[at..].starts_with(','));
        }
        Ok(())
    }
}

const BOM: &[u8] = b"\xef\xbb\xbf";
const NOT_UTF8: &str = "not UTF-8: save the file as UTF-8";

/// Bounds what may be read for one row, which a quote that is never closed would make the rest of the file.
struct Metered {
    file: File,
    left: Arc<AtomicU64>,
}

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.left.load(Ordering::Relaxed);
        if left == 0 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let read = self.file.read(buffer)?;
        self.left
            .store(left.saturating_sub(read as u64), Ordering::Relaxed);
        Ok(read)
    }
}

pub(super) fn plain(line: &str) -> Row {
    Row {
        label: None,
        hit: Hit {
            image_url: line.to_owned(),
            ..Hit::default()
        },
    }
}

pub(super) fn cell(columns: &[String], record: &StringRecord, key: &str) -> Option<String> {
    let at = columns.iter().position(|column| column == key)?;
    let text = record.get(at)?;
    (!text.is_empty()).then(|| text.to_owned())
}

pub(super) fn object(item: &Value) -> Option<Row> {
    row(|key| json::text(item, key))
}

/// Builds a row from its members; `None` without a URL.
pub(super) fn row(field: impl Fn(&str) -> Option<String>) -> Option<Row> {
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
