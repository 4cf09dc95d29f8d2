"""The codecs that are compared: their commands, settings and versions. All run on one thread."""

import hashlib
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, replace

COMMAND_SECONDS = 300


class CodecError(Exception):
    """A codec that is missing, too old or failed."""


@dataclass(frozen=True)
class Codec:
    """In commands, {ppm} and {png} are the original, {setting} one of the settings, {file} what is measured, {decoded} the
    picture made of it."""

    key: str
    title: str
    settings: tuple  # from few bytes to many, about 0.1 to 1.3 bits per pixel
    encode: tuple
    decode: tuple
    extension: str  # of {file}
    decoded: str  # extension of {decoded}
    version_command: tuple
    version_pattern: str  # the first group is the version that is compared with `least`
    version_title: str  # made of the pattern's groups
    least: tuple
    files: tuple = ()  # what else a result depends on: the hashes of these files

    def version(self):
        """What to call the codec in a report. CodecError if it cannot be used."""
        for program in (self.encode[0], self.decode[0]):
            if not shutil.which(program):
                raise CodecError(f"{program} is not installed")
        text = run_command(self.version_command, may_fail=True)  # opj_compress fails even where it is asked for help
        match = re.search(self.version_pattern, text, re.DOTALL)
        if not match:
            raise CodecError(f"the version of {self.encode[0]} cannot be told")
        if tuple(int(part) for part in match[1].split(".")) < self.least:
            raise CodecError(f"{self.encode[0]} {match[1]} is older than {'.'.join(map(str, self.least))}")
        return self.version_title.format(*match.groups())

    def identity(self):
        """Changes when results may."""
        hashes = [file_hash(path) for path in self.files]
        return [self.key, self.version(), self.encode, self.decode, hashes]

    def code(self, names):
        """Runs encoder and decoder; `names` has all placeholders."""
        for command in (self.encode, self.decode):
            run_command([part.format(**names) for part in command])


def run_command(command, may_fail=False):
    """Standard output and error as one text."""
    try:
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", timeout=COMMAND_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CodecError(f"{command[0]}: {error}") from error
    if done.returncode and not may_fail:
        last_line = (done.stdout.strip().splitlines() or ["no message"])[-1]
        raise CodecError(f"{command[0]} ended with {done.returncode}: {last_line}")
    return done.stdout


def file_hash(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def lic_codec(command, model):
    """`model` is the path of the decoder's half, NAME.dec.licm."""
    for path in (command, model):
        if not os.path.exists(path):
            raise CodecError(f"there is no {path}")
    encoder_half = model.replace(".dec.licm", ".enc.licm")
    return replace(
        LIC,
        encode=(command, *LIC.encode[1:], "-m", model),
        decode=(command, *LIC.decode[1:], "-m", model),
        version_command=(command, *LIC.version_command[1:]),
        version_title=f"lic {{}}, weights {file_hash(model)[:8]}",
        files=(shutil.which(command), model, encoder_half),
    )


LIC = Codec(
    key="lic",
    title="LIC",
    settings=("1", "5", "10", "20", "30", "40", "50", "60", "70", "80", "90", "100"),
    encode=("lic", "encode", "{ppm}", "-o", "{file}", "-q", "{setting}", "--quiet"),
    decode=("lic", "decode", "{file}", "-o", "{decoded}", "--quiet"),
    extension=".lic",
    decoded=".ppm",
    version_command=("lic", "--version"),
    version_pattern=r"lic ([\d.]+)",
    version_title="lic {}",
    least=(0, 1),
)

RIVALS = (
    Codec(
        key="jpeg",
        title="JPEG",
        settings=("5", "10", "15", "20", "30", "40", "50", "60", "70", "80", "90"),
        encode=("cjpeg", "-quality", "{setting}", "-optimize", "-progressive", "-outfile", "{file}", "{ppm}"),
        decode=("djpeg", "-ppm", "-outfile", "{decoded}", "{file}"),
        extension=".jpg",
        decoded=".ppm",
        version_command=("cjpeg", "-version"),
        version_pattern=r"libjpeg-turbo version ([\d.]+)",
        version_title="libjpeg-turbo {}",
        least=(2, 0),
    ),
    Codec(
        key="jpeg2000",
        title="JPEG 2000",
        settings=("240", "160", "120", "80", "60", "48", "37", "30", "24", "19"),  # ratios to 24 bits per pixel
        encode=("opj_compress", "-i", "{ppm}", "-o", "{file}", "-I", "-r", "{setting}"),
        decode=("opj_decompress", "-i", "{file}", "-o", "{decoded}"),
        extension=".jp2",
        decoded=".ppm",
        version_command=("opj_compress", "-h"),
        version_pattern=r"openjp2 library v([\d.]*\d)",
        version_title="OpenJPEG {}",
        least=(2, 5),
    ),
    Codec(
        key="webp",
        title="WebP",
        settings=("0", "5", "10", "20", "30", "40", "50", "60", "70", "80", "90"),
        encode=("cwebp", "-quiet", "-m", "6", "-q", "{setting}", "{ppm}", "-o", "{file}"),
        decode=("dwebp", "-quiet", "{file}", "-ppm", "-o", "{decoded}"),
        extension=".webp",
        decoded=".ppm",
        version_command=("cwebp", "-version"),
        version_pattern=r"^([\d.]+)",
        version_title="libwebp {}",
        least=(1, 0),
    ),
    Codec(
        key="avif",
        title="AVIF",
        settings=("62", "58", "54", "49", "44", "38", "32", "25", "18"),
        encode=("avifenc", "-s", "4", "-y", "444", "-j", "1", "--min", "0", "--max", "63", "-a", "end-usage=q", "-a",
                "cq-level={setting}", "{png}", "{file}"),
        decode=("avifdec", "-j", "1", "{file}", "{decoded}"),
        extension=".avif",
        decoded=".png",
        version_command=("avifenc", "--version"),
        version_pattern=r"Version: ([\d.]+).*?aom \[[^]]*\]:v?([\d.]+)",
        version_title="avifenc {} -s 4, libaom {}",
        least=(0, 11),
    ),
)
