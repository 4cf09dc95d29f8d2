"""Committed figures follow from committed measurements, and the README quotes them."""

import glob
import os
import unittest

import paths
import report

RESULTS = os.path.join(paths.ROOT, "models", "evaluation", "results")


class Figures(unittest.TestCase):
    def setUp(self):
        self.prefixes = [os.path.splitext(path)[0] for path in sorted(glob.glob(os.path.join(RESULTS, "*.csv")))]
        with open(os.path.join(paths.ROOT, "README.md"), encoding="utf-8") as file:
            self.readme = file.read()

    def test_kodak_is_there(self):
        self.assertIn("kodak", [os.path.basename(prefix) for prefix in self.prefixes])

    def test_figures_follow_from_measurements(self):
        for prefix in self.prefixes:
            with self.subTest(prefix):
                rows, results = report.read_rows(prefix + ".csv"), report.read_results(prefix + ".json")
                summary = report.summarize(rows)
                self.assertEqual({key: results[key] for key in summary}, summary)
                self.assertEqual(results["images"], len({row["image"] for row in rows}))

    def test_readme_quotes_the_figures(self):
        for prefix in self.prefixes:
            with self.subTest(prefix):
                self.assertEqual(report.table_in(self.readme, prefix), report.readme_table(report.read_results(prefix + ".json")))


if __name__ == "__main__":
    unittest.main()
