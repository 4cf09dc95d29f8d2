"""The source is laid out as HACKING.md says: who may import whom, where every file belongs, and how long things are.

Lengths are those of C++, JavaScript and Python. Data needs no exception, because vectors, models, tables and results
are files of other kinds. Each check has a test of its own that shows that it can fail.
"""

import collections
import os
import re
import subprocess
import unittest

from tests.docs import rooms, source_text

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WIDEST_LINE, LONGEST_FUNCTION, LONGEST_FILE = 120, 60, 400
CPP, JAVASCRIPT, PYTHON = (".h", ".cpp", ".c"), (".js", ".ts"), (".py",)

HACKING = """## Rooms
| folder | who | may import |
|---|---|---|
| `shared/base/` | bits | nothing |
| | `bits` | |
| `shared/` | doors | all of the above |
| | `door` | |

| `web/file/` | bytes | nothing |
| `web/server/` | pages | `file`, `lic-codec` by name |
## Next
"""
ROOMS = rooms.read_tables(HACKING.replace("\n\n| `web", "\n\n| folder | who | may import |\n|---|---|---|\n| `web"))


def tracked(*endings):
    """The files of the repository with one of these endings, and those that are not committed yet."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    return [path for path in listed if path.endswith(endings) and os.path.exists(os.path.join(ROOT, path))]


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def texts(*endings, below=("",)):
    return {path: read(path) for path in tracked(*endings) if path.startswith(tuple(below))}


def wide_lines(path, text):
    lines = enumerate(text.split("\n"), 1)
    return [f"{path}:{n}: {len(line)} columns, at most {WIDEST_LINE}" for n, line in lines if len(line) > WIDEST_LINE]


def long_functions(path, text):
    return [
        f"{path}:{first}: {last - first + 1} lines of {name}, at most {LONGEST_FUNCTION}"
        for name, first, last in source_text.functions(path, text)
        if last - first + 1 > LONGEST_FUNCTION
    ]


def long_file(path, text):
    lines = text.count("\n")
    return [f"{path}: {lines} lines, at most {LONGEST_FILE}"] if lines > LONGEST_FILE else []


def types_twice(sources):
    """Types that two places define under one name. A nameless namespace is its file's own."""
    places = collections.defaultdict(list)
    for path, text in sources.items():
        for name in source_text.cpp_types(text):
            places[(path if "(anonymous)" in name else "", name)].append(path)
    return [f"{name} is defined in {' and '.join(found)}" for (_, name), found in places.items() if len(found) > 1]


def matches(sources, pattern):
    """Lines of the code, without comments and strings, in which a pattern is found."""
    return [
        f"{path}:{number}: {line.strip()}"
        for path, text in sources.items()
        for number, line in enumerate(source_text.cpp_code(text).split("\n"), 1)
        if re.search(pattern, line)
    ]


def xnnpack_users(sources):
    return [path for path, text in sources.items() if "<xnnpack.h>" in source_text.cpp_includes(text)]


class TheTree(unittest.TestCase):
    def check(self, faults):
        self.assertEqual([], faults, "\n" + "\n".join(faults))

    @classmethod
    def setUpClass(cls):
        cls.rooms = rooms.read_tables(read("HACKING.md"))
        cls.cpp = texts(*CPP, below=("shared/", "native/", "wasm/"))
        cls.web = texts(*JAVASCRIPT, below=("web/",))
        cls.all = texts(*CPP, *JAVASCRIPT, *PYTHON)

    def test_includes_go_where_the_tables_allow(self):
        self.check(rooms.cpp_faults(self.cpp, self.rooms))

    def test_imports_go_where_the_tables_allow(self):
        self.check(rooms.js_faults(self.web, self.rooms))

    def test_the_tables_name_every_unit(self):
        self.check(
            rooms.missing_rows([path for path in self.cpp if not path.startswith("wasm/")] + [*self.web], self.rooms)
        )

    def test_only_floating_includes_xnnpack(self):
        self.check([path for path in xnnpack_users(self.cpp) if not path.startswith("shared/floating/")])

    def test_integer_networks_have_no_floating_point(self):
        integer = {path: text for path, text in self.cpp.items() if path.startswith("shared/integer/")}
        self.check(matches(integer, r"\b(float|double)\b"))

    def test_no_type_is_defined_twice(self):
        self.check(types_twice(self.cpp))

    def test_no_line_is_wider_than_the_formatter_allows(self):
        self.check([fault for path, text in self.all.items() for fault in wide_lines(path, text)])

    def test_functions_are_short(self):
        self.check([fault for path, text in self.all.items() for fault in long_functions(path, text)])

    def test_files_are_short(self):
        self.check([fault for path, text in self.all.items() for fault in long_file(path, text)])


