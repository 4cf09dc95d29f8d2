"""The public headers as a program meets them: each compiles alone without warnings, and the examples in them work.

    python3 -m tests.package.header_test

LIC_BUILD names the folder of the build; without it, that of the preset `release` is taken. The compiler is the one of
the build and, where there is one, GCC.
"""

import glob
import os
import re
import shutil
import subprocess
import tempfile
import unittest

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("LIC_BUILD", os.path.join(SOURCE, "build", "release"))
INCLUDE = os.path.join(SOURCE, "shared", "include")
MODEL = [os.path.join(SOURCE, "tests", "models", f"tiny.{half}.licm") for half in ("dec", "enc")]
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
C_HEADERS = {"api.h", "lic_c.h", "version.h"}


def compilers(language):
    """The compilers of "C" or "CXX"."""
    with open(os.path.join(BUILD, "CMakeCache.txt"), encoding="utf-8") as cache:
        own = re.search(rf"^CMAKE_{language}_COMPILER:\w+=(.*)$", cache.read(), re.M)[1]
    return [own] + [path for path in [shutil.which({"C": "gcc", "CXX": "g++"}[language])] if path]


def headers():
    return sorted(os.path.basename(path) for path in glob.glob(os.path.join(INCLUDE, "lic", "*.h")))


def examples(header):
    """The code in a header's comments: indented blocks of which a line opens a brace. Pictures and tables have none."""
    with open(os.path.join(INCLUDE, "lic", header), encoding="utf-8") as file:
        text = file.read()
    blocks = re.findall(r"(?:^(?:// | \* )    .*\n(?:^(?://| \*)\n)*)+", text, re.M)
    code = [re.sub(r"^(?:// {5}|//| \* {5}| \*)", "", block, flags=re.M) for block in blocks]
    return [block for block in code if re.search(r"\{$", block, re.M)]


class Headers(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def put(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def compile(self, compiler, *arguments):
        standard = "-std=c99" if arguments[0].endswith(".c") else "-std=c++20"
        command = [compiler, standard, *WARNINGS, f"-I{INCLUDE}", *arguments]
        done = subprocess.run(command, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def run_example(self, compiler, path):
        library = os.path.join(BUILD, "shared")
        program = os.path.join(self.folder, "program")
        self.compile(compiler, path, "-o", program, f"-L{library}", "-llic", f"-Wl,-rpath,{library}")
        done = subprocess.run([program, *MODEL], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "100 x 80 pixels\n", ""))
        done = subprocess.run([program, *reversed(MODEL)], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout, done.stderr[:11]), (11, "", "bad_model: "))

    def test_each_header_compiles_alone(self):
        alone = [self.put(f"{name}.cpp", f"#include <lic/{name}>\n") for name in headers()]
        alone_in_c = [self.put(f"{name}.c", f"#include <lic/{name}>\nint something;\n") for name in C_HEADERS]
        self.compile(compilers("CXX")[-1], *alone, "-fsyntax-only")
        self.compile(compilers("C")[-1], *alone_in_c, "-fsyntax-only")

    def test_the_umbrella_includes_every_header_for_cpp(self):
        with open(os.path.join(INCLUDE, "lic", "lic.h"), encoding="utf-8") as file:
            text = file.read()
        included = re.findall(r'^#include "lic/(.*)"$', text, re.M)
        self.assertEqual(set(included) | C_HEADERS | {"lic.h"}, set(headers()))
        self.assertEqual(set(re.findall(r"^//     lic/(\w+\.h) ", text, re.M)) | {"lic.h"}, set(headers()))

    def test_the_examples_at_the_top_work(self):
        for header, name, language in (("lic.h", "example.cpp", "CXX"), ("lic_c.h", "example.c", "C")):
            (program,) = examples(header)
            path = self.put(name, program)
            for compiler in compilers(language):
                self.run_example(compiler, path)

    def test_the_other_examples_compile(self):
        found = 0
        for header in set(headers()) - {"lic.h", "lic_c.h"}:
            for number, code in enumerate(examples(header)):
                path = self.put(f"{header}.{number}.cpp", '#include "example_parts.h"\n\n' + code)
                self.compile(
                    compilers("CXX")[0], path, "-fsyntax-only", "-I", os.path.dirname(os.path.abspath(__file__))
                )
                found += 1
        self.assertGreaterEqual(found, 2)

    def test_the_multiplications_are_those_of_the_models(self):
        with open(os.path.join(INCLUDE, "lic", "lic.h"), encoding="utf-8") as file:
            rows = re.findall(r"^//     ([a-z, -]+?)  +(\d+\.\d)  ", file.read(), re.M)
        self.assertEqual(len(rows), 4)
        for model in ("lic-photo", "lic-visual"):
            with open(os.path.join(SOURCE, "models", f"{model}.md"), encoding="utf-8") as card:
                cost = dict(re.findall(r"^\| ([\w-]+) \| ([\d.]+) kMAC per pixel \|$", card.read(), re.M))
            for parts, thousands in rows:
                of_model = sum(float(cost[part]) for part in parts.split(", "))
                self.assertEqual(round(of_model, 1), float(thousands), f"{model}: {parts}")


if __name__ == "__main__":
    unittest.main()
