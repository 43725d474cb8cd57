use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use csv::{Position, StringRecord};
use serde_json::Value;

use super::Hit;
use super::list::{Form, LONGEST_ROW, cell, object, plain, row};

/// Reads rows of a list that was scanned, each by where it begins.
#[derive(Debug)]
pub(super) struct Again {
    reader: Reader,
    seen: Seen,
}

#[derive(Debug)]
enum Reader {
    Text(BufReader<File>),
    Csv(Box<csv::Reader<File>>, Vec<String>),
    Json(BufReader<File>),
}

/// Is how a file looked when it was scanned.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    size: u64,
    changed: Option<std::time::SystemTime>,
}

impl Seen {
    fn of(file: &File) -> io::Result<Self> {
        let meta = file.metadata()?;
        Ok(Self {
            size: meta.len(),
            changed: meta.modified().ok(),
        })
    }
}

impl Again {
    /// Takes a file that was scanned just now.
    pub(super) fn new(file: File, form: &Form) -> io::Result<Self> {
        let seen = Seen::of(&file)?;
        let reader = match form {
            Form::Csv(columns) => {
                let reader = csv::ReaderBuilder::new()
                    .has_headers(false)
                    .flexible(true)
                    .trim(csv::Trim::All)
                    .from_reader(file);
                Reader::Csv(Box::new(reader), columns.clone())
            }
            Form::Text => Reader::Text(BufReader::new(file)),
            Form::Json | Form::JsonLines => Reader::Json(BufReader::new(file)),
        };
        Ok(Self { reader, seen })
    }

    /// Reads the rows at these offsets; fails when the file is not as it was.
    pub(super) fn rows(&mut self, offsets: &[u64]) -> io::Result<Vec<Hit>> {
        let file = match &self.reader {
            Reader::Text(reader) | Reader::Json(reader) => reader.get_ref(),
            Reader::Csv(reader, _) => reader.get_ref(),
        };
        if Seen::of(file)? != self.seen {
            return Err(changed());
        }
        offsets.iter().map(|offset| self.row(*offset)).collect()
    }

    fn row(&mut self, offset: u64) -> io::Result<Hit> {
        let row = match &mut self.reader {
            Reader::Text(reader) => {
                move_to(reader, offset)?;
                let mut line = String::new();
                reader.take(LONGEST_ROW).read_line(&mut line)?;
                Some(plain(line.trim()))
            }
            Reader::Csv(reader, columns) => {
                let mut at = Position::new();
                at.set_byte(offset);
                let mut record = StringRecord::new();
                reader.seek(at).map_err(io::Error::other)?;
                reader.read_record(&mut record).map_err(io::Error::other)?;
                row(|key| cell(columns, &record, key))
            }
            Reader::Json(reader) => {
                move_to(reader, offset)?;
                let mut items = serde_json::Deserializer::from_reader(reader).into_iter::<Value>();
                let item = items.next().ok_or_else(changed)??;
                object(&item)
            }
        };
        row.map(|row| row.hit).ok_or_else(changed)
    }
}

fn changed() -> io::Error {
    io::Error::other("it was changed while it was read: run the same command again")
}

/// Moves a reader to a place; what it has read ahead is used where it can be.
fn move_to(reader: &mut BufReader<File>, offset: u64) -> io::Result<()> {
    let at = reader.stream_position()?;
    match i64::try_from(i128::from(offset) - i128::from(at)) {
        Ok(distance) => reader.seek_relative(distance),
        Err(_) => reader.seek(SeekFrom::Start(offset)).map(drop),
    }
}
