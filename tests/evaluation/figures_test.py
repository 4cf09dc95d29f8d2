"""Committed figures follow from committed measurements, and the README quotes them."""

import glob
import os
import tempfile
import unittest

from models.evaluation import compare
from models.evaluation.figures import codec_compare, comparison, markdown_tables, svg_charts
from tests.evaluation import paths

RESULTS = os.path.join(paths.ROOT, "models", "evaluation", "results")


def contents(folder, start):
    """name -> bytes, of the files in a folder and those in it whose names begin with `start`."""
    names = [
        os.path.relpath(os.path.join(place, name), folder) for place, _, files in os.walk(folder) for name in files
    ]
    found = {}
    for name in names:
        if name.startswith(start):
            with open(os.path.join(folder, name), "rb") as file:
                found[name] = file.read()
    return found


class Figures(unittest.TestCase):
    def setUp(self):
        self.prefixes = [os.path.splitext(path)[0] for path in sorted(glob.glob(os.path.join(RESULTS, "*.csv")))]

    def committed(self, prefix):
        """name -> bytes, of all files of one comparison; those of `kodak-visual` are not `kodak`'s."""
        name = os.path.basename(prefix)
        others = tuple(other for other in map(os.path.basename, self.prefixes) if other.startswith(name + "-"))
        return {
            file: data for file, data in contents(RESULTS, name).items() if not (others and file.startswith(others))
        }

    def test_both_models_are_there(self):
        self.assertEqual([os.path.basename(prefix) for prefix in self.prefixes], ["kodak-visual", "kodak"])

    def test_figures_follow_from_measurements(self):
        for prefix in self.prefixes:
            with self.subTest(prefix):
                rows, results = comparison.read_rows(prefix + ".csv"), comparison.read_results(prefix + ".json")
                summary = comparison.summarize(rows)
                self.assertEqual({key: results[key] for key in summary}, summary)
                self.assertEqual(results["images"], len({row["image"] for row in rows}))

    def test_charts_and_batches_follow_from_figures(self):
        for prefix in self.prefixes:
            with self.subTest(prefix), tempfile.TemporaryDirectory() as folder:
                results, new = comparison.read_results(prefix + ".json"), os.path.join(folder, os.path.basename(prefix))
                svg_charts.write_charts(new, results)
                codec_compare.write_batches(new, comparison.read_rows(prefix + ".csv"), results)
                made = contents(folder, "")
                figures = [os.path.basename(prefix) + end for end in (".csv", ".json")]
                committed = {name: data for name, data in self.committed(prefix).items() if name not in figures}
                self.assertEqual(made.keys(), committed.keys())
                self.assertEqual([name for name in made if made[name] != committed[name]], [])

    def test_results_are_small(self):
        for prefix in self.prefixes:
            self.assertLess(sum(len(data) for data in self.committed(prefix).values()), 1_000_000, prefix)

    def test_readmes_quote_the_figures(self):
        for prefix in self.prefixes:
            for file_name, name, table in compare.readme_tables(*os.path.split(prefix)):
                with self.subTest(prefix=prefix, name=file_name):
                    with open(os.path.join(paths.ROOT, file_name), encoding="utf-8") as file:
                        self.assertEqual(markdown_tables.table_in(file.read(), name), table)


if __name__ == "__main__":
    unittest.main()
