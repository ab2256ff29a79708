#!/usr/bin/env python3
# The test of the style test: for each rule a text that breaks it, and texts that look as if they did but do not.
import sys
import unittest

sys.dont_write_bytecode = True
import dockerfile  # noqa: E402
import links  # noqa: E402
import style  # noqa: E402  (after the flag above, which keeps compiled files out of the tree)

OPENING = "// What this is.\n"
HEADER = OPENING + "#pragma once\n"


def rules(path, text):
    return [finding.rule for finding in style.check_bytes(path, text.encode())]


PAGES = {
    "README.md": "# A\n\n## Try it\n\n### `run`, and then?\n\n## Try it\n\n```\n# no heading\n```\n",
    "docs/guide.md": "# B\n",
    "docs/examples/rag/README.md": "# C\n",
    "docs/examples/rag/tests/a_test.cpp": "",
    "scripts/format": "",
}


def pointers(path, text):
    tree = links.Tree(PAGES, PAGES.get)
    return [finding.text for finding in style.check_pointers(tree, path, text.encode())]


IMAGE = "FROM debian:bookworm-slim\n{}\nUSER tripool\n"
APT = "apt-get update && apt-get install -y --no-install-recommends a=1 && rm -rf /var/lib/apt/lists/*"


def image_faults(text):
    tree = links.Tree({**PAGES, "docs/secret/key.md": ""}, PAGES.get)
    return [wrong for _, wrong in dockerfile.check_dockerfile(tree, text, "# not docs\ndocs/secret/\n*.key\n")]


def function(lines):
    return "int f(int x) {\n" + "  ++x;\n" * (lines - 2) + "}\n"


