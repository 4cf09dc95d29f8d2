"""The codecs that are compared: their commands, settings and versions. All run on one thread."""

import hashlib
import os
import re
from dataclasses import dataclass, replace
from functools import cached_property

from .programs import CodecError, find_program, run_command, run_measured

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
LIC_COMMAND = os.path.join(ROOT, "build/release/native/lic")
LIC_MODEL = os.path.join(ROOT, "models/lic-photo.dec.licm")
OVERFITTED_EFFORTS = range(10)
OVERFITTED_QUALITIES = ("4", "16", "28", "40", "52", "64", "76", "88", "100")
OVERFITTED_SECONDS = 24 * 3600  # the highest effort takes half an hour for a megapixel


@dataclass(frozen=True)
class Dial:
    """All settings of a codec: numbers from that of the fewest bytes to that of the most."""

    fewest: float
    most: float
    step: float

    def __len__(self):
        return round(abs(self.most - self.fewest) / self.step) + 1

    def __getitem__(self, index):
        """The setting as commands take it."""
        if not 0 <= index < len(self):
            raise IndexError(index)
        value = self.fewest + index * (self.step if self.most > self.fewest else -self.step)
        return f"{round(value, 2):g}"

    def index(self, setting):
        """The place of a setting, or the nearest."""
        return round(abs(float(setting) - self.fewest) / self.step)


@dataclass(frozen=True)
class Codec:
    """In commands, {ppm} and {png} are the original, {setting} one of the settings, {file} what is measured,
    {decoded} the picture made of it."""

    key: str
    title: str
    settings: tuple  # from few bytes to many, about 0.1 to 1.3 bits per pixel
    dial: Dial  # all that could be chosen
    encode: tuple
    decode: tuple
    extension: str  # of {file}
    decoded: str  # extension of {decoded}
    # Those with which the encoder says its version and that of its libraries, a tuple for each call.
    version_options: tuple
    version_pattern: str  # the first group is the version that is compared with `least`
    version_title: str  # made of the pattern's groups
    least: tuple
    newest: bool = False  # the programs that set-up puts beside the machine's are preferred
    files: tuple = ()  # what else a result depends on: the hashes of these files
    seconds: int | None = None  # that encoding may take; without it those that any command may

    @cached_property
    def programs(self):
        """name -> path, of all that is called. CodecError if one is missing."""
        found = {name: find_program(name, self.newest) for name in (self.encode[0], self.decode[0])}
        for name, path in found.items():
            if not path:
                raise CodecError(f"{name} is not installed")
        return found

    def _with_path(self, command):
        return [self.programs[command[0]], *command[1:]]

    @cached_property
    def _version(self):
        calls = [[self.programs[self.encode[0]], *options] for options in self.version_options]
        text = "".join(
            run_command(call, may_fail=True) for call in calls
        )  # opj_compress fails even where it is asked for help
        match = re.search(self.version_pattern, text, re.DOTALL)
        if not match:
            raise CodecError(f"the version of {self.encode[0]} cannot be told")
        if tuple(int(part) for part in match[1].split(".")) < self.least:
            raise CodecError(f"{self.encode[0]} {match[1]} is older than {'.'.join(map(str, self.least))}")
        return self.version_title.format(*match.groups())

    def version(self):
        """What to call the codec in a report. CodecError if it cannot be used."""
        return self._version

    def command(self):
        """The encoder with its exact options, for a report."""
        return " ".join(without_folders(self.encode))

    def decode_command(self):
        return " ".join(without_folders(self.decode))

    @cached_property
    def identity(self):
        """Changes when results may."""
        hashes = [file_hash(path) for path in self.files]
        return [self.key, self.version(), without_folders(self.encode)[1:], without_folders(self.decode)[1:], hashes]

    def run_encoder(self, names):
        """The Cost of making {file}; `names` has all placeholders."""
        return run_measured([part.format(**names) for part in self._with_path(self.encode)], self.seconds)

    def run_decoder(self, names):
        """The Cost of making {decoded} of {file}."""
        return run_measured([part.format(**names) for part in self._with_path(self.decode)])


def without_folders(command):
    """As it would be on any machine."""
    return [os.path.basename(part) if os.path.isabs(part) else part for part in command]


