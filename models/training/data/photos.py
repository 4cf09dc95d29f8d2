"""A folder of somebody's photos: what is in it, what is fit for training, and which part is held out.

Pictures of any size and of the formats that Pillow reads, in any depth of folders. The first level of folders names the
sources: where there are several, whole sources are held out, so that a gain on the held-out part is not one of
recognition.
"""
import collections
import dataclasses
import hashlib
import io
import os

import numpy as np
from PIL import Image, ImageCms, ImageOps

MIN_SIDE = 256  # pixels; smaller pictures are left out
MAX_SIDE = 2048  # larger ones are reduced: detail of a sensor's own blur teaches nothing
NEAR_BITS = 6  # of 64 bits of the difference hash: no more differ between two versions of a picture
POOR_JPEG = 75  # an estimated quality below it is reported: a model learns the blocks too
FLAT = 2.0  # standard deviation of luma, in levels
EXTENSIONS = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".ppm")
# Mean of the standard's luma table (ISO/IEC 10918-1, table K.1) at quality 50; the common scaling is 200 - 2 q above
# it.
LUMA_MEAN_50 = 57.625


@dataclasses.dataclass
class Photo:
    path: str  # relative to the folder
    source: str  # its first folder, or "" at the top
    width: int = 0
    height: int = 0
    digest: str = ""  # SHA-256 of the pixels
    shape: int = 0  # difference hash
    jpeg_quality: float = 0.0  # estimated; 0: not a JPEG
    problem: str = ""  # why it is left out


@dataclasses.dataclass
class Audit:
    folder: str
    photos: list

    @property
    def fit(self):
        return [photo for photo in self.photos if not photo.problem]

    def lines(self):
        """What a person should know before a training."""
        problems = collections.Counter(photo.problem.split(":")[0] for photo in self.photos if photo.problem)
        sources = collections.Counter(photo.source for photo in self.fit)
        out = [f"{len(self.photos)} pictures, {len(self.fit)} fit, from {len(sources)} sources"]
        out += [f"left out: {count} {problem}" for problem, count in problems.most_common()]
        poor = sum(0 < photo.jpeg_quality < POOR_JPEG for photo in self.fit)
        if poor:
            out.append(
                f"warning: {poor} are JPEG files of quality below {POOR_JPEG}; the model will learn their blocks"
            )
        small = sum(photo.width * photo.height < 1 << 19 for photo in self.fit)
        if small:
            out.append(f"{small} have less than half a megapixel")
        return out


def load_photo(path):
    """-> uint8 (height, width, 3), upright, in sRGB, at most MAX_SIDE; and the file's JPEG quality or 0."""
    with Image.open(path) as file:
        quality = jpeg_quality(file)
        profile = file.info.get("icc_profile")
        picture = ImageOps.exif_transpose(file)
        picture = picture.convert("RGB")
        if profile:
            picture = to_srgb(picture, profile)
    scale = MAX_SIDE / max(picture.size)
    if scale < 1:
        picture = picture.resize([max(1, round(side * scale)) for side in picture.size], Image.LANCZOS)
    return np.array(picture), quality


def to_srgb(picture, profile):
    """A profile that lcms cannot use leaves the pixels as they are, which is what viewers do."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"))
    except (ImageCms.PyCMSError, OSError):
        return picture


def jpeg_quality(file):
    """From the mean of the luma quantisation table, for encoders that scale the standard's; 0 for other formats."""
    tables = getattr(file, "quantization", None)
    if not tables:
        return 0.0
    scale = 100 * np.mean(list(tables[min(tables)])) / LUMA_MEAN_50
    return float(np.clip((200 - scale) / 2 if scale <= 100 else 5000 / scale, 1, 100))


def difference_hash(pixels):
    """64 bits: whether each of 8x8 cells is brighter than its right neighbour."""
    small = np.asarray(Image.fromarray(pixels).convert("L").resize((9, 8), Image.BOX), np.int16)
    return int("".join("1" if bit else "0" for bit in (small[:, 1:] < small[:, :-1]).reshape(-1)), 2)