class ChecksCanFail(unittest.TestCase):
    def test_an_include_that_goes_up(self):
        sources = {"shared/door.h": "", "shared/base/bits.h": '#include "door.h"', "shared/include/lic/lic.h": ""}
        self.assertEqual(1, len(rooms.cpp_faults(sources, ROOMS)))
        sources["shared/base/bits.h"] = '#include "lic/lic.h"\n#include <vector>\n#include "base/bits.h"'
        sources["shared/door.h"] = '#include "base/bits.h"'
        self.assertEqual([], rooms.cpp_faults(sources, ROOMS))
        sources["wasm/bindings.cpp"] = '#include "lic/lic.h"\n#include "door.h"'
        self.assertEqual(1, len(rooms.cpp_faults(sources, ROOMS)))
        sources["wasm/bindings.cpp"] = '#include "lic/lic.h"'
        self.assertEqual([], rooms.cpp_faults(sources, ROOMS))

    def test_an_import_that_goes_up(self):
        for text in (
            "import {a} from '../server/jobs.js'",
            "/** @import('../server/jobs.js') */",
            "import 'lic-codec'",
        ):
            self.assertEqual(1, len(rooms.js_faults({"web/file/a.js": text}, ROOMS)), text)
        for text in ("import {a} from './b.js'", "import {a} from '../file/b.js'", "import fs from 'node:fs'"):
            self.assertEqual([], rooms.js_faults({"web/server/a.js": text}, ROOMS), text)
        self.assertEqual([], rooms.js_faults({"web/server/a.js": "import {a} from 'lic-codec'"}, ROOMS))

    def test_a_file_without_a_row(self):
        whole = ["shared/base/bits.h", "shared/base/bits.cpp", "shared/door.h"]
        self.assertEqual([], rooms.missing_rows(whole, ROOMS))
        self.assertEqual(1, len(rooms.missing_rows(whole + ["shared/base/more.h"], ROOMS)))
        self.assertEqual(1, len(rooms.missing_rows(whole + ["shared/attic/old.h"], ROOMS)))
        self.assertEqual(1, len(rooms.missing_rows(whole[:2], ROOMS)))

    def test_xnnpack_and_floating_point(self):
        self.assertEqual(["a.cpp"], xnnpack_users({"a.cpp": "#include <xnnpack.h>", "b.cpp": "// <xnnpack.h>"}))
        self.assertEqual(1, len(matches({"a.h": "float a;  // one\n/* double */ int floats;"}, r"\b(float|double)\b")))

    def test_a_type_of_two_files(self):
        one = 'namespace lic::native {\nstruct Source { int f() { return 1; } };\nenum class Kind : int { kOne };\n}'
        other = "namespace lic {\nnamespace native {\nclass Source final : Base {\n int a[2] = {1, 2};\n};\n}}"
        self.assertEqual(["lic::native::Source", "lic::native::Kind"], source_text.cpp_types(one))
        self.assertEqual(1, len(types_twice({"a.h": one, "b.h": other})))
        self.assertEqual([], types_twice({"a.h": one, "b.h": other.replace("native", "wasm")}))
        apart = {name: "namespace lic { namespace { struct Source {}; } }" for name in ("a.cpp", "b.cpp")}
        self.assertEqual([], types_twice(apart))
        self.assertEqual(
            1, len(types_twice({"a.cpp": apart["a.cpp"].replace("{}; }", "{}; } namespace { struct Source {}; }")}))
        )
        self.assertEqual([], source_text.cpp_types("struct Source;\nstruct Source source() { return {}; }"))

    def test_a_wide_line_and_a_long_file(self):
        self.assertEqual(1, len(wide_lines("a.py", "é" * 120 + "\n" + "é" * 121)))
        self.assertEqual(1, len(long_file("a.py", "\n" * 401)))
        self.assertEqual([], long_file("a.py", "\n" * 400))

    def test_a_long_function(self):
        for path, head, end in (
            ("a.cpp", "namespace lic {\nint F(int a,\n  int b) {\n", "  if (a) { a = 1; }\n}\n}"),
            ("a.cpp", "class A {\n public:\n  A() : a({1}) {\n\n", "  }\n int a; };"),
            ("a.js", "function f(a) {\n\n\n", "}"),
            ("a.js", "class A {\n  async #f(\n    a,\n  ) {\n", "  }\n}"),
            ("a.js", "export const f = async (a) => {\n\n\n", "};"),
            ("a.py", "def f(\n    a,\n    b,\n):\n", "    pass"),
        ):
            body = "    a = 1\n" if path.endswith(".py") else "    a = 1;\n"
            spare = LONGEST_FUNCTION - 5
            self.assertEqual([], long_functions(path, head + body * spare + end), head)
            self.assertEqual(1, len(long_functions(path, head + body * (spare + 4) + end)), head)


if __name__ == "__main__":
    unittest.main()
