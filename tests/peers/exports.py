"""Holds every export of a dataset, as the real readers load it, against the dataset's own files. See run.sh."""
import collections
import io
import json
import pathlib
import shutil
import sys
import tempfile

import datasets
import lmdb
import numpy
import plyvel
import torchvision
import webdataset
from PIL import Image

import datum

root, exports = (pathlib.Path(path).resolve() for path in sys.argv[1:3])
READER_NAMES = {"train": "train", "val": "validation", "test": "test"}
classes = json.loads((root / "classes.json").read_text())
labels, folders = [c["label"] for c in classes], [c["folder"] for c in classes]
rows = [json.loads(line) for line in (root / "index.jsonl").read_text().splitlines()]
of_split = collections.defaultdict(dict)
for row in rows:
    of_split[row["split"]][row["id"]] = row
bad = 0


def stored(key):
    """The bytes of a picture as the dataset stores it."""
    return (root / "objects" / key[:2] / f"{key}.jpg").read_bytes()


def pixels(source):
    """A picture's pixels by Pillow."""
    if isinstance(source, bytes):
        source = Image.open(io.BytesIO(source))
    return numpy.asarray(source.convert("RGB")).astype(int)


def order_of(out, split):
    """The keys of a split in the order of the export's own index."""
    lines = map(json.loads, (out / "index.jsonl").read_text().splitlines())
    return [line["key"] for line in lines if line["split"] == split]


def say(what, split, complaints, count, note=""):
    """Prints one line of the table."""
    global bad
    bad += bool(complaints)
    print(f"{'BAD ' if complaints else 'ok  '} {what:28} {split:6} {count:5} pictures  {note}{'; '.join(complaints[:3])}")


def compare(what, out, split, found, limit=0):
    """Holds (key, class, pixels) in order against what the dataset has; pixels may differ by `limit` levels, and by half a level on average."""
    wanted, complaints, widest, mean = of_split[split], [], 0, 0
    if len(found) != len(wanted):
        complaints.append(f"{len(found)} pictures, {len(wanted)} wanted")
    if [key for key, _, _ in found] != order_of(out, split):
        complaints.append("another order than the index")
    for key, label, picture in found:
        if key not in wanted:
            complaints.append(f"{key} is of another split or none")
            continue
        if label != wanted[key]["class"]:
            complaints.append(f"{key} has class {label}, {wanted[key]['class']} wanted")
        own = pixels(stored(key))
        difference = numpy.abs(own - picture) if own.shape == picture.shape else numpy.array([999])
        widest, mean = max(widest, int(difference.max())), max(mean, difference.mean())
    if widest > limit or mean > limit / 6:
        complaints.append(f"pixels differ by {widest}, {mean:.3f} on average")
    say(what, split, complaints, len(found), f"pixels within {widest}, {mean:.3f} on average  ")


def check(what, got, wanted):
    """Fails unless two lists are the same."""
    if got != wanted:
        say(what, "", [f"got {got}, wanted {wanted}"], 0)


def imagefolder(out):
    for split in of_split:
        reader = torchvision.datasets.ImageFolder(out / split, allow_empty=True)
        check("torchvision classes", reader.classes, folders)
        found = [(pathlib.Path(path).stem, label, pixels(reader.loader(path))) for path, label in reader.samples]
        compare("imagefolder, torchvision", out, split, found)
        if len({row["class"] for row in of_split[split].values()}) < len(classes):
            try:
                torchvision.datasets.ImageFolder(out / split)
                say("torchvision without a word", split, ["numbered the classes anew"], 0)
            except FileNotFoundError:
                pass
    loaded = load("imagefolder", out)
    for split, part in parts(loaded):
        check("datasets names", part.features["label"].names, labels)
        found = [(row["id"], row["label"], pixels(row["image"])) for row in part]
        compare("imagefolder, datasets", out, split, found)
        facts("imagefolder, datasets", split, part)


def load(what, out):
    """Loads a folder by its card and sees that it has the splits that the dataset has, and no other."""
    loaded = datasets.load_dataset(str(out))
    check(f"{what} splits", sorted(loaded), sorted(READER_NAMES[split] for split in of_split))
    return loaded


def parts(loaded):
    return [(split, loaded[READER_NAMES[split]]) for split in of_split]


