#!/usr/bin/env python3
# The tree's own style, held by a test: which folder may include what, how long files, functions and lines are, how a
# file opens, what no file contains, that what a text points at is there (links.py), and what a Dockerfile keeps to
# (dockerfile.py). It reads the tracked files (all files but build folders where there is no git), prints each finding
# as path:line: [rule] text, and fails when there is one. Standard library only; self_test.py shows for each rule a text
# that breaks it.
import pathlib
import re
import subprocess
import sys

import dockerfile
import links

HEADER_LINES_MAX = 300
SOURCE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70
COLUMNS_MAX = 120

CPP = (".hpp", ".cpp")
# Files whose format is not this project's to choose, or whose lines are prose.
LONG_LINES_ALLOWED = (".md", ".json", ".html", ".svg")
OPENING_WITH_HASH = (".py", ".sh", ".cmake", ".cmake.in", "CMakeLists.txt", ".clang-format", ".clang-tidy")
GENERATED = (".o", ".a", ".so", ".gch", ".pyc", ".gcda", ".gcno", ".profraw", ".log", ".orig", ".rej")

# What a folder may include between quotes; the longest matching folder counts.
QUOTED_ALLOWED = {
    "core/": r"tripool/core/(?!postgres/)",
    "core/postgres/": r"tripool/core/",
    "actors/": r"tripool/(core|actors)/",
    "service/": r"(tripool/(core|actors)|service)/",
    "service/cluster/": r"(tripool/core|service/cluster)/",
    "tests/": r"(tripool/(core|actors)|service|tests)/",
    "tests/unit/": r"(tripool/core/(?!postgres/)|tests/(support|unit)/)",
    "tests/unit/postgres/": r"(tripool/core/|tests/support/)",
    "tests/embedding/": r"tripool/(core|actors)/",
    "docs/": r"tripool/(core|actors)/",
    "docs/examples/rag/": r"rag/",
}
# What a folder may not include between angle brackets. Elsewhere everything but libpq is allowed.
THREADS_AND_IO = r"(thread|mutex|shared_mutex|condition_variable|future|fstream|iostream|filesystem)$"
LIBPQ = r"(postgresql/)?libpq(-fe|-events)?\b"
ANGLE_FORBIDDEN = {
    "": LIBPQ,
    "core/": rf"({THREADS_AND_IO}|random$|.*/|.*\.h$)",
    "core/postgres/": r"(caf|spdlog)/",
    "tests/unit/": rf"({THREADS_AND_IO}|caf/|spdlog/|catch2/|.*\.h$)",
    "tests/": rf"({LIBPQ}|catch2/)",
    "tests/benchmarks/": r"catch2/",  # The yardstick is libpq itself.
}
# Calls that a folder may not contain, with what to do instead.
CALLS_FORBIDDEN = [
    (("core/",), r"::now\(", "core takes the time as an argument"),
    (("core/",), r"\b(getenv|srand|std::rand|std::time|gettimeofday|clock_gettime)\(|std::(cout|cerr|clog)\b",
     "core asks nothing of its surroundings and writes nothing"),
    (("tests/unit/", "tests/actors/"), r"\b(sleep_for|sleep_until|usleep|nanosleep|sleep)\(",
     "wait for the event or advance the virtual time"),
    (("tests/unit/",), r"\brandom_device\b", "a unit test repeats: seed its generator with a constant"),
]
EXEMPT = {("tests/support/catch.hpp", "include")}

# In two halves, so that this file does not contain what it looks for.
MARK = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX")) + r")\b")
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')


class Finding:
    def __init__(self, path, line, rule, text):
        self.path, self.line, self.rule, self.text = path, line, rule, text

    def __str__(self):
        return f"{self.path}:{self.line}: [{self.rule}] {self.text}"


def longest_prefix(table, path):
    """The entry of `table` whose folder is the innermost one around `path`, or None."""
    folders = [folder for folder in table if path.startswith(folder)]
    return table[max(folders, key=len)] if folders else None


