"""Pictures that a codec for photographs is bad at, drawn from a seed.

They are text, charts, line art, noise, pure colours, screens and patterns.

    for name, pixels in hard_cases(seed): ...     # pixels: (height, width, 3) of uint8

Every kind is a function of a random generator and a size. The same seed gives the same pictures where Pillow and the
fonts are the same.
"""

import glob
import string

import numpy as np
from PIL import Image, ImageDraw, ImageFont

FONTS = sorted(glob.glob("/usr/share/fonts/truetype/dejavu/DejaVu*.ttf"))


def colour(random, saturated=False):
    """Any colour; a saturated one has a channel at each end."""
    values = random.integers(0, 256, 3)
    if saturated:
        low, high = random.permutation(3)[:2]
        values[low], values[high] = 0, 255
    return tuple(int(v) for v in values)


def contrasting(random):
    """Paper and ink: half of the time black on white or white on black, else colours whose luma is far apart."""
    if random.random() < 0.5:
        return ((255, 255, 255), (0, 0, 0)) if random.random() < 0.7 else ((0, 0, 0), (255, 255, 255))
    while True:
        paper, ink = colour(random), colour(random, saturated=True)
        if abs(np.dot(np.subtract(paper, ink), (0.299, 0.587, 0.114))) > 90:
            return paper, ink


def word(random):
    letters = list(string.ascii_lowercase) if random.random() < 0.8 else list(string.digits + string.ascii_uppercase)
    return "".join(random.choice(letters, random.integers(2, 10)))


def font(random, low=8, high=36):
    return ImageFont.truetype(str(random.choice(FONTS)), int(random.integers(low, high)))


def write_lines(random, draw, box, ink, face):
    """Fills a box with lines of words."""
    left, top, right, bottom = box
    height = face.size * 1.3
    while top + height < bottom:
        line = word(random)
        while draw.textlength(line, face) < right - left:
            line += " " + word(random)
        draw.text((left, top), line, ink, face)
        top += height


def text(random, size):
    paper, ink = contrasting(random)
    image = Image.new("RGB", size, paper)
    write_lines(random, ImageDraw.Draw(image), (6, 4, size[0], size[1]), ink, font(random))
    return image


def mixed_text(random, size):
    """Paragraphs of several sizes and colours on one paper."""
    paper, _ = contrasting(random)
    image = Image.new("RGB", size, paper)
    draw = ImageDraw.Draw(image)
    top = 4
    while top < size[1]:
        face = font(random)
        height = int(face.size * 1.3 * random.integers(1, 4)) + 2
        write_lines(random, draw, (6, top, size[0], top + height), colour(random, saturated=True), face)
        top += height
    return image