def examine(folder, name):
    """-> Photo."""
    source = name.split(os.sep)[0] if os.sep in name else ""
    photo = Photo(name, source)
    try:
        pixels, photo.jpeg_quality = load_photo(os.path.join(folder, name))
    except Exception as error:  # Pillow raises nearly anything on a damaged file
        photo.problem = f"unreadable: {error}"
        return photo
    photo.height, photo.width = pixels.shape[:2]
    photo.digest = hashlib.sha256(pixels.tobytes() + repr(pixels.shape).encode()).hexdigest()
    photo.shape = difference_hash(pixels)
    if min(photo.width, photo.height) < MIN_SIDE:
        photo.problem = f"too small: {photo.width}x{photo.height}, {MIN_SIDE} is the least"
    elif pixels.mean(2).std() < FLAT:
        photo.problem = "flat: nothing to learn"
    return photo


def audit(folder):
    """-> Audit of every picture in the folder, in the order of their names.

    The second of two equal pictures is left out.
    """
    names = sorted(
        os.path.relpath(os.path.join(parent, name), folder)
        for parent, _, files in os.walk(folder)
        for name in files
        if name.lower().endswith(EXTENSIONS)
    )
    photos, seen = [examine(folder, name) for name in names], {}
    for photo in photos:
        if photo.problem:
            continue
        if photo.digest in seen:
            photo.problem = f"duplicate: of {seen[photo.digest]}"
        seen.setdefault(photo.digest, photo.path)
    return Audit(folder, photos)


def near(first, second):
    """Whether two photos may be versions of one picture."""
    return bin(first.shape ^ second.shape).count("1") <= NEAR_BITS


def alike(photos, others):
    """Those of `photos` that look like one of the others."""
    return [photo for photo in photos if any(near(photo, other) for other in others)]


def merged(photos, same):
    """Groups of photos such that `same(a, b)` never holds between two groups."""
    groups = []
    for photo in photos:
        joined = [group for group in groups if any(same(photo, other) for other in group)]
        groups = [group for group in groups if not any(group is other for other in joined)] + [
            sum(joined, []) + [photo]
        ]
    return groups


def groups_of(photos):
    """Pictures that must stay together: versions of one picture, and of one source where there are several."""
    several = len({photo.source for photo in photos}) > 1
    return merged(photos, lambda a, b: near(a, b) or (several and a.source == b.source))


def split(photos, share, seed=0):
    """-> (training, held out): of 100 random choices of whole groups the one whose held-out part is nearest to the
    share. ValueError if there is only one group, or if the smallest choice would hold out more than half."""
    groups, random = groups_of(photos), np.random.default_rng(seed)
    if len(groups) < 2:
        raise ValueError(
            "all pictures come from one source and look alike, or their sources share pictures: nothing can be held out"
        )
    best = None
    for _ in range(100):
        held = []
        for index in random.permutation(len(groups))[:-1]:
            held += groups[index]
            distance = abs(len(held) - share * len(photos))
            if best is None or distance < best[0]:
                best = distance, list(held)
    held = best[1]
    if len(held) > len(photos) / 2:
        raise ValueError(f"the smallest source would hold out {len(held)} of {len(photos)} pictures")
    chosen = {id(photo) for photo in held}
    return [photo for photo in photos if id(photo) not in chosen], held


def sample(photos, count, seed=0):
    """At most so many, drawn from all of them."""
    order = np.random.default_rng(seed).permutation(len(photos))[:count]
    return [photos[index] for index in sorted(order)]


def windows(pictures, side, count, seed):
    """Random windows of one size, from pictures that are large enough."""
    large = [picture for picture in pictures if min(picture.shape[:2]) >= side]
    if not large:
        return windows(pictures, MIN_SIDE, count, seed)
    random = np.random.default_rng(seed)
    out = []
    for index in range(count):
        picture = large[index % len(large)]
        top, left = (int(random.integers(length - side + 1)) for length in picture.shape[:2])
        out.append(np.ascontiguousarray(picture[top : top + side, left : left + side]))
    return out