def blank_literals(text):
    """`text` without comments, string and character literals and preprocessor lines, with all its line breaks."""
    pattern = re.compile(
        r'//[^\n]*|/\*.*?\*/'
        r'|R"([^()\\\s]{0,16})\(.*?\)\1"'
        r'|"(?:\\.|[^"\\\n])*"'
        r"|(?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+'"
        r'|^[ \t]*#(?:[^\n\\]|\\.|\\\n)*', re.DOTALL | re.MULTILINE)

    def blank(match):
        found = match.group(0)
        breaks = "\n" * found.count("\n")
        return breaks if found.lstrip().startswith(("/", "#")) else '""' + breaks

    return pattern.sub(blank, text)


def functions(text):
    """Yields (first line, number of lines) of each outermost function body. A heuristic over braces: a brace outside
    any function that follows a head with parentheses opens a function, unless the head declares a type or namespace."""
    code = blank_literals(text)
    line, head, stack = 1, "", []
    first = None  # the line on which the function that we are in, or whose initialisers we are in, began
    for index, char in enumerate(code):
        if char == "\n":
            line += 1
        if char == "{":
            inside = "function" in stack
            container = re.search(r"\b(namespace|class|struct|union|enum|extern)\b[^()]*$", head.split(":")[0])
            is_function = not inside and not container and "(" in head
            stack.append("function" if is_function else "other")
            if is_function and first is None:
                first = line
            if not inside and not is_function:
                head = ""
        elif char == "}":
            kind = stack.pop() if stack else "other"
            if kind == "function":
                if code[index + 1:].lstrip()[:1] not in (",", "{"):
                    yield first, line - first + 1
                    head, first = "", None
            elif "function" not in stack:
                head = ""
        elif char == ";" and "function" not in stack and first is None:
            head = ""
        elif "function" not in stack:
            head += char


def check_includes(path, number, line):
    match = INCLUDE.match(line)
    if not match or (path, "include") in EXEMPT:
        return
    quote, header = match.groups()
    if quote == '"':
        allowed = longest_prefix(QUOTED_ALLOWED, path)
        if header.startswith(".") or "/../" in header:
            yield Finding(path, number, "include", f'"{header}" is a relative path')
        elif allowed and not re.match(allowed, header):
            yield Finding(path, number, "include", f'"{header}" is out of bounds for this folder')
    elif re.match(longest_prefix(ANGLE_FORBIDDEN, path), header):
        yield Finding(path, number, "include", f"<{header}> is out of bounds for this folder")


def check_calls(path, text):
    code = blank_literals(text).split("\n")
    for folders, pattern, advice in CALLS_FORBIDDEN:
        if path.startswith(folders):
            for number, line in enumerate(code, 1):
                if re.search(pattern, line):
                    yield Finding(path, number, "call", f"{line.strip()} ({advice})")


def check_cpp(path, text, lines):
    if not re.fullmatch(r"[a-z0-9_]+\.(hpp|cpp)", path.rsplit("/", 1)[-1]):
        yield Finding(path, 1, "name", "file names are snake_case")
    header = path.endswith(".hpp")
    limit = HEADER_LINES_MAX if header else SOURCE_LINES_MAX
    if len(lines) > limit:
        yield Finding(path, limit + 1, "file-length", f"{len(lines)} lines, at most {limit}")
    if header and "#pragma once" not in lines:
        yield Finding(path, 1, "pragma-once", "a header has #pragma once")
    for number, line in enumerate(lines, 1):
        yield from check_includes(path, number, line)
        if header and re.match(r"\s*using namespace (?!std::(literals|chrono_literals|string_view_literals)\b)", line):
            yield Finding(path, number, "using-namespace", "only of the standard literals in a header")
    for first, count in functions(text):
        if count > FUNCTION_LINES_MAX:
            yield Finding(path, first, "function-length", f"{count} lines, at most {FUNCTION_LINES_MAX}")
    yield from check_calls(path, text)


