"""Makes the two sets of pictures: photographs out of packages, drawings out of the gallery, each with its edited copies.

usage: pictures.py RAW GALLERY OUT     RAW holds the unpacked packages, one folder each, as run.sh lays them out

Photographs are those of photographs.tsv that lie in RAW with the digest listed there; a package of another version may lack some,
which is said. They are brought to a long side of at most 512 pixels, as pictures of web pages are, and kept as JPEG of quality 95; transparent
ones are laid over white. Every edit begins with that picture, decoded, and ends in a file: OUT/<set>/<edit>/<number>.jpg or .webp.
"""

import hashlib
import io
import multiprocessing
import os
import pathlib
import random
import re
import sys

from PIL import Image, ImageDraw, ImageEnhance, ImageFont

LONG_SIDE = 512
HERE = pathlib.Path(__file__).parent


def bordered(fractions):
    """Cuts these fractions of width or height off the left, top, right and bottom."""

    def edit(picture, _):
        (w, h), (left, top, right, bottom) = picture.size, fractions
        return picture.crop((round(w * left), round(h * top), w - round(w * right), h - round(h * bottom)))

    return edit


def cornered(picture, rng):
    """Cuts 5 % of width and height off at one corner."""
    left, top = rng.choice([0, 0.05]), rng.choice([0, 0.05])
    return bordered((left, top, 0.05 - left, 0.05 - top))(picture, rng)


def scaled(factor):
    def edit(picture, _):
        size = [max(1, round(side * factor)) for side in picture.size]
        return picture.resize(size, Image.Resampling.BICUBIC)

    return edit


def corner(picture, size, rng):
    """Where a box of this size goes: near a corner, 2 % off the borders."""
    (w, h), (bw, bh) = picture.size, size
    x = rng.choice([round(w * 0.02), w - bw - round(w * 0.02)])
    y = rng.choice([round(h * 0.02), h - bh - round(h * 0.02)])
    return x, y


def logo(picture, rng):
    """An opaque badge over 6 % of the area."""
    out, (w, h) = picture.copy(), picture.size
    bw, bh = round(w * 0.30), round(h * 0.20)
    x, y = corner(picture, (bw, bh), rng)
    draw = ImageDraw.Draw(out)
    ground, ink = rng.choice([("white", "navy"), ("black", "white"), ("crimson", "white"), ("gold", "black")])
    draw.rectangle((x, y, x + bw, y + bh), fill=ground)
    draw.ellipse((x + bh * 0.1, y + bh * 0.1, x + bh * 0.9, y + bh * 0.9), fill=ink)
    draw.text((x + bh, y + bh * 0.25), "photo", fill=ink, font=ImageFont.load_default(max(8, bh * 0.5)))
    return out


def watermark(picture, rng):
    """White text at 55 % over 8 % of the area."""
    (w, h), layer = picture.size, Image.new("RGBA", picture.size, (255, 255, 255, 0))
    bw, bh = round(w * 0.50), round(h * 0.16)
    x, y = corner(picture, (bw, bh), rng)
    font = ImageFont.load_default(max(8, min(bh * 0.8, bw / 6)))
    ImageDraw.Draw(layer).text((x, y), "© sample.org", fill=(255, 255, 255, 140), font=font)
    return Image.alpha_composite(picture.convert("RGBA"), layer).convert("RGB")


def enhanced(kind, factor):
    return lambda picture, _: kind(picture).enhance(factor)


def turned(how):
    return lambda picture, _: picture.transpose(how)


def chained(*edits):
    def edit(picture, rng):
        for step in edits:
            picture = step(picture, rng)
        return picture

    return edit


def same(picture, _):
    return picture


