"""Makes folders of pictures for reports to be looked at: names, copies, faults and pictures that several names show. See run.sh.

Patterns are random blots and shapes, so that no two are alike unless they are meant to be; the same count gives the same files.
"""
import io
import multiprocessing
import pathlib
import random
import sys

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

# Plain ones, and what layouts stumble over: other scripts, right to left, spaces, marks that mean something to HTML or to a path.
NAMES = ["owl", "grey heron", "猫头鹰", "<b>&amp; \"quoted\"", "طائر البوم", "C++ & C#", "a name that is a good deal longer than the others and has no end",
         "Donaudampfschifffahrtsgesellschaftskapitänsmütze", "bird", "insect", "flower", "fruit", "flag", "house", "vehicle", "mammal",
         "fish", "lamp", "bridge", "mountain"]


def pattern(seed):
    """A picture that is like no other: soft blots of colour under shapes with sharp edges."""
    chance = random.Random(seed)
    width, height = chance.choice([(240, 180), (180, 240), (224, 224), (320, 200), (160, 150), (400, 300)])
    blots = Image.frombytes("RGB", (9, 9), chance.randbytes(243))
    picture = blots.resize((width, height), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(picture)
    for _ in range(24):
        x, y = chance.randrange(width), chance.randrange(height)
        box = (x, y, x + chance.randrange(8, width // 3), y + chance.randrange(8, height // 3))
        colour = tuple(chance.randrange(256) for _ in range(3))
        (draw.ellipse if chance.random() < 0.5 else draw.rectangle)(box, fill=colour)
    return picture


def encoded(picture, quality=82):
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return out.getvalue()


def content(seed, place):
    """The bytes of a picture; its place in the folder decides whether something is wrong with it."""
    if place % 40 == 7:
        return encoded(ImageEnhance.Brightness(pattern(seed - 1)).enhance(0.9), 60)
    if place % 40 == 8:
        # The third of its kind, and the largest.
        first = pattern(seed - 2)
        return encoded(first.resize((first.width * 2, first.height * 2)))
    picture = pattern(seed)
    match place % 50:
        case 13:
            return encoded(picture.point(lambda level: level // 12))
        case 23:
            return encoded(picture.filter(ImageFilter.GaussianBlur(6)))
        case 33:
            return encoded(picture)[:-900]
        case 43:
            return encoded(picture.resize((240, 40)))
        case 47:
            return b"<!doctype html><title>gone</title>"
    return encoded(picture)


def fill(job):
    folder, number, count = job
    folder.mkdir(parents=True)
    for place in range(count):
        seed = number * 1_000_000 + place
        # What two names show, and what all do.
        if place % 100 == 9 and number % 2:
            seed -= 1_000_000
        if place == 5:
            seed = 5
        (folder / f"{place:06}.jpg").write_bytes(content(seed, place))


if __name__ == "__main__":
    out, count = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    names = NAMES[: max(3, min(len(NAMES), count // 10))]
    jobs = [(out / name.replace("/", "-"), number, count // len(names)) for number, name in enumerate(names)]
    with multiprocessing.Pool() as pool:
        pool.map(fill, jobs, chunksize=1)