def check_opening(path, lines):
    start = 1 if lines and lines[0].startswith("#!") else 0
    if path.endswith(CPP):
        opening = "//"
    elif path.endswith(".conf"):  # CAF's configuration syntax
        opening = ";"
    elif path.endswith(OPENING_WITH_HASH) or start == 1:
        opening = ("#", '"""') if path.endswith(".py") or "python" in lines[0] else "#"
    else:
        return
    if not (lines[start:] and lines[start].startswith(opening)):
        yield Finding(path, start + 1, "opening", "a file opens with a comment that says what it is")


def check_text(path, text):
    """All findings in the file `path` (relative to the top folder) with the content `text`."""
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    elif text:
        yield Finding(path, len(lines), "end", "no line break at the end of the file")
    yield from check_opening(path, lines)
    for number, line in enumerate(lines, 1):
        if "\t" in line and not path.endswith(".go"):  # gofmt's
            yield Finding(path, number, "whitespace", "a tab")
        if line != line.rstrip() or "\r" in line:
            yield Finding(path, number, "whitespace", "white space at the end of the line")
        if len(line) > COLUMNS_MAX and not path.endswith(LONG_LINES_ALLOWED):
            yield Finding(path, number, "line-length", f"{len(line)} columns, at most {COLUMNS_MAX}")
        if MARK.search(line):
            yield Finding(path, number, "mark", "unfinished work belongs into an issue, not into the tree")
    if path.endswith(CPP):
        yield from check_cpp(path, text, lines)


def check_bytes(path, data):
    if path.endswith(GENERATED) or path.startswith("build"):
        yield Finding(path, 1, "generated", "a generated file does not belong into the tree")
        return
    if path.startswith("tests/fuzz/corpus/"):
        return  # Raw input by nature.
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        if not path.endswith((".png", ".ico")):  # Pictures belong to the handbook.
            yield Finding(path, 1, "binary", "not a text file")
        return
    yield from check_text(path, text)


def check_pointers(tree, path, data):
    """The pointers of the file `path` into `tree` that lead nowhere."""
    if b"\0" not in data and not path.startswith("build"):
        for number, wrong in links.check_pointers(tree, path, data.decode("utf-8", "replace")):
            yield Finding(path, number, "pointer", wrong)


def check_image(tree, path, data):
    """What is wrong with the file `path` of `tree`, where it is a Dockerfile."""
    if path.rsplit("/", 1)[-1] == "Dockerfile":
        ignore = tree.read(".dockerignore") if ".dockerignore" in tree.files else ""
        for number, wrong in dockerfile.check_dockerfile(tree, data.decode("utf-8", "replace"), ignore):
            yield Finding(path, number, "dockerfile", wrong)


def tree_files(top):
    try:
        command = ["git", "-C", str(top), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listing = subprocess.run(command, capture_output=True, check=True).stdout.decode()
        names = [name for name in listing.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        names = []
    if not names:
        names = [str(path.relative_to(top)) for path in top.rglob("*") if path.is_file()]
        names = [name for name in names if not re.match(r"(build[^/]*|\.git|\.cache)/|.*__pycache__", name)]
    return sorted(name for name in names if (top / name).is_file())


def main():
    top = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    names = tree_files(top)
    findings = [finding for name in names for finding in check_bytes(name, (top / name).read_bytes())]
    tree = links.Tree(names, lambda name: (top / name).read_text(encoding="utf-8"))
    for check in (check_pointers, check_image):
        findings += [finding for name in names for finding in check(tree, name, (top / name).read_bytes())]
    for finding in findings:
        print(finding)
    print(f"{len(names)} files, {len(findings)} findings")
    return 1 if findings or not names else 0


if __name__ == "__main__":
    sys.exit(main())
