//! The card of an export: what `datasets` needs to load it, what the pictures are, and how each reader takes them.

use std::fmt::Write;

use super::contents::Part;
use super::facts::Facts;
use super::format::{ExportFormat, ExportSettings};
use crate::publish::{Snapshot, Split, card_body, reader_name};

/// Writes the card; it depends on the snapshot and the settings alone.
pub(super) fn readme(snapshot: &Snapshot, settings: ExportSettings, parts: &[Part<'_>]) -> String {
    let splits: Vec<Split> = parts.iter().map(|part| part.split).collect();
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut text, snapshot, settings, &splits);
    text
}

fn write(
    out: &mut String,
    snapshot: &Snapshot,
    settings: ExportSettings,
    splits: &[Split],
) -> std::fmt::Result {
    if !settings.format.is_caffe() {
        write_header(out, snapshot, settings.format, splits)?;
    }
    out.push_str(&card_body(snapshot));
    writeln!(out, "\n## Loading\n")?;
    out.push_str(&loading(settings, snapshot));
    writeln!(
        out,
        "\n`classes.json` gives each class's index, label and folder; the index is the same in every split and in every format. \
         `trawl.json` names the snapshot, and `trawl import` makes a dataset of this folder again."
    )
}

/// Names the splits one by one: without that, `datasets` guesses them from paths, and a class called `train` or `test tube` would be
/// loaded into a second split.
fn write_header(
    out: &mut String,
    snapshot: &Snapshot,
    format: ExportFormat,
    splits: &[Split],
) -> std::fmt::Result {
    writeln!(out, "---\ntask_categories:\n- image-classification")?;
    writeln!(out, "configs:\n- config_name: default\n  data_files:")?;
    for split in splits {
        let path = match format {
            ExportFormat::Imagefolder => format!("{split}/**"),
            ExportFormat::Webdataset => format!("{split}-*.tar"),
            _ => format!("data/{}-*.parquet", reader_name(*split)),
        };
        writeln!(out, "  - split: {}\n    path: {path}", reader_name(*split))?;
    }
    if format == ExportFormat::Imagefolder {
        // With metadata files, `datasets` heeds the features of a configuration only.
        writeln!(out, "  features:")?;
    } else {
        writeln!(out, "dataset_info:\n  features:")?;
    }
    if format == ExportFormat::Webdataset {
        writeln!(out, "  - name: __key__\n    dtype: string")?;
        writeln!(out, "  - name: __url__\n    dtype: string")?;
        write_classes(out, "cls", snapshot)?;
        writeln!(
            out,
            "  - name: jpg\n    dtype: image\n  - name: json\n    struct:"
        )?;
        writeln!(out, "    - name: label\n      dtype: int64")?;
        write_facts(out, "    ")?;
    } else {
        writeln!(out, "  - name: image\n    dtype: image")?;
        write_classes(out, "label", snapshot)?;
        write_facts(out, "  ")?;
    }
    writeln!(out, "---")
}

fn write_classes(out: &mut String, name: &str, snapshot: &Snapshot) -> std::fmt::Result {
    writeln!(
        out,
        "  - name: {name}\n    dtype:\n      class_label:\n        names:"
    )?;
    for class in &snapshot.classes {
        // The keys must be texts.
        writeln!(out, "          '{}': {}", class.index, quoted(&class.label))?;
    }
    Ok(())
}

fn write_facts(out: &mut String, indent: &str) -> std::fmt::Result {
    for (name, _) in Facts::TEXTS {
        writeln!(out, "{indent}- name: {name}\n{indent}  dtype: string")?;
    }
    for (name, _) in Facts::NUMBERS {
        writeln!(out, "{indent}- name: {name}\n{indent}  dtype: int32")?;
    }
    Ok(())
}