def facts(what, split, part):
    """What is said of each picture is what the dataset says."""
    complaints = []
    for row in part:
        own = of_split[split][row["id"]]
        said = {"url": own["url"], "width": own["width"], "sha256": own["sha256"], "group": own["group"], "title": own["provenance"].get("title") or "", "license": own["provenance"].get("license") or ""}
        complaints += [f"{row['id']} says {name} {row[name]!r}" for name, value in said.items() if row[name] != value]
    say(f"{what}, facts", split, complaints, len(part))


def parquet(out):
    for split, part in parts(load("parquet", out)):
        check("parquet names", part.features["label"].names, labels)
        compare("parquet, datasets", out, split, [(row["id"], row["label"], pixels(row["image"])) for row in part])
        facts("parquet, datasets", split, part)
    for split in of_split:
        # By the files' own metadata, without the card.
        files = sorted(map(str, (out / "data").glob(f"{READER_NAMES[split]}-*.parquet")))
        part = datasets.Dataset.from_parquet(files)
        check("parquet names without a card", part.features["label"].names, labels)
        raw = part.cast_column("image", datasets.Image(decode=False))
        say("parquet, bytes", split, [row["id"] for row in raw if row["image"]["bytes"] != stored(row["id"])], len(raw))


def shards(out):
    for split in of_split:
        urls = sorted(map(str, out.glob(f"{split}-*.tar")))
        reader = webdataset.WebDataset(urls, shardshuffle=False).decode("pil").to_tuple("__key__", "cls", "jpg", "json")
        found = list(reader)
        compare("webdataset", out, split, [(key, label, pixels(picture)) for key, label, picture, _ in found])
        say("webdataset, json", split, [key for key, label, _, told in found if (told["id"], told["label"]) != (key, label)], len(found))
    for split, part in parts(load("webdataset", out)):
        check("webdataset names", part.features["cls"].names, labels)
        compare("webdataset, datasets", out, split, [(row["__key__"], row["cls"], pixels(row["jpg"])) for row in part])
        facts("webdataset, datasets", split, [row["json"] for row in part])


def records(what, out, split, pairs, encoded):
    """Holds Caffe's records against the lists and the dataset."""
    found, complaints = [], []
    listed = (out / f"{split}.txt").read_text().splitlines()
    for place, (key, value) in enumerate(pairs):
        record = datum.Datum.FromString(value)
        path = key.decode().split("_", 1)[1]
        if key.decode() != f"{place:08d}_{path}" or listed[place] != f"{path} {record.label}":
            complaints.append(f"{key} at place {place}")
        name = pathlib.PurePosixPath(path).stem
        if encoded:
            if record.data != stored(name) or not record.encoded:
                complaints.append(f"{key} has other bytes")
            picture = pixels(record.data)
        else:
            planes = numpy.frombuffer(record.data, "uint8").reshape(record.channels, record.height, record.width)
            picture = planes[::-1].transpose(1, 2, 0).astype(int)
        found.append((name, record.label, picture))
    say(f"{what}, keys and list", split, complaints, len(found))
    # Two JPEG decoders may round each of Y, Cb and Cr to another level; blue, which is Y + 1.772 Cb, then differs by up to 3.
    compare(what, out, split, found, limit=0 if encoded else 3)


def caffe(out, kind, encoded):
    check(f"{kind} labels", (out / "labels.txt").read_text().splitlines(), labels)
    for split in of_split:
        folder = out / f"{split}_{kind}"
        if kind == "lmdb":
            with lmdb.open(str(folder), readonly=True, lock=False) as table, table.begin() as view:
                pairs = list(view.cursor())
                check("lmdb entries", view.stat()["entries"], len(pairs))
                missing = [key for key, value in pairs if view.get(key) != value]
        else:
            # Opening writes to the folder.
            with tempfile.TemporaryDirectory() as scrap:
                copy = shutil.copytree(folder, pathlib.Path(scrap) / "db")
                with plyvel.DB(str(copy), paranoid_checks=True) as table:
                    pairs = list(table.iterator(verify_checksums=True))
                    missing = [key for key, value in pairs if table.get(key) != value]
        say(f"{out.name}, by key", split, [str(key) for key in missing], len(pairs))
        records(out.name, out, split, pairs, encoded)


for folder in sorted(exports.iterdir()):
    check(f"{folder.name} classes", json.loads((folder / "classes.json").read_text()), classes)
imagefolder(exports / "imagefolder")
parquet(exports / "parquet")
shards(exports / "webdataset")
for kind in ("lmdb", "leveldb"):
    caffe(exports / kind, kind, False)
    caffe(exports / f"{kind}-encoded", kind, True)
sys.exit(1 if bad else 0)
