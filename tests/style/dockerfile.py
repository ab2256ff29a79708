# What a Dockerfile of the tree keeps to: instructions that exist, base images with a tag, apt-get as images want it,
# sources that are there, commands without a shell, and an ordinary user at the end. Debian has no linter of its own for
# this. style.py uses it; self_test.py shows what it finds.
import fnmatch
import json
import posixpath
import re

INSTRUCTIONS = {"ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "ONBUILD",
                "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"}


def instructions(text):
    """Yields (number, name, the rest) of each instruction; continued lines are joined, comments left out.
    What is continued by nothing has the name \\."""
    begun, parts = None, []
    for number, line in enumerate(text.split("\n"), 1):
        if line.lstrip().startswith("#") or (begun is None and not line.strip()):
            continue
        if not line.strip():
            yield begun, "\\", ""
            begun, parts = None, []
            continue
        begun = begun or number
        parts.append(re.sub(r"\\\s*$", " ", line))
        if re.search(r"\\\s*$", line):
            continue
        name, _, rest = "".join(parts).strip().partition(" ")
        yield begun, name, rest.strip()
        begun, parts = None, []


def options_and_words(rest):
    words = rest.split()
    flags = [word for word in words if word.startswith("--")]
    return flags, [word for word in words if not word.startswith("--")]


def is_exec_form(text):
    try:
        words = json.loads(text)
    except ValueError:
        return False
    return isinstance(words, list) and bool(words) and all(isinstance(word, str) for word in words)


def check_run(rest):
    for part in re.split(r"&&|\|\||;", rest):
        if re.search(r"\bapt-get\b.*\binstall\b", part):
            if not re.search(r"\s(-y|-qy|-yq|--yes)\b", part):
                yield "apt-get install asks without -y"
            if "--no-install-recommends" not in part:
                yield "apt-get install without --no-install-recommends"
    if re.search(r"\bapt-get\s+update\b", rest) and not re.search(r"\brm\s+-rf?\s[^&;]*/var/lib/apt/lists", rest):
        yield "the package lists stay in the layer: rm -rf /var/lib/apt/lists/*"
    if re.search(r"\bapt-get\b.*\binstall\b", rest) and not re.search(r"\bapt-get\s+update\b", rest):
        yield "apt-get install without apt-get update in the same layer"
    if re.search(r"\bsudo\b|\bapt\s+install\b", rest):
        yield "apt-get, and no sudo, in an image"


def check_copy(rest, stages, tree, ignored):
    flags, words = options_and_words(rest)
    before = [flag[len("--from="):] for flag in flags if flag.startswith("--from=")]
    if before:
        if before[0] not in stages:
            yield f"there is no earlier stage {before[0]}"
        return
    for source in words[:-1]:
        name = posixpath.normpath(source).lstrip("/")
        around = [name.rsplit("/", count)[0] for count in range(name.count("/") + 1)]
        if name != "." and not tree.has(name):
            yield f"{source} is not in the tree"
        if any(fnmatch.fnmatch(folder, pattern) for folder in around for pattern in ignored):
            yield f"{source} is kept out by .dockerignore"


def check_from(rest, stages):
    _, words = options_and_words(rest)
    image = words[0] if words else ""
    fixed = re.search(r"(:(?!latest$)[\w.-]+|@sha256:[0-9a-f]{64})$", image)
    if image not in stages and image != "scratch" and not fixed:
        yield f"{image or 'the base image'} has no tag of its own"


def check_dockerfile(tree, text, ignore=""):
    """Yields (number, what is wrong). `ignore`: the text of .dockerignore."""
    ignored = [line.strip().rstrip("/") for line in ignore.split("\n") if line.strip() and not line.startswith("#")]
    stages, user, last = set(), "root", 1
    for number, name, rest in instructions(text):
        last = number
        if name not in INSTRUCTIONS:
            yield number, f"there is no instruction {name}" if name != "\\" else "a line is continued by nothing"
        found = []
        if name == "FROM":
            found, user = check_from(rest, stages), "root"
            stages.update(re.findall(r"(?i)\sAS\s+(\S+)$", rest))
        elif name == "ADD":
            found = ["COPY says what ADD guesses, and fetches nothing"]
        elif name == "COPY":
            found = check_copy(rest, stages, tree, ignored)
        elif name == "RUN":
            found = check_run(rest)
        elif name == "USER":
            user = rest.split(":")[0]
        elif name in ("CMD", "ENTRYPOINT", "HEALTHCHECK") and rest != "NONE":
            command = re.sub(r"^(--\S+\s+)*CMD\s+", "", rest) if name == "HEALTHCHECK" else rest
            if not is_exec_form(command):
                found = [f"{name} in the form of a shell: no signal reaches the program"]
        for wrong in found:
            yield number, wrong
    if user in ("root", "0"):
        yield last, "the image runs as root"
