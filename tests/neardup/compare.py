"""Compares trawl's near-duplicates with imagededup's pHash and dHash on one set of originals and edits.

usage: compare.py SET EXAMPLE [DUPLICATES]     SET is a folder of pictures.py, EXAMPLE the built near_duplicates program, DUPLICATES
lists which originals are one picture, a group of numbers a line

Recall of an edit: the share of originals linked to their edited copy. Precision: the share of all linked pairs, edits among each
other included, whose originals are one picture. Every pair of pictures of the set is compared. imagededup's hashes have
no orientations, therefore its recall of mirrored and rotated copies is what chance gives. CPU seconds are for hashing alone, trawl's
with all that a download goes through.
"""

import collections
import pathlib
import resource
import subprocess
import sys
import time

import numpy as np
from imagededup.methods import DHash, PHash

FALSE_SHOWN = 12


def number(name):
    return int(name.split("/")[1][:4])


def edit(name):
    return name.split("/")[0]


class Truth:
    """Which originals are one picture."""

    def __init__(self, path):
        self.group = {}
        for line in pathlib.Path(path).read_text().splitlines() if path else []:
            if line and not line.startswith("#"):
                members = [int(n) for n in line.split()]
                self.group.update(dict.fromkeys(members, members[0]))

    def same(self, a, b):
        return self.group.get(a, a) == self.group.get(b, b)


class Score:
    """Linked pairs of one method, counted."""

    def __init__(self, name):
        self.name, self.pairs, self.false = name, 0, collections.Counter()
        self.found = collections.Counter()

    def link(self, a, b, truth):
        self.pairs += 1
        na, nb = number(a), number(b)
        if na == nb:
            if edit(a) == "original":
                self.found[edit(b)] += 1
            elif edit(b) == "original":
                self.found[edit(a)] += 1
        elif not truth.same(na, nb):
            self.false[(min(na, nb), max(na, nb))] += 1

    @property
    def precision(self):
        return 1 - self.false.total() / max(self.pairs, 1)


def of_trawl(folder, example, truth):
    """Scores of the steps of trawl's rule, each with all before it, and of the whole as datasets are made with it."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.time()
    run = subprocess.run([example, folder], capture_output=True, text=True, check=True)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(run.stderr.strip())
    print(f"trawl: {used.ru_utime - before.ru_utime:.0f} CPU s in all, {time.time() - start:.0f} s on the clock")
    scores = [
        Score("whole PDQ <= 31"),
        Score("and <= 60 confirmed"),
        Score("and crops <= 60 confirmed"),
        Score("and parts <= 60 confirmed"),
    ]
    product = Score("the same, only of quality >= 50: what datasets do")
    first = {"near": 0, "confirmed": 1, "crop": 2, "part": 3}
    for line in run.stdout.splitlines():
        a, b, rule, _, quality = line.split("\t")
        for score in scores[first[rule] :] + ([product] if int(quality) >= 50 else []):
            score.link(a, b, truth)
    scores.append(product)
    return scores


def of_imagededup(folder, names, method, limits, truth):
    encoder = method(verbose=False)
    start = time.process_time()
    codes = [encoder.encode_image(image_file=f"{folder}/{name}") for name in names]
    print(f"imagededup {method.__name__}: {time.process_time() - start:.0f} CPU s to hash")
    codes = np.array([int(code, 16) for code in codes], dtype=np.uint64)
    scores = [(limit, Score(f"{method.__name__} <= {limit}")) for limit in limits]
    for at in range(1, len(names)):
        distances = np.bitwise_count(codes[:at] ^ codes[at])
        for other in np.flatnonzero(distances <= max(limits)):
            for limit, score in scores:
                if distances[other] <= limit:
                    score.link(names[at], names[other], truth)
    return [score for _, score in scores]


def table(scores, edits, originals):
    heads = ["31", "60conf", "+crop", "+part", "q50", "pH10", "pH4", "dH10", "dH4"]
    print(f"{'':34}" + "".join(f"{head:>8}" for head in heads))
    for name in edits:
        print(f"{name:34}" + "".join(f"{score.found[name] / originals:8.3f}" for score in scores))
    print(f"{'precision':34}" + "".join(f"{score.precision:8.5f}" for score in scores))
    print(f"{'linked pairs':34}" + "".join(f"{score.pairs:8}" for score in scores))
    print(f"{'false pairs':34}" + "".join(f"{score.false.total():8}" for score in scores))
    for head, score in zip(heads, scores):
        print(f"{head}: {score.name}; false originals {dict(score.false.most_common(FALSE_SHOWN))}")


def main():
    folder, example = sys.argv[1:3]
    truth = Truth(sys.argv[3] if len(sys.argv) > 3 else None)
    root = pathlib.Path(folder)
    names = sorted(f"{path.parent.name}/{path.name}" for path in root.glob("*/*"))
    originals = sum(edit(name) == "original" for name in names)
    edits = sorted({edit(name) for name in names} - {"original"}, key=lambda name: (name.startswith("and-"), name))
    print(f"{root.name}: {originals} originals, {len(names)} pictures, {len(names) * (len(names) - 1) // 2} pairs")
    scores = of_trawl(folder, example, truth)
    for method in (PHash, DHash):
        scores += of_imagededup(folder, names, method, (10, 4), truth)
    table(scores, edits, originals)


if __name__ == "__main__":
    main()
