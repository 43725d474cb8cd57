"""Compares what torchvision and Hugging Face datasets read with what the dataset says of itself. See run.sh."""
import collections
import json
import pathlib
import sys

import datasets
import torchvision

root = pathlib.Path(sys.argv[1]).resolve()
classes = sorted(json.loads((root / "classes.json").read_text()), key=lambda c: c["index"])
folders = [c["folder"] for c in classes]
rows = [json.loads(line) for line in (root / "index.jsonl").read_text().splitlines()]
own = collections.Counter((row["split"], row["label"]) for row in rows)
by_label = {c["label"]: c["index"] for c in classes}
bad = 0


def compare(reader, split, counts):
    """Checks one reader's counts by class index against the index."""
    global bad
    wanted = collections.Counter()
    for (s, label), n in own.items():
        if s == split:
            wanted[by_label[label]] = n
    ok = dict(wanted) == dict(counts)
    bad += not ok
    print(f"{'ok  ' if ok else 'BAD '} {reader:12} {split:6} {sum(counts.values()):5} pictures, {len(counts)} classes" + ("" if ok else f", wanted {dict(wanted)}, got {dict(counts)}"))


for split in ("train", "val", "test"):
    folder = torchvision.datasets.ImageFolder(root / "images" / split, allow_empty=True)
    # A view has no folder for a class without pictures there, as its card says; exports have.
    there = [name for name in folders if (root / "images" / split / name).is_dir()]
    assert folder.classes == there, (folder.classes, there)
    compare("torchvision", split, collections.Counter(folders.index(there[label]) for _, label in folder.samples))
    picture, _ = folder[0]
    assert picture.size[0] == picture.size[1], picture.size

loaded = datasets.load_dataset(str(root))
assert set(loaded) == {"train", "validation", "test"}, set(loaded)
for split, name in (("train", "train"), ("val", "validation"), ("test", "test")):
    part = loaded[name]
    assert part.features["label"].names == folders, part.features
    compare("datasets", split, collections.Counter(part["label"]))
    assert part[0]["image"].size[0] == part[0]["image"].size[1]
sys.exit(1 if bad else 0)