HALF, FULL = bordered((0.025,) * 4), bordered((0.05,) * 4)
TURN = Image.Transpose
# Name: what is done, JPEG or WebP, at which quality. Edits whose name begins with "and" are more than the criterion asks for.
EDITS = {
    "resize-0.3": (scaled(0.3), "JPEG", 90),
    "resize-0.5": (scaled(0.5), "JPEG", 90),
    "resize-0.75": (scaled(0.75), "JPEG", 90),
    "resize-1.5": (scaled(1.5), "JPEG", 90),
    "resize-2": (scaled(2.0), "JPEG", 90),
    "jpeg-40": (same, "JPEG", 40),
    "jpeg-60": (same, "JPEG", 60),
    "jpeg-75": (same, "JPEG", 75),
    "jpeg-95": (same, "JPEG", 95),
    "webp-60": (same, "WEBP", 60),
    "webp-80": (same, "WEBP", 80),
    "brightness-80": (enhanced(ImageEnhance.Brightness, 0.8), "JPEG", 90),
    "brightness-120": (enhanced(ImageEnhance.Brightness, 1.2), "JPEG", 90),
    "contrast-80": (enhanced(ImageEnhance.Contrast, 0.8), "JPEG", 90),
    "contrast-120": (enhanced(ImageEnhance.Contrast, 1.2), "JPEG", 90),
    "crop-2.5-each-border": (HALF, "JPEG", 90),
    "crop-5-at-corner": (cornered, "JPEG", 90),
    "crop-5-each-border": (FULL, "JPEG", 90),
    "logo-opaque": (logo, "JPEG", 90),
    "logo-text": (watermark, "JPEG", 90),
    "mirror": (turned(TURN.FLIP_LEFT_RIGHT), "JPEG", 90),
    "flip": (turned(TURN.FLIP_TOP_BOTTOM), "JPEG", 90),
    "rotate-90": (turned(TURN.ROTATE_90), "JPEG", 90),
    "rotate-180": (turned(TURN.ROTATE_180), "JPEG", 90),
    "rotate-270": (turned(TURN.ROTATE_270), "JPEG", 90),
    "and-crop-2.5-resize-0.5-q60": (chained(HALF, scaled(0.5)), "JPEG", 60),
    "and-mirror-crop-5-at-corner": (chained(cornered, turned(TURN.FLIP_LEFT_RIGHT)), "JPEG", 90),
    "and-crop-2.5-logo-opaque": (chained(HALF, logo), "JPEG", 90),
    "and-rotate-90-crop-5-each-border": (chained(FULL, turned(TURN.ROTATE_90)), "JPEG", 90),
}


def opened(data):
    """The picture over white, as RGB, at most 512 pixels long."""
    picture = Image.open(io.BytesIO(data))
    if picture.mode in ("P", "PA", "LA", "RGBA"):
        picture = picture.convert("RGBA")
        ground = Image.new("RGBA", picture.size, "white")
        ground.alpha_composite(picture)
        picture = ground
    picture = picture.convert("RGB")
    picture.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS)
    return picture


def write(job):
    number, data, out = job
    picture = opened(data)
    whole = out / "original" / f"{number:04}.jpg"
    picture.save(whole, "JPEG", quality=95)
    picture = Image.open(whole).convert("RGB")
    for name, (edit, form, quality) in EDITS.items():
        rng = random.Random(f"{name} {number}")
        path = out / name / f"{number:04}.{'jpg' if form == 'JPEG' else 'webp'}"
        edit(picture, rng).save(path, form, quality=quality)


def embedded(data):
    """The WebP pictures in a Qt resource file, which keeps them as they are."""
    for found in re.finditer(rb"RIFF(....)WEBP", data, re.DOTALL):
        yield data[found.start() : found.start() + 8 + int.from_bytes(found.group(1), "little")]


def photographs(raw):
    """Number and bytes of each listed photograph that is there."""
    rows = [line.split("\t") for line in (HERE / "photographs.tsv").read_text().splitlines() if not line.startswith("#")]
    have = {}
    for package, path in dict.fromkeys((package, path) for _, package, path, _ in rows):
        file = raw / package / path
        if file.is_file():
            data = file.read_bytes()
            for part in embedded(data) if file.suffix == ".rcc" else [data]:
                have[hashlib.sha256(part).hexdigest()[:16]] = part
    missing = sum(digest not in have for *_, digest in rows)
    if missing:
        print(f"{missing} of {len(rows)} listed photographs are not in these versions of the packages", file=sys.stderr)
    return [(int(number), have[digest]) for number, _, _, digest in rows if digest in have]


def drawings(gallery):
    files = sorted(p for p in gallery.rglob("*") if p.suffix.lower() in (".jpg", ".png", ".webp", ".gif"))
    return [(number, path.read_bytes()) for number, path in enumerate(files)]


def main():
    raw, gallery, out = map(pathlib.Path, sys.argv[1:4])
    for name, pictures in (("photographs", photographs(raw)), ("drawings", drawings(gallery))):
        folder = out / name
        for edit in ("original", *EDITS):
            (folder / edit).mkdir(parents=True, exist_ok=True)
        jobs = [(number, data, folder) for number, data in pictures if not (folder / "original" / f"{number:04}.jpg").exists()]
        with multiprocessing.Pool(min(2, os.cpu_count() or 1)) as pool:
            for _ in pool.imap_unordered(write, jobs, chunksize=8):
                pass
        print(f"{name}: {len(pictures)} pictures, {len(EDITS)} edits of each")


if __name__ == "__main__":
    main()
