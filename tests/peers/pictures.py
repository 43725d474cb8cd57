"""Makes folders of pictures, two of no class alike, under names that readers stumble over. See run.sh."""
import pathlib
import sys

import numpy
from PIL import Image

# Split words and words with them, dots, spaces, reserved and hidden names, twins but for case, other scripts.
NAMES = ["train", "test", "test tube", "bullet train", "dev board", "val", "a.b.c", "x.jpg", "CON", "Owl", "owl", "-dash", "été", "猫头鹰", "🦉", "[a] {b}", "0", "null", "yes: no", "__init__"]
FEW = "🦉"

root = pathlib.Path(sys.argv[1])
for number, name in enumerate(NAMES):
    (root / name).mkdir(parents=True)
    for picture in range(2 if name == FEW else 8):
        random = numpy.random.default_rng(1000 * number + picture)
        y, x = numpy.mgrid[0:200, 0:260] / 200
        planes = []
        for _ in range(3):
            waves = random.uniform(-7, 7, (12, 2))
            phases, heights = random.uniform(0, 6.3, 12), random.uniform(0, 1, 12)
            plane = sum(h * numpy.cos(6.28 * (a * x + b * y) + p) for (a, b), p, h in zip(waves, phases, heights))
            planes.append(numpy.clip(128 + 30 * plane, 0, 255))
        pixels = numpy.stack(planes, axis=-1).astype("uint8")
        Image.fromarray(pixels).save(root / name / f"{picture}.png")
