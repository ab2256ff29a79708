# What the tree's texts point at is there: a Markdown link's file and heading, and every path below one of the tree's
# folders that any text names (`docs/guide.md`, `tests/unit`, `scripts/format`). No network: links to other hosts are
# not followed. style.py uses it; self_test.py shows what it finds.
import pathlib
import posixpath
import re

# A path that a text names: from the top folder, or from a folder around the text (an example's README).
NAMED = re.compile(r"(?<![\w/.$}*<-])(?:docs|scripts|tests|config|core|actors|service|cmake)/(?:[\w./*-]*[\w*])?")
LINK = re.compile(r"(?<!\\)\]\(\s*<?([^()\s>]+(?:\([^()\s]*\))?)>?(?:\s+\"[^\"]*\")?\s*\)")
REFERENCE = re.compile(r"^ {0,3}\[[^\]]+\]:\s*<?(\S+?)>?\s*$")
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
# The self test names files that are not there; corpora and certificates name anything.
NAMES_ANYTHING = ("tests/style/self_test.py", "tests/fuzz/corpus/")


def prose(text):
    """Yields (number, line) of a Markdown text without fenced code; inline code is blanked."""
    fence = None
    for number, line in enumerate(text.split("\n"), 1):
        mark = re.match(r"\s*(`{3,}|~{3,})", line)
        if mark and (fence is None or line.strip().startswith(fence)):
            fence = mark.group(1) if fence is None else None
        elif fence is None:
            yield number, re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", lambda code: " " * len(code.group(0)), line)


def anchors(text):
    """The anchors that GitHub makes of a Markdown text's headings, and those that it names itself."""
    found, count = set(), {}
    fence = None
    for line in text.split("\n"):
        mark = re.match(r"\s*(`{3,}|~{3,})", line)
        if mark and (fence is None or line.strip().startswith(fence)):
            fence = mark.group(1) if fence is None else None
        if fence is not None:
            continue
        found.update(re.findall(r"<a (?:id|name)=\"([^\"]+)\"", line))
        heading = re.match(r" {0,3}#{1,6}\s+(.*?)\s*#*\s*$", line)
        if not heading:
            continue
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading.group(1)).lower()
        slug = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        found.add(f"{slug}-{count[slug]}" if slug in count else slug)
        count[slug] = count.get(slug, 0) + 1
    return found


class Tree:
    """The names of the tree's files and folders, and the anchors of its Markdown files, read when asked for."""

    def __init__(self, names, read):
        self.files = set(names)
        self.folders = {str(folder) for name in names for folder in pathlib.PurePosixPath(name).parents}
        self.read, self.known = read, {}

    def has(self, name):
        name = posixpath.normpath(name)
        if "*" in name:
            return any(pathlib.PurePosixPath(file).match(name) for file in self.files | self.folders)
        return name in self.files or name in self.folders

    def anchors_of(self, name):
        if name not in self.known:
            self.known[name] = anchors(self.read(name))
        return self.known[name]


def check_link(tree, path, target):
    """What is wrong with one link of the file `path`, or None."""
    if ELSEWHERE.match(target):
        return None
    name, _, anchor = target.partition("#")
    file = posixpath.normpath(posixpath.join(posixpath.dirname(path), name)) if name else path
    if not tree.has(file):
        return f"({target}) is not there"
    if anchor and file.endswith(".md") and anchor not in tree.anchors_of(file):
        return f"({target}): {file} has no such heading"
    return None


def check_names(tree, path, line):
    """What is wrong with the paths that a line names. A folder's `all` is Ninja's target."""
    folders = [str(folder) for folder in pathlib.PurePosixPath(path).parents]
    for match in NAMED.finditer(line):
        name = match.group(0).rstrip("/")
        if not name.endswith("/all") and not any(tree.has(posixpath.join(folder, name)) for folder in folders):
            yield f"{name} is named, but is not there"


def check_pointers(tree, path, text):
    """Yields (line, what) for each pointer of the file `path` that leads nowhere."""
    if path.endswith(".md"):
        for number, line in prose(text):
            for target in LINK.findall(line) + REFERENCE.findall(line):
                wrong = check_link(tree, path, target)
                if wrong:
                    yield number, wrong
    if not path.startswith(NAMES_ANYTHING):
        for number, line in enumerate(text.split("\n"), 1):
            for wrong in check_names(tree, path, line):
                yield number, wrong