/// A YAML string that holds any text: whatever is not plainly printable is escaped, since readers of YAML 1.1 refuse some of it and
/// take some for the end of a line.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                quoted.push('\\');
                quoted.push(c);
            }
            ' '..='~' | '\u{a1}'..='\u{2027}' | '\u{2030}'..='\u{d7ff}' => quoted.push(c),
            c if u32::from(c) <= 0xffff => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            '\u{10000}'..='\u{e0000}' => quoted.push(c),
            c => {
                let _ = write!(quoted, "\\U{:08x}", u32::from(c));
            }
        }
    }
    quoted.push('"');
    quoted
}

fn loading(settings: ExportSettings, snapshot: &Snapshot) -> String {
    let first = match settings.format {
        ExportFormat::Imagefolder => "\
```python
from torchvision.datasets import ImageFolder

train = ImageFolder(\"PATH/train\", allow_empty=True)

from datasets import load_dataset

dataset = load_dataset(\"PATH\")

from keras.utils import image_dataset_from_directory

train = image_dataset_from_directory(\"PATH/train\", image_size=(SIDE, SIDE), label_mode=\"int\")
```

Every split has a folder for every class, so that a class has one index everywhere; where a class has no picture in a split, its folder is \
empty, and torchvision asks for `allow_empty=True`. Keras sorts folders as torchvision does; give it `image_size` as here, since its \
own default squashes the pictures to 256x256.
",
        ExportFormat::Webdataset => "\
```python
import webdataset

train = webdataset.WebDataset(\"PATH/train-000000.tar\", shardshuffle=False).decode(\"pil\").to_tuple(\"jpg\", \"cls\")

from datasets import load_dataset

dataset = load_dataset(\"PATH\", streaming=True)
```

A sample is `KEY.cls` (the class index), `KEY.jpg` and `KEY.json`; its key is its id. The pictures of a split are shuffled already, by a hash \
of the key; several shards are named by braces, as in `train-{000000..000007}.tar`.
",
        ExportFormat::Parquet => "\
```python
from datasets import load_dataset

dataset = load_dataset(\"PATH\")
```

The column `image` holds the file (`bytes`) and its name (`path`), `label` the class index; the names of the classes are in the files' own \
metadata as well. The pictures of a split are shuffled, by a hash of their id.
",
        ExportFormat::Lmdb | ExportFormat::Leveldb => "\
```text
layer {
  name: \"data\"  type: \"Data\"  top: \"data\"  top: \"label\"
  include { phase: TRAIN }
  transform_param { mirror: true  crop_size: 224  mean_value: 103.939  mean_value: 116.779  mean_value: 123.68 }
  data_param { source: \"PATH/train_BACKEND\"  backend: UPPER  batch_size: 32 }
}
```

What `convert_imageset --shuffle` would write: a key is the place in the list and the path, as in `00000000_owl/ID.jpg`; a value is a `Datum` \
with the class index, and with PIXELS. The pictures are shuffled, by a hash of their id; `train.txt` and its like list them in that order, \
`labels.txt` has the name of each class, the first line that of class 0.
",
    };
    let side = snapshot.preparation.size().to_string();
    let pixels = if settings.encoded {
        "the JPEG file, for `encoded`".to_owned()
    } else {
        format!("raw pixels, 3x{side}x{side} bytes in the order blue, green, red")
    };
    let backend = settings.format.as_str();
    first
        .replace("SIDE", &side)
        .replace("PIXELS", &pixels)
        .replace("BACKEND", backend)
        .replace("UPPER", &backend.to_uppercase())
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_name_of_any_characters_is_one_yaml_string() {
        let cases = [
            ("owl", "\"owl\""),
            ("a \"b\" \\", "\"a \\\"b\\\" \\\\\""),
            ("🦉 猫", "\"🦉 猫\""),
            (
                "a\nb\u{7f}\u{85}\u{2028}",
                "\"a\\u000ab\\u007f\\u0085\\u2028\"",
            ),
            ("\u{feff}x\u{e0001}", "\"\\ufeffx\\U000e0001\""),
        ];
        for (label, text) in cases {
            assert_eq!(quoted(label), text);
        }
    }
}
