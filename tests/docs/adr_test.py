"""docs/adr: each decision has a number, a status, a date and the same headings; the list of decisions names them
all."""

import os
import re
import subprocess
import unittest

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
FOLDER = os.path.join(ROOT, "docs", "adr")
HEAD = r"# (\d+)\. (.+)\n\n- Status: (.+)\n- Date: (\d{4}-\d\d-\d\d)\n\n## "
STATUS = r"accepted|superseded by \d+|rejected, not built"
HEADINGS = [["Context", "Decision", "Consequences"], ["Context", "Decision", "Alternatives", "Consequences"]]


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def decisions():
    """File name to text."""
    return {name: read(os.path.join(FOLDER, name)) for name in sorted(os.listdir(FOLDER)) if name != "README.md"}


class Decisions(unittest.TestCase):
    def test_files_have_one_form(self):
        for name, text in decisions().items():
            with self.subTest(name):
                number, title, status, _ = re.match(HEAD, text).groups()
                self.assertRegex(name, rf"^{int(number):04}-[a-z0-9-]+\.md$")
                self.assertRegex(status, rf"^({STATUS})$")
                self.assertFalse(title.endswith("."))
                self.assertIn(re.findall(r"^## (.+)$", text, re.M), HEADINGS)
                self.assertLessEqual(max(map(len, text.splitlines())), 120)

    def test_numbers_are_consecutive(self):
        self.assertEqual([int(name[:4]) for name in decisions()], list(range(1, len(decisions()) + 1)))

    def test_the_list_names_them_all(self):
        listed = read(os.path.join(FOLDER, "README.md"))
        rows = {int(row[0]): row[1:] for row in re.findall(r"^\| \[(\d+)\] \| (.+) \| (.+) \| (.+) \|$", listed, re.M)}
        links = {int(number): name for number, name in re.findall(r"^\[(\d+)\]: (\S+)$", listed, re.M)}
        self.assertEqual({int(name[:4]): name for name in decisions()}, links)
        self.assertEqual(
            {int(found[0]): found[1:] for found in (re.match(HEAD, text).groups() for text in decisions().values())},
            rows,
        )

    def test_numbers_cited_exist(self):
        known = {int(name[:4]) for name in decisions()}
        tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
        cited = 0
        for path in tracked.stdout.splitlines():
            if path.endswith((".md", ".h", ".cpp", ".py", ".js", ".ts", ".txt", ".cmake")):
                text = read(os.path.join(ROOT, path))
                for number, name in re.findall(r"docs/adr/(\d{4})([\w-]*)", text):
                    self.assertTrue(not name or f"{number}{name}.md" in decisions(), f"{path}: {number}{name}")
                for number in re.findall(r"docs/adr/(\d{4})|\bADR (\d+)\b", text):
                    self.assertIn(int(number[0] or number[1]), known, path)
                    cited += 1
        self.assertGreater(cited, 10)


if __name__ == "__main__":
    unittest.main()
