"""SSIMULACRA 2 and Butteraugli, by the programs of libjxl (Debian's libjxl-devtools)."""

import os
import re
from functools import cached_property

from models.evaluation.codecs.coders import file_hash
from models.evaluation.codecs.programs import CodecError, find_program, run_command

# metric -> program, and where its output has the value. Butteraugli's is the 3-norm of the error map: less depends on a
# single pixel than on its maximum.
PROGRAMS = {
    "ssimulacra2": ("ssimulacra2", r"^(-?[\d.]+)\s*$"),
    "butteraugli": ("butteraugli_main", r"^3-norm: ([\d.]+)\s*$"),
}


class PerceptualMetrics:
    """Those of the programs that are installed, or none of them where they are not `wanted`."""

    def __init__(self, wanted=True):
        self.wanted = wanted

    @cached_property
    def programs(self):
        """metric -> path, or None where the program is missing."""
        return {
            metric: find_program(program, newest=True) if self.wanted else None
            for metric, (program, _) in PROGRAMS.items()
        }

    @cached_property
    def identity(self):
        """Changes when results may."""
        return [path and file_hash(path) for path in self.programs.values()]

    def version(self):
        """Of the package that the programs come from, where set-up noted it, or None."""
        folders = {os.path.dirname(path) for path in self.programs.values() if path}
        for notes in (os.path.join(folder, os.pardir, "versions") for folder in folders):
            if os.path.exists(notes):
                with open(notes, encoding="ascii") as file:
                    return dict(line.split() for line in file).get("libjxl-devtools")
        return None

    def missing(self):
        """metric -> reason."""
        reason = "{} is not installed" if self.wanted else "{} was not to be run"
        return {metric: reason.format(PROGRAMS[metric][0]) for metric, path in self.programs.items() if not path}

    def compare(self, original, decoded):
        """metric -> value, of two picture files without colour profile; None where the program is missing.

        Raises CodecError.
        """
        return {metric: path and self._value(metric, path, original, decoded) for metric, path in self.programs.items()}

    def _value(self, metric, path, original, decoded):
        program, pattern = PROGRAMS[metric]
        match = re.search(pattern, run_command([path, original, decoded]), re.MULTILINE)
        if not match:
            raise CodecError(f"{program} printed no value")
        return float(match[1])
