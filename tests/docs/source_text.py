"""What can be read off the text of a source file without a compiler: types, functions, includes and imports.

C++ is read by its braces. JavaScript is read by its indentation, which prettier keeps. Python has a parser of its own.
"""

import ast
import re

_CPP_IGNORED = re.compile(
    r"""R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)"   # a raw string
    | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])'  # a string, a character
    | //[^\n]* | /\*.*?\*/                      # a comment
    | ^[ \t]*\#(?:\\\n|[^\n])*                  # a directive of the preprocessor
    | \[\[.*?\]\]                               # an attribute""",
    re.S | re.M | re.X,
)
_CPP_TYPE = re.compile(r"\b(?:class|struct|union|enum(?:\s+class|\s+struct)?)\s+(?:LIC_\w+\s+)?([\w:]+)[^()=]*$")
_CPP_NAMESPACE = re.compile(r"\bnamespace\b\s*([\w:]*)\s*$")


def _blank(match):
    return re.sub(r"[^\n]", " ", match[0])


def cpp_code(text):
    """A C++ file without comments, strings and directives, on the same lines."""
    return _CPP_IGNORED.sub(_blank, text)


def cpp_blocks(text):
    """The blocks in braces of a C++ file outside functions: (kind, qualified name, first line, last line).

    `kind` is "namespace", "type" or "function"; a function's name is what stands before its parenthesis. The block of a
    nameless namespace has "(anonymous)" in its name.
    """
    code = cpp_code(text)
    blocks, scopes, start = [], [], 0
    inner = 0  # open braces inside a function, a list of initialisers or a default argument
    for match in re.finditer(r"[;{}]", code):
        head, opens, closes = code[start : match.start()], match[0] == "{", match[0] == "}"
        in_function = bool(scopes) and scopes[-1][0] in ("function", "other")
        if inner and closes:
            inner -= 1
            continue
        if inner or (in_function and not closes) or (opens and _in_head(head)):
            inner += opens
            continue
        if opens:
            kind, name = _cpp_kind(head)
            outer = scopes[-1][1] if scopes else ""
            line = code.count("\n", 0, start + len(head) - len(head.lstrip())) + 1
            scopes.append((kind, "::".join(filter(None, [outer, name])), line))
        elif closes and scopes:
            blocks.append((*scopes.pop(), code.count("\n", 0, match.start()) + 1))
        start = match.end()
    return [block for block in blocks if block[0] in ("namespace", "type", "function")]


def _in_head(head):
    """Whether a brace after `head` belongs to it: to a default argument, or to a member that is initialised."""
    return head.count("(") > head.count(")") or (")" in head and re.search(r"[\w>]$", head) is not None)


def _cpp_kind(head):
    """What a brace after `head` opens, outside functions."""
    head = re.sub(r"^\s*(?:public|private|protected)\s*:", "", head)
    if namespace := _CPP_NAMESPACE.search(head):
        return "namespace", namespace[1] or "(anonymous)"
    if re.search(r"\bextern\s*$", head):
        return "linkage", ""
    if found := _CPP_TYPE.search(re.sub(r"\btemplate\s*<[^{;]*?>\s*(?=class|struct|union)", "", head)):
        return "type", found[1]
    if name := re.search(r"([\w:~]+|operator\s*\S+)\s*\(", head):
        return "function", name[1]
    return "other", ""


def cpp_types(text):
    """The qualified names of the types that a C++ file defines."""
    return [name for kind, name, _, _ in cpp_blocks(text) if kind == "type"]


def cpp_includes(text):
    """What a C++ file includes: "lic/lic.h" as it is, <vector> as <vector>."""
    found = re.findall(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"]+)"|(<[^>]+>))', text, re.M)
    return [own or system for own, system in found]


def js_imports(text):
    """The modules that a JavaScript or TypeScript file names, those of types in comments too."""
    pattern = r"""(?:\bfrom\s*|\bimport\s*\(\s*|^\s*import\s+)(["'])([^"'\n]+)\1"""
    return [name for _, name in re.findall(pattern, text, re.M)]


_JS_HEAD = re.compile(
    r"""\bfunction\b.*\{$      # function f(a) {
    | =>\ \{$                  # (a) => {
    | ^\s*(?!if|for|while|switch|catch|with|\}|\))(?:(?:static|async|get|set)\ )*\*?[\w$#]+\(.*\)\ \{$   # f(a) {""",
    re.X,
)


def js_functions(text):
    """The functions of a JavaScript file as prettier lays it out: (name or head, first line, last line)."""
    lines, found = text.split("\n"), []
    for number, line in enumerate(lines):
        indent = len(line) - len(line.lstrip())
        first = number
        if re.match(r"\s*[)}\]]+(?: =>)? \{$", line):  # the end of a head of several lines
            first = _js_head_start(lines, number, indent)
            if re.match(r"\s*(?:\} )?(?:else )?(?:if|for|while|switch|catch)\b", lines[first]):
                continue
        elif not _JS_HEAD.search(line):
            continue
        for last in range(number + 1, len(lines)):
            if lines[last].startswith(" " * indent + "}"):
                found.append((lines[first].strip(), first + 1, last + 1))
                break
    return found


def _js_head_start(lines, number, indent):
    """The line of this indentation that opened the parenthesis which line `number` closes."""
    for start in range(number - 1, -1, -1):
        if lines[start].strip() and len(lines[start]) - len(lines[start].lstrip()) == indent:
            return start
    return number


def python_functions(text):
    """The functions of a Python file: (name, first line, last line)."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [(node.name, node.lineno, node.end_lineno) for node in ast.walk(ast.parse(text)) if isinstance(node, kinds)]


def functions(path, text):
    """The functions of any file of the three languages: (name, first line, last line)."""
    if path.endswith(".py"):
        return python_functions(text)
    if path.endswith((".js", ".ts")):
        return js_functions(text)
    return [block[1:] for block in cpp_blocks(text) if block[0] == "function"]