def file_hash(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def lic_codec(command, model, effort=None):
    """`model` is the path of the decoder's half, NAME.dec.licm; without an effort the command's default holds."""
    encoder_half = model.replace(".dec.licm", ".enc.licm")
    program = find_program(command)
    for path in (program or command, model, encoder_half):
        if not os.path.exists(path):
            raise CodecError(f"there is no {path}")
    return replace(
        LIC,
        encode=(command, *LIC.encode[1:], *([] if effort is None else ["--effort", str(effort)]), "-m", model),
        decode=(command, *LIC.decode[1:], "-m", model),
        version_title=f"lic {{}}, weights {file_hash(model)[:8]}",
        files=(program, model, encoder_half),
    )


def overfitted_key(effort):
    return f"lic-overfitted-{effort}"


def overfitted_codec(command, effort):
    """Files that carry their own networks; they need no model."""
    program = find_program(command)
    if not program:
        raise CodecError(f"there is no {command}")
    return replace(
        LIC,
        key=overfitted_key(effort),
        title=f"LIC, overfitted, effort {effort}",
        settings=OVERFITTED_QUALITIES,
        encode=(command, *LIC.encode[1:], "--overfit", "--effort", str(effort), "--threads", "1"),
        decode=(command, *LIC.decode[1:]),
        version_title=f"lic {{}}, program {file_hash(program)[:8]}",
        files=(program,),
        seconds=OVERFITTED_SECONDS,
    )


def usable_codecs(keys=None, lic=LIC_COMMAND, model=LIC_MODEL, effort=None):
    """(codecs, missing): those of the keys that can be run here, key -> Codec, in the table's order; and of the others
    the reason, key -> text. Without keys these are all but the overfitted ones, which take long. CodecError for a key
    that no codec has."""
    overfitted = {overfitted_key(effort): effort for effort in OVERFITTED_EFFORTS}
    known = ["lic", *overfitted, *(codec.key for codec in RIVALS)]
    keys = keys or [key for key in known if key not in overfitted]
    unknown = [key for key in keys if key not in known]
    if unknown:
        told = [key for key in known if key not in overfitted]
        raise CodecError(
            f"no codec is called {unknown[0]}; there are {', '.join(told)} and {known[1]} to {list(overfitted)[-1]}"
        )
    codecs, missing = {}, {}
    makers = {
        "lic": lambda: lic_codec(lic, model, effort),
        **{key: (lambda of=of: overfitted_codec(lic, of)) for key, of in overfitted.items()},
        **{codec.key: (lambda codec=codec: codec) for codec in RIVALS},
    }
    for key in known:
        if key not in keys:
            continue
        try:
            codec = makers[key]()
            codec.version()
            codecs[key] = codec
        except CodecError as error:
            missing[key] = str(error)
    return codecs, missing


LIC = Codec(
    key="lic",
    title="LIC",
    settings=("1", "5", "10", "20", "30", "40", "50", "60", "70", "80", "90", "100"),
    dial=Dial(1, 100, 0.1),
    encode=("lic", "encode", "{ppm}", "-o", "{file}", "-q", "{setting}", "--quiet"),
    decode=("lic", "decode", "{file}", "-o", "{decoded}", "--quiet"),
    extension=".lic",
    decoded=".ppm",
    version_options=(("--version",),),
    version_pattern=r"lic ([\d.]+)",
    version_title="lic {}",
    least=(0, 1),
)

JPEG = Codec(
    key="jpeg",
    title="JPEG",
    settings=("5", "10", "15", "20", "30", "40", "50", "60", "70", "80", "90"),
    dial=Dial(1, 100, 1),
    encode=("cjpeg", "-quality", "{setting}", "-optimize", "-progressive", "-outfile", "{file}", "{ppm}"),
    decode=("djpeg", "-ppm", "-outfile", "{decoded}", "{file}"),
    extension=".jpg",
    decoded=".ppm",
    version_options=(("-version",),),
    version_pattern=r"libjpeg-turbo version ([\d.]+)",
    version_title="libjpeg-turbo {}",
    least=(2, 0),
)

JPEG_2000 = Codec(
    key="jpeg2000",
    title="JPEG 2000",
    settings=("240", "160", "120", "80", "60", "48", "37", "30", "24", "19"),  # ratios to 24 bits per pixel
    dial=Dial(500, 4, 0.1),
    encode=("opj_compress", "-i", "{ppm}", "-o", "{file}", "-I", "-r", "{setting}"),
    decode=("opj_decompress", "-i", "{file}", "-o", "{decoded}"),
    extension=".jp2",
    decoded=".ppm",
    version_options=(("-h",),),
    version_pattern=r"openjp2 library v([\d.]*\d)",
    version_title="OpenJPEG {}",
    least=(2, 5),
)

WEBP = Codec(
    key="webp",
    title="WebP",
    settings=("0", "5", "10", "20", "30", "40", "50", "60", "70", "80", "90"),
    dial=Dial(0, 100, 0.1),
    encode=("cwebp", "-quiet", "-m", "6", "-q", "{setting}", "{ppm}", "-o", "{file}"),
    decode=("dwebp", "-quiet", "{file}", "-ppm", "-o", "{decoded}"),
    extension=".webp",
    decoded=".ppm",
    version_options=(("-version",),),
    version_pattern=r"^([\d.]+)",
    version_title="libwebp {}",
    least=(1, 0),
)

AVIF = Codec(
    key="avif",
    title="AVIF",
    settings=("8", "16", "24", "32", "40", "48", "58", "68", "78"),
    dial=Dial(0, 100, 1),
    encode=("avifenc", "-s", "4", "-y", "444", "-j", "1", "-q", "{setting}", "{png}", "{file}"),
    decode=("avifdec", "-j", "1", "--png-compress", "0", "{file}", "{decoded}"),
    extension=".avif",
    decoded=".png",
    version_options=(("--version",),),
    version_pattern=r"Version: ([\d.]+).*?aom \[[^]]*\]:v?([\d.]+)",
    version_title="libavif {}, libaom {}",
    least=(1, 2),
    newest=True,
)

AVIF_IQ = replace(
    AVIF,
    key="avif-iq",
    title="AVIF, tune=iq",
    settings=("10", "18", "26", "34", "42", "50", "60", "70", "78"),
    encode=("avifenc", "-s", "4", "-y", "444", "-j", "1", "-q", "{setting}", "-a", "tune=iq", "{png}", "{file}"),
)

AVIF_OLD = replace(
    AVIF,
    key="avif-old",
    title="AVIF of Debian 12",
    settings=("58", "53", "48", "43", "38", "32", "25", "18", "12"),
    dial=Dial(63, 0, 1),
    encode=(
        "avifenc",
        "-s",
        "4",
        "-y",
        "444",
        "-j",
        "1",
        "--min",
        "0",
        "--max",
        "63",
        "-a",
        "end-usage=q",
        "-a",
        "cq-level={setting}",
        "{png}",
        "{file}",
    ),
    least=(0, 11),
    newest=False,
)

JPEG_XL = Codec(
    key="jxl",
    title="JPEG XL",
    settings=("25", "15", "10", "7", "5", "3.5", "2.5", "1.8", "1.4"),  # distances
    dial=Dial(25, 0.1, 0.01),
    encode=("cjxl", "--num_threads=0", "-e", "7", "-d", "{setting}", "{ppm}", "{file}"),
    decode=("djxl", "--num_threads=0", "{file}", "{decoded}"),
    extension=".jxl",
    decoded=".ppm",
    version_options=(("--version",),),
    version_pattern=r"v([\d.]+)",
    version_title="libjxl {}",
    least=(0, 10),
    newest=True,
)

HEIC = Codec(
    key="heic",
    title="HEIC",
    settings=("14", "20", "26", "32", "38", "44", "50", "58"),
    dial=Dial(0, 100, 1),
    encode=(
        "heif-enc",
        "-q",
        "{setting}",
        "-p",
        "chroma=444",
        "-p",
        "preset=veryslow",
        "-p",
        "x265:pools=none",
        "-p",
        "x265:frame-threads=1",
        "{png}",
        "-o",
        "{file}",
    ),
    decode=("heif-dec", "--quiet", "--png-compression-level", "0", "{file}", "{decoded}"),
    extension=".heic",
    decoded=".png",
    version_options=(("--version",), ("--list-encoders",)),
    version_pattern=r"libheif: ([\d.]+).*?x265 HEVC encoder \(([\d.]+)",
    version_title="libheif {}, x265 {}",
    least=(1, 17),
    newest=True,
)

RIVALS = (JPEG, JPEG_2000, WEBP, AVIF, AVIF_IQ, AVIF_OLD, JPEG_XL, HEIC)