def chart(random, size):
    width, height = size
    image = Image.new("RGB", size, (255, 255, 255))
    draw = ImageDraw.Draw(image)
    face = font(random, 9, 14)
    left, bottom = 34, height - 22
    for y in range(8, bottom, int(random.integers(16, 40))):
        draw.line((left, y, width - 6, y), (210, 210, 210))
        draw.text((4, y - 6), str(random.integers(0, 999)), (60, 60, 60), face)
    if random.random() < 0.5:
        step = int(random.integers(10, 34))
        for x in range(left + 6, width - step, step):
            draw.rectangle(
                (x, int(random.integers(10, bottom - 4)), x + step * 2 // 3, bottom), colour(random, saturated=True)
            )
    else:
        for _ in range(random.integers(2, 6)):
            xs = np.arange(left, width - 6, int(random.integers(4, 24)))
            ys = np.clip(np.cumsum(random.normal(0, 12, len(xs))) + height / 2, 8, bottom)
            draw.line(
                [(int(x), int(y)) for x, y in zip(xs, ys)], colour(random, saturated=True), int(random.integers(1, 3))
            )
    draw.line((left, 6, left, bottom, width - 6, bottom), (0, 0, 0))
    return image


def line_art(random, size):
    paper, ink = contrasting(random)
    scale = int(random.choice([1, 3]))  # 3: drawn larger and reduced, which smooths the edges
    image = Image.new("RGB", (size[0] * scale, size[1] * scale), paper)
    draw = ImageDraw.Draw(image)
    width = scale * int(random.integers(1, 3))
    for _ in range(random.integers(20, 70)):
        points = random.integers(0, np.array(image.size), (random.integers(2, 5), 2))
        if random.random() < 0.5:
            draw.line([tuple(map(int, p)) for p in points], ink, width)
        else:
            (x0, y0), (x1, y1) = np.sort(points[:2], axis=0).tolist()
            draw.ellipse((x0, y0, x1, y1), outline=ink, width=width)
    return image.resize(size, Image.BOX)


def noise(random, size):
    width, height = size
    kind = random.integers(3)
    if kind == 0:
        return Image.fromarray(random.integers(0, 256, (height, width, 3), np.uint8))
    if kind == 1:
        return Image.fromarray(random.integers(0, 256, (height, width), np.uint8)).convert("RGB")
    speckled = np.where(
        random.random((height, width, 1)) < random.uniform(0.1, 0.5), colour(random), colour(random, saturated=True)
    )
    return Image.fromarray(speckled.astype(np.uint8))


def pure_colours(random, size):
    """Patches of saturated colours, as of a test chart."""
    image = Image.new("RGB", size)
    draw = ImageDraw.Draw(image)
    step = int(random.integers(8, 80))
    for y in range(0, size[1], step):
        for x in range(0, size[0], step):
            draw.rectangle((x, y, x + step, y + step), colour(random, saturated=True))
    return image


def flat(random, size):
    return Image.new("RGB", size, colour(random, saturated=True))


def rainbow(random, size):
    """Every hue at full saturation, as a ramp."""
    width, height = size
    hue = (np.linspace(0, 255 * random.integers(1, 5), width) % 256).astype(np.uint8)
    value = np.linspace(255, random.integers(60, 255), height).astype(np.uint8)
    planes = [np.tile(hue, (height, 1)), np.full((height, width), 255, np.uint8), np.tile(value[:, None], (1, width))]
    return Image.merge("HSV", [Image.fromarray(plane) for plane in planes]).convert("RGB")


def screen(random, size):
    """Windows with title bars, buttons and text on a desktop."""
    width, height = size
    image = Image.new("RGB", size, colour(random))
    draw = ImageDraw.Draw(image)
    for _ in range(random.integers(2, 5)):
        x, y = int(random.integers(0, width // 2)), int(random.integers(0, height // 2))
        right, bottom = x + int(random.integers(width // 3, width)), y + int(random.integers(height // 3, height))
        draw.rectangle((x, y, right, bottom), (250, 250, 250), (90, 90, 90))
        draw.rectangle((x, y, right, y + 18), colour(random, saturated=True))
        draw.text((x + 6, y + 2), word(random), (255, 255, 255), font(random, 11, 13))
        write_lines(random, draw, (x + 6, y + 24, right - 6, bottom), (30, 30, 30), font(random, 9, 15))
    return image


def checkerboard(random, size):
    cell = int(random.choice([1, 2, 3, 4, 6, 8, 16]))
    y, x = np.indices((size[1], size[0])) // cell
    paper, ink = contrasting(random)
    return Image.fromarray(np.where(((x + y) % 2)[..., None], paper, ink).astype(np.uint8))


def stripes(random, size):
    """A grating of any angle, hard or soft, in two colours."""
    y, x = np.indices((size[1], size[0]))
    angle, period = random.uniform(0, np.pi), random.uniform(2, 12)
    wave = np.sin((x * np.cos(angle) + y * np.sin(angle)) * 2 * np.pi / period)
    part = (np.sign(wave) if random.random() < 0.5 else wave) / 2 + 0.5
    paper, ink = contrasting(random)
    return Image.fromarray(
        (np.array(paper) * part[..., None] + np.array(ink) * (1 - part[..., None])).round().astype(np.uint8)
    )


def dither(random, size):
    """Grey steps in black and white dots (Floyd-Steinberg)."""
    y, x = np.indices((size[1], size[0]))
    ramp = 127 + 110 * np.sin(x / random.uniform(20, 90)) * np.cos(y / random.uniform(20, 90))
    return Image.fromarray(ramp.astype(np.uint8)).convert("1").convert("RGB")


def pixel_art(random, size):
    cell = int(random.choice([3, 4, 8]))
    palette = np.array([colour(random, saturated=True) for _ in range(8)], np.uint8)
    small = palette[random.integers(0, 8, (-(-size[1] // cell), -(-size[0] // cell)))]
    return Image.fromarray(small.repeat(cell, 0).repeat(cell, 1)[: size[1], : size[0]])


KINDS = (
    text,
    mixed_text,
    chart,
    line_art,
    noise,
    pure_colours,
    flat,
    rainbow,
    screen,
    checkerboard,
    stripes,
    dither,
    pixel_art,
)


def hard_cases(seed, count=1):
    """`count` pictures of each kind: (name, pixels). A name holds what is needed to draw the picture again."""
    for kind_index, kind in enumerate(KINDS):
        for number in range(count):
            random = np.random.default_rng([seed, kind_index, number])
            size = tuple(int(side) for side in random.integers(170, 400, 2))
            yield f"{kind.__name__}-{seed}-{number}", np.array(kind(random, size).convert("RGB"))
