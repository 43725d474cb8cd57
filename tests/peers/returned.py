"""Holds datasets that came back by `trawl import` against the one that they were made of. See run.sh."""
import collections
import json
import pathlib
import sys

original, *others = (pathlib.Path(path) for path in sys.argv[1:])


def rows(root, with_id):
    lines = map(json.loads, (root / "index.jsonl").read_text().splitlines())
    return collections.Counter((line["id"] if with_id else "", line["label"], line["split"]) for line in lines)


bad = 0
for root in others:
    # Bare pixels have the ids of the pixels as they are, not of those before they were coded.
    with_id = "raw" not in root.name
    same = rows(root, with_id) == rows(original, with_id)
    bad += not same
    print(f"{'ok  ' if same else 'BAD '} import of {root.name:22} {sum(rows(root, False).values()):5} pictures, {'ids, ' if with_id else ''}labels, splits")
sys.exit(1 if bad else 0)