class broken(unittest.TestCase):
    def flagged(self, rule, path, text):
        self.assertIn(rule, rules(path, text), f"{path}: {text[:80]!r}")

    def test_includes_out_of_bounds(self):
        for path, include in [
            ("core/pool/a.hpp", "<caf/all.hpp>"),
            ("core/pool/a.hpp", "<spdlog/spdlog.h>"),
            ("core/pool/a.hpp", "<libpq-fe.h>"),
            ("core/pool/a.hpp", "<thread>"),
            ("core/pool/a.hpp", "<random>"),
            ("core/pool/a.hpp", "<fstream>"),
            ("core/pool/a.hpp", "<unistd.h>"),
            ("core/pool/a.hpp", "<sys/socket.h>"),
            ("core/pool/a.hpp", '"tripool/core/postgres/session.hpp"'),
            ("core/pool/a.hpp", '"tripool/actors/pool.hpp"'),
            ("core/postgres/a.hpp", "<caf/fwd.hpp>"),
            ("core/postgres/a.hpp", '"tripool/actors/pool.hpp"'),
            ("actors/a.hpp", "<libpq-fe.h>"),
            ("actors/a.hpp", "<postgresql/libpq-fe.h>"),
            ("actors/a.hpp", '"service/commands/demo.hpp"'),
            ("actors/a.hpp", '"tests/support/fake.hpp"'),
            ("service/a.hpp", "<libpq-fe.h>"),
            ("service/a.hpp", '"tests/support/fake.hpp"'),
            ("service/cluster/a.hpp", '"tripool/actors/pool.hpp"'),
            ("tests/unit/a.hpp", "<caf/all.hpp>"),
            ("tests/unit/a.hpp", "<thread>"),
            ("tests/unit/a.hpp", '"tripool/actors/pool.hpp"'),
            ("tests/integration/a.hpp", "<libpq-fe.h>"),
            ("tests/actors/a.hpp", "<catch2/catch.hpp>"),
            ("tests/embedding/a.hpp", '"tests/support/catch.hpp"'),
            ("actors/a.hpp", '"../core/pool.hpp"'),
            ("actors/a.hpp", '"pool.hpp"'),
        ]:
            self.flagged("include", path, HEADER + f"#include {include}\n")

    def test_calls(self):
        self.flagged("call", "core/pool/a.cpp", OPENING + "auto t = std::chrono::steady_clock::now();\n")
        self.flagged("call", "core/pool/a.cpp", OPENING + 'auto t = std::getenv("HOME");\n')
        for call in ("std::this_thread::sleep_for(10ms)", "usleep(10)", "sleep(1)", "::nanosleep(&t, nullptr)"):
            self.flagged("call", "tests/unit/a.cpp", OPENING + f"void f() {{ {call}; }}\n")
            self.flagged("call", "tests/actors/a.cpp", OPENING + f"void f() {{ {call}; }}\n")

        self.flagged("call", "tests/unit/a.cpp", OPENING + "std::mt19937 g{std::random_device{}()};\n")

    def test_lengths(self):
        self.flagged("file-length", "core/a.hpp", HEADER + "int x;\n" * 299)
        self.flagged("file-length", "core/a.cpp", OPENING + "int x;\n" * 400)
        self.flagged("line-length", "core/a.cpp", OPENING + "// " + "x" * 118 + "\n")
        self.flagged("line-length", "check", "# " + "x" * 119 + "\n")

    def test_long_functions(self):
        for wrap in (
            "{}",
            "namespace tripool {{\n{}}}\n",
            "struct a {{\n{}}};\n",
            "class a : public b {{\n{}}};\n",
            "namespace {{\nenum class e {{ x, y }};\n{}}}\n",
            "constexpr int table[] = {{1, 2, 3}};\nauto text = R\"({{{{ \" )\";\n{}",
        ):
            self.flagged("function-length", "actors/a.cpp", OPENING + wrap.format(function(71)))
        initialised = "a::a(int x) : b_{x}, c_{x, 1} {\n" + "  ++b_;\n" * 69 + "}\n"
        self.flagged("function-length", "actors/a.cpp", OPENING + initialised)
        templated = "template <class T>\nauto f(T x) -> std::vector<T>\n{\n" + "  ++x;\n" * 69 + "}\n"
        self.flagged("function-length", "actors/a.cpp", OPENING + templated)
        case = 'TEST_CASE("{ a promise") {\n' + "  CHECK(true);\n" * 69 + "}\n"
        self.flagged("function-length", "tests/unit/a.cpp", OPENING + case)

    def test_openings(self):
        self.flagged("opening", "core/a.cpp", "int x;\n")
        self.flagged("opening", "run", "#!/usr/bin/env bash\nset -e\n")
        self.flagged("opening", "cmake/a.cmake", "set(a 1)\n")
        self.flagged("pragma-once", "core/a.hpp", OPENING + "int x;\n")

    def test_pointers(self):
        for path, text in [
            ("README.md", "[x](docs/gone.md)\n"),
            ("README.md", "[x](docs/guide.md#gone)\n"),
            ("README.md", "[x](#no-heading)\n"),
            ("README.md", "[a](docs/guide.md) and [b](gone.md \"title\")\n"),
            ("README.md", "[x]: gone.md\n"),
            ("docs/guide.md", "[x](docs/guide.md)\n"),
            ("docs/guide.md", "see `scripts/gone`\n"),
            ("docs/guide.md", "```sh\nscripts/gone --now\n```\n"),
            ("docs/guide.md", "tests/unit/gone_test.cpp\n"),
            ("docs/guide.md", "docs/examples/x*\n"),
            ("core/a.hpp", "// docs/gone.md says why\n"),
            ("docs/examples/rag/README.md", "tests/gone_test.cpp\n"),
        ]:
            self.assertTrue(pointers(path, text), f"{path}: {text!r}")

    def test_contents(self):
        for mark in ("TO" + "DO", "FIX" + "ME"):
            self.flagged("mark", "core/a.cpp", OPENING + f"// {mark}: later\n")
            self.flagged("mark", "README.md", f"# A\n{mark}\n")
        self.flagged("whitespace", "core/a.cpp", OPENING + "int\tx;\n")
        self.flagged("whitespace", "core/a.cpp", OPENING + "int x; \n")
        self.flagged("whitespace", "core/a.cpp", OPENING + "int x;\r\n")
        self.flagged("end", "core/a.cpp", OPENING + "int x;")
        self.flagged("using-namespace", "core/a.hpp", HEADER + "using namespace std;\n")
        self.flagged("name", "core/PoolState.cpp", OPENING)
        self.flagged("generated", "build/dev/a.hpp", HEADER)
        self.flagged("generated", "core/a.o", "x")
        self.flagged("binary", "core/a.dat", "# a\0b\n")


    def test_images(self):
        for text, wrong in [
            ("FROM debian\nUSER a\n", "no tag"),
            ("FROM debian:latest\nUSER a\n", "no tag"),
            ("FROM reg:5000/debian\nUSER a\n", "no tag"),
            ("FROM debian:12\nUSER a\nFROM debian:12\nRUN true\n", "runs as root"),
            ("FROM debian:12\nUSER root:root\n", "runs as root"),
            ("FROM debian:12\nUSER a\nRUN true \\\n", "continued by nothing"),
            (IMAGE.format("RUN " + APT.replace(" -y", "")), "without -y"),
            (IMAGE.format("RUN " + APT.replace("--no-install-recommends ", "\\\n# why\n  ")), "without --no-inst"),
            (IMAGE.format("RUN " + APT.split(" && rm")[0]), "package lists stay"),
            (IMAGE.format("RUN " + APT.replace("apt-get update && ", "")), "without apt-get update"),
            (IMAGE.format("RUN sudo true"), "no sudo"),
            (IMAGE.format("ADD https://example.org/a /a"), "COPY says"),
            (IMAGE.format("COPY gone /a"), "gone is not in the tree"),
            (IMAGE.format("COPY docs/secret/key.md /a"), "kept out"),
            (IMAGE.format("COPY --from=build /a /a"), "no earlier stage build"),
            (IMAGE.format("COPPY docs /a"), "no instruction COPPY"),
            (IMAGE.format("CMD tripool serve"), "CMD in the form of a shell"),
            (IMAGE.format("ENTRYPOINT ['tripool']"), "ENTRYPOINT in the form of a shell"),
            (IMAGE.format("HEALTHCHECK --timeout=5s CMD tripool status"), "HEALTHCHECK in the form"),
        ]:
            found = image_faults(text)
            self.assertTrue(len(found) == 1 and wrong in found[0], f"{text!r}: {found}")


