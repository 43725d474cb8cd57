"""Writes a dataset's pictures with the real writers, so that `trawl import` has something that is not of its own making. See run.sh."""
import collections
import io
import json
import pathlib
import sys

import datasets
import lmdb
import numpy
import plyvel
import webdataset
from PIL import Image

import datum

root, to = (pathlib.Path(path).resolve() for path in sys.argv[1:3])
classes = json.loads((root / "classes.json").read_text())
labels = [c["label"] for c in classes]
splits = collections.defaultdict(list)
for line in (root / "index.jsonl").read_text().splitlines():
    row = json.loads(line)
    splits[row["split"]].append((row["id"], row["class"], (root / "objects" / row["id"][:2] / f"{row['id']}.jpg").read_bytes()))

# datasets: features in the metadata of the files, several row groups.
features = datasets.Features({"image": datasets.Image(), "label": datasets.ClassLabel(names=labels)})
(to / "parquet/data").mkdir(parents=True)
for split, rows in splits.items():
    part = datasets.Dataset.from_dict({"image": [{"bytes": data, "path": f"{key}.jpg"} for key, _, data in rows], "label": [c for _, c, _ in rows]}, features=features)
    part.to_parquet(str(to / f"parquet/data/{split}-00000-of-00001.parquet"), batch_size=10)

# webdataset, with the class names beside it.
(to / "webdataset").mkdir()
(to / "webdataset/classes.json").write_text(json.dumps(labels))
for split, rows in splits.items():
    with webdataset.ShardWriter(str(to / f"webdataset/x-{split}-%04d.tar"), maxcount=30, verbose=0) as shards:
        for key, label, data in rows:
            shards.write({"__key__": f"folder.{split}/{key}", "jpg": data, "cls": label, "json": {"w": 1}})

# What convert_imageset does, in both databases; its pictures encoded in one, raw in the other.
for kind, encoded in (("lmdb", True), ("lmdb-raw", False), ("leveldb", True), ("leveldb-log", True)):
    folder = to / kind
    folder.mkdir()
    (folder / "labels.txt").write_text("".join(f"{label}\n" for label in labels))
    for split, rows in splits.items():
        pairs = []
        for place, (key, label, data) in enumerate(rows):
            record = datum.Datum(label=label, encoded=encoded)
            if encoded:
                record.data = data
            else:
                pixels = numpy.asarray(Image.open(io.BytesIO(data)))
                record.channels, record.height, record.width = 3, *pixels.shape[:2]
                record.data = numpy.ascontiguousarray(pixels[:, :, ::-1].transpose(2, 0, 1)).tobytes()
            pairs.append((f"{place:08d}_x/{key}.jpg".encode(), record.SerializeToString()))
        if kind.startswith("lmdb"):
            with lmdb.open(str(folder / f"{split}_lmdb"), map_size=1 << 30) as table:
                for at in range(0, len(pairs), 40):
                    with table.begin(write=True) as change:
                        for key, value in pairs[at:at + 40]:
                            change.put(key, value)
        else:
            # A small buffer makes tables on several levels, a large one leaves all in the log.
            buffer = 1 << 28 if kind == "leveldb-log" else 1 << 16
            with plyvel.DB(str(folder / f"{split}_leveldb"), create_if_missing=True, write_buffer_size=buffer, block_size=1 << 16) as table:
                for key, value in pairs:
                    table.put(key, b"an older value")
                with table.write_batch() as batch:
                    for key, value in pairs:
                        batch.put(key, value)
                table.put(b"99999999_x/gone.jpg", pairs[0][1])
                table.delete(b"99999999_x/gone.jpg")
