"""What the tests of lic-mos share: the command, run in this process, and a class with a table of pictures."""

import contextlib
import csv
import io
import os
import shutil
import tempfile
import unittest
from unittest import mock

import numpy as np

from models.evaluation.mos import command, study
from tests.evaluation.mos import simulated_raters, study_pictures


def lic_mos(*arguments):
    """-> exit status, standard output, standard error. A process of its own would load numpy for each call."""
    output, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        with mock.patch("sys.argv", ["lic-mos", *arguments]):
            try:
                status = command.main()
            except SystemExit as end:  # argparse refuses
                status = end.code
    return status, output.getvalue(), errors.getvalue()


class Command(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = folder.name
        cls.table = study_pictures.write(os.path.join(cls.folder, "pictures"))

    def plan(self, name, *arguments, method="acr", table=None):
        place = os.path.join(self.folder, name)
        shutil.rmtree(place, ignore_errors=True)
        status, output, errors = lic_mos("plan", place, "--method", method, "--table", table or self.table, *arguments)
        return place, status, output, errors

    def rows(self):
        with open(self.table, encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def write_table(self, rows):
        path = os.path.join(os.path.dirname(self.table), "other.csv")
        with open(path, "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)
        return path

    def results(self, place, raters, **options):
        """As the page sends them."""
        plan, key = study.read_study(place)
        random = np.random.default_rng(3)
        for index, rater in enumerate(
            simulated_raters.panel({**key, "method": plan["method"]}, raters, random, **options)
        ):
            answers = [
                {"item": item, "value": value, "seconds": 3.5, "swapped": rater.swapped[item]}
                for item, value in rater.values.items()
            ]
            yield {
                "format": "lic-mos-result",
                "version": 1,
                "id": f"00000000-0000-0000-0000-{index:012d}",
                "plan": plan["id"],
                "rater": rater.name,
                "started": f"2026-01-02T03:04:{index:02d}Z",
                "finished": "2026-01-02T04:00:00Z",
                "pauses": 0,
                "display": {"pixel_ratio": 1, "width": 1280, "height": 800},
                "training": [],
                "answers": answers,
            }
