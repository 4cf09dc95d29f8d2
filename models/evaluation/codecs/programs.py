"""Runs the programs of codecs and of metrics, and says what they took."""

import contextlib
import os
import resource
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from functools import cache

COMMAND_SECONDS = 300
GNU_TIME = "/usr/bin/time"  # a shell's own `time` does not tell memory


class CodecError(Exception):
    """A codec that is missing, too old or failed."""


@dataclass(frozen=True)
class Cost:
    """What a command took, from its start to its end."""

    # Of processors, user and system: the kernel counts their sum exactly, but only samples how it divides.
    seconds: float
    wall_seconds: float
    memory: int | None  # bytes, the largest resident set; None where GNU time is not installed
    processor: str  # that took the seconds


@cache
def processor():
    """The name of this machine's."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return names[0] if names else "unknown"


def programs_folder():
    """Where scripts/setup.sh puts the programs that are newer than the machine's."""
    folders = [
        os.environ.get("LIC_RIVALS"),
        "/opt/lic-toolchain/rivals/bin",
        os.path.expanduser("~/.cache/lic-toolchain/rivals/bin"),
    ]
    return next((folder for folder in folders if folder and os.path.isdir(folder)), "")


def find_program(name, newest=False):
    """The path of a program, or None. With `newest`, those of set-up are preferred to the machine's."""
    newer = shutil.which(name, path=programs_folder()) if newest else None
    return newer or shutil.which(name)


def run_command(command, may_fail=False, under=(), seconds=None):
    """Standard output and error as one text; `under` is a command that runs it. CodecError where it fails, or takes
    longer than `seconds`, or else than COMMAND_SECONDS."""
    name = os.path.basename(command[0])
    try:
        status, output = run_group([*under, *command], seconds or COMMAND_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CodecError(f"{name}: {error}") from error
    if status and not may_fail:
        last_line = (output.strip().splitlines() or ["no message"])[-1]
        raise CodecError(f"{name} ended with {status}: {last_line}")
    return output


def run_group(command, seconds):
    """Exit status, and output and errors as one text. Whatever ends the wait for it ends all processes that the
    command has started: the codec under GNU time too, which a terminal's interrupt does not reach in a session of its
    own."""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True
    ) as process:
        try:
            output, _ = process.communicate(timeout=seconds)
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
    return process.returncode, output


def run_measured(command, seconds=None):
    """The Cost of a command, which may take `seconds`, or else COMMAND_SECONDS. No other child of this process may end
    meanwhile.

    Memory is told by GNU time, a small process between: a process starts with the peak of the one that it is forked
    from, and Python's own would hide that of a small codec."""
    with tempfile.NamedTemporaryFile("r", encoding="ascii") as told:
        can_tell = os.access(GNU_TIME, os.X_OK)
        under = [GNU_TIME, "--quiet", "--format=%M", f"--output={told.name}"] if can_tell else []
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        run_command(command, under=under, seconds=seconds)
        wall_seconds, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
        memory = 1024 * int(told.read()) if can_tell else None
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(round(seconds, 6), round(wall_seconds, 6), memory, processor())
