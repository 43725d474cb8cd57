"""Compares pictures as the classifier sees them with what Pillow makes of the same files.

usage: python compare.py VIEWS LOG       with the folder of `decode_corpus --views VIEWS` and its output

Prints files whose pixels differ by more than 3 grey levels on average, and files that only one of the two opens.
"""

import io
import sys
import warnings
from pathlib import Path

import numpy
from PIL import Image, ImageCms, ImageFile, ImageOps

warnings.simplefilter("ignore")
ImageFile.LOAD_TRUNCATED_IMAGES = False
Image.MAX_IMAGE_PIXELS = 16_000_000
READ = {"JPEG", "MPO", "PNG", "GIF", "WEBP", "BMP", "DIB", "TIFF"}


def srgb(image):
    icc = image.info.get("icc_profile")
    if image.mode in ("P", "PA"):
        image = image.convert("RGBA")
    if image.mode == "1":
        image = image.convert("L")
    alpha = None
    if "transparency" in image.info and image.mode in ("L", "RGB"):
        image = image.convert("LA" if image.mode == "L" else "RGBA")
    if image.mode in ("LA", "RGBA", "La", "RGBa"):
        image = image.convert("RGBA" if "RGB" in image.mode else "LA")
        alpha = image.getchannel("A")
        image = image.convert(image.mode[:-1])
    if image.mode.startswith("I;16") or image.mode == "I":
        image = Image.fromarray((numpy.array(image).astype(float) / 257 + 0.5).clip(0, 255).astype(numpy.uint8))
    if icc and image.mode in ("L", "RGB", "CMYK"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(icc))
            space = source.profile.xcolor_space.strip()
            if space == "RGB" and image.mode == "L":
                image = image.convert("RGB")
            image = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except Exception:
            pass
    image = image.convert("RGB")
    if alpha is not None:
        image = Image.composite(image, Image.new("RGB", image.size, "white"), alpha)
    return image


def view(path):
    with Image.open(path) as image:
        kind = image.format
        if kind not in READ:
            return kind, None
        image.load()
        orientation = image.getexif().get(0x0112)
        if isinstance(image, Image.Image) and image.format == "GIF":
            image = image.convert("RGBA")
        image = srgb(image)
        turn = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}.get(orientation)
        if turn is not None:
            image = image.transpose(Image.Transpose(turn))
    width, height = image.size
    size = (256, 256 * height // width) if width <= height else (256 * width // height, 256)
    image = image.resize(size, Image.Resampling.BILINEAR)
    left, top = round((image.width - 224) / 2), round((image.height - 224) / 2)
    return kind, numpy.array(image.crop((left, top, left + 224, top + 224)))


def main():
    views, log = Path(sys.argv[1]), Path(sys.argv[2])
    compared, differ, only_pillow, only_here = 0, [], [], []
    for line in log.read_text(errors="replace").splitlines():
        parts = line.split("\t")
        if len(parts) < 4:
            continue
        outcome, _, name, detail = parts[:4]
        ours = views / name.replace("/", "%")
        try:
            kind, theirs = view(name)
        except Exception as error:
            kind, theirs = type(error).__name__, None
        if ours.exists() and theirs is not None:
            compared += 1
            mine = numpy.frombuffer(ours.read_bytes(), numpy.uint8).reshape(224, 224, 3)
            mean = numpy.abs(mine.astype(int) - theirs).mean()
            if mean > 3:
                differ.append((mean, kind, name, detail))
        elif theirs is not None:
            only_pillow.append((kind, name, outcome, detail))
        elif ours.exists():
            only_here.append((kind, name))
    print(f"{compared} compared, {len(differ)} differ by more than 3 grey levels on average")
    for mean, kind, name, detail in sorted(differ, reverse=True):
        print(f"  {mean:6.1f}  {kind}  {name}  {detail}")
    print(f"{len(only_pillow)} opened by Pillow alone")
    for kind, name, outcome, detail in only_pillow:
        print(f"  {kind}  {name}  {outcome}: {detail}")
    print(f"{len(only_here)} opened here alone")
    for kind, name in only_here:
        print(f"  {kind}  {name}")


main()