class in_order(unittest.TestCase):
    def passes(self, path, text):
        self.assertEqual(rules(path, text), [], f"{path}: {text[:80]!r}")

    def test_includes_within_bounds(self):
        for path, include in [
            ("core/pool/a.hpp", '"tripool/core/outcome/failure.hpp"'),
            ("core/pool/a.hpp", "<chrono>"),
            ("core/postgres/a.hpp", "<libpq-fe.h>"),
            ("tests/benchmarks/raw/a.hpp", "<libpq-fe.h>"),
            ("core/postgres/a.hpp", "<sys/socket.h>"),
            ("actors/a.hpp", "<caf/fwd.hpp>"),
            ("actors/a.hpp", '"tripool/core/postgres/session.hpp"'),
            ("service/a.hpp", '"service/cluster/cluster.hpp"'),
            ("tests/unit/a.hpp", '"tests/support/catch.hpp"'),
            ("tests/unit/a.hpp", "<random>"),
            ("tests/actors/a.hpp", '"tripool/actors/pool.hpp"'),
            ("tests/support/catch.hpp", "<catch2/catch.hpp>"),
        ]:
            self.passes(path, HEADER + f"#include {include}\n")

    def test_at_the_limits(self):
        self.passes("core/a.hpp", HEADER + "int x;\n" * 298)
        self.passes("core/a.cpp", OPENING + "int x;\n" * 399)
        self.passes("core/a.cpp", OPENING + "// " + "x" * 117 + "\n")
        self.passes("core/a.cpp", OPENING + function(70) + function(70))
        self.passes("core/a.hpp", HEADER + "struct a {\n" + "  int f() { return 1; }\n" * 100 + "};\n")

    def test_pointers_that_lead_somewhere(self):
        for path, text in [
            ("README.md", "[x](docs/guide.md), [y](docs/), [z](docs/guide.md#b), [a](#try-it), [b](#try-it-1)\n"),
            ("README.md", "[x](#run-and-then) and [y](https://gone.example/docs/gone.md#x)\n"),
            ("README.md", "`[](const error& e)` and\n```cpp\n[](gone.md) {}\n```\n"),
            ("docs/guide.md", "[x](../README.md#a) and [y](examples/rag/README.md)\n"),
            ("docs/guide.md", "`scripts/format`, `docs/`, docs/examples/*, scripts/format. Target tests/x/all.\n"),
            ("docs/examples/rag/README.md", "`tests/a_test.cpp` and `docs/guide.md`\n"),
            ("core/a.hpp", '#include "tripool/core/gone.hpp" // build/docs/x, $folder/docs/x\n'),
        ]:
            self.assertEqual(pointers(path, text), [], f"{path}: {text!r}")

    def test_images_as_they_should_be(self):
        for text in [
            "# A.\nFROM debian:12 AS build\nCOPY . .\nFROM scratch\nCOPY --from=build /a /a\nUSER 1000:1000\n",
            "FROM debian@sha256:" + "0f" * 32 + " AS a\nFROM a\nUSER a\n",
            IMAGE.format("RUN " + APT.replace("&& ", "&& \\\n  # why\n  ")),
            IMAGE.format('HEALTHCHECK --interval=3s --timeout=5s CMD ["a", "b"]\nENTRYPOINT ["a"]\nCMD ["b"]'),
            IMAGE.format("HEALTHCHECK NONE\nCOPY docs/guide.md scripts /a/"),
        ]:
            self.assertEqual(image_faults(text), [], text)

    def test_what_only_looks_forbidden(self):
        self.passes("core/a.cpp", OPENING + "// never calls steady_clock::now() itself\n")
        self.passes("core/a.cpp", OPENING + "auto x = retry_time(3);\n")
        self.passes("tests/unit/a.cpp", OPENING + "// no sleep_for(1s) here\n")
        self.passes("core/a.cpp", OPENING + "auto n = 1'000'000; char c = '{';\n" + function(70))
        self.passes("core/a.hpp", HEADER + "using namespace std::chrono_literals;\n")
        self.passes("tests/integration/a.cpp", OPENING + "void f() { std::this_thread::sleep_for(1ms); }\n")


if __name__ == "__main__":
    unittest.main()
