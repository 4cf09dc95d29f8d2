"""Links between the documents of the repository lead somewhere, and the documents that it opens with have short
lines."""

import os
import re
import subprocess
import unittest

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
WIDE = 120
# Documents whose lines are at most so wide.
NARROW = ("README.md", "HACKING.md", "CHANGELOG.md", "docs/format.md")


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def slug(title):
    """The anchor that GitHub gives a heading."""
    title = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title)
    return re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", title.strip().lower()))


def without_code(text):
    text = re.sub(r"^ *```.*?^ *```", "", text, flags=re.M | re.S)
    return re.sub(r"^    .*$", "", text, flags=re.M)


def anchors(path):
    return {slug(title) for title in re.findall(r"^#+ (.+)$", without_code(read(path)), re.M)}


def links(path):
    """The targets of a document's links, those outside the repository apart."""
    text = re.sub(r"`[^`\n]*`", "", without_code(read(path)))
    found = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r"^\[[^\]]+\]: (\S+)$", text, re.M)
    return [target for target in found if not re.match(r"[a-z]+:", target)]


class Links(unittest.TestCase):
    def test_links_lead_somewhere(self):
        tracked = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True)
        count = 0
        for path in tracked.stdout.splitlines():
            for target in links(path):
                name, _, anchor = target.partition("#")
                place = os.path.normpath(os.path.join(os.path.dirname(path), name)) if name else path
                with self.subTest(document=path, link=target):
                    self.assertTrue(os.path.exists(os.path.join(ROOT, place)))
                    if anchor and place.endswith(".md"):
                        self.assertIn(anchor, anchors(place))
                count += 1
        self.assertGreater(count, 150)

    def test_lines_are_short(self):
        for path in NARROW:
            for number, line in enumerate(read(path).splitlines(), 1):
                self.assertLessEqual(len(line), WIDE, f"{path}:{number}")


if __name__ == "__main__":
    unittest.main()
