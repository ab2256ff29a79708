// What the example decides without a database: cutting pages, making vectors, fusing rankings, reading questions. Run
// by ctest; knows no server.
#include "rag/fusion.hpp"
#include "rag/hashed_embedder.hpp"
#include "rag/manual.hpp"
#include "rag/questions.hpp"

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace {

int failures = 0; ///< Broken promises so far.

void check(bool holds, const char* promise) {
  std::printf("%s: %s\n", holds ? "ok" : "FAILED", promise);
  if (!holds) ++failures;
}

constexpr auto html = R"(<html><head><title>11.2. Index Types</title></head><body>
<div class="navheader"><table><tr><th width="60%">Chapter 11. Indexes</th></tr></table>Next</div>
<div class="sect1" id="TYPES"><div class="titlepage"><h2 class="title">11.2. Index Types</h2></div>
<div class="toc"><p>Left out</p></div><p>Several   index
types.</p><div class="sect2" id="BTREE"><h3 class="title">11.2.1. B-Tree</h3><p>For <code>order</code>.</p>
<pre>a
  b</pre></div><dl><dt id="GUC"><span>work_mem</span></dt><dd><p>Memory.</p></dd></dl><p>Last.</p></div>)";

void pages_are_cut_by_sections() {
  const auto x = rag::read_page("t.html", html);
  check(x.title == "11.2. Index Types" && x.chunks.size() == 4, "each section and entry is a chunk");
  if (x.chunks.size() != 4) return;
  check(x.chunks[0].anchor == "TYPES" && x.chunks[0].body == "Several index types.", "tables of contents are left out");
  check(x.chunks[1].path == "Chapter 11. Indexes > 11.2. Index Types > 11.2.1. B-Tree", "titles lead to a chunk");
  check(x.chunks[1].body == "For order.\na\n  b", "preformatted text keeps its lines");
  check(x.chunks[2].anchor == "GUC" && x.chunks[3].anchor == "TYPES", "an entry with a name ends with its list");
}

void anything_is_a_page() {
  check(rag::read_page("e.html", "").chunks.empty(), "an empty page has no chunks");
  const auto odd = rag::read_page("o.html", std::string{"<p>a<b>\0b</p></div></dl><dt id=x>", 34});
  check(!odd.chunks.empty(), "a damaged page is read");
  std::string deep;
  for (int i = 0; i < 300; ++i) deep += "<div class=\"sect1\" id=\"x\"><dl><dt id=\"y\">t</dt>";
  check(!rag::read_page("d.html", deep).chunks.empty(), "a deeply nested page is read");
  const auto longest =
    rag::read_page("l.html", "<p>" + std::string(20'000, 'x') + " " + std::string(9'000, 'y') + "</p>");
  check(longest.chunks.size() >= 2, "a long block is cut at white space");
  bool told = false;
  try {
    rag::list_pages("/nonexistent");
  } catch (const std::runtime_error& e) {
    told = std::string{e.what()}.find("postgresql-doc") != std::string::npos;
  }
  check(told, "without the manual it says what to install");
}

float product(const std::vector<float>& a, const std::vector<float>& b) {
  float out = 0;
  for (std::size_t i = 0; i < a.size(); ++i) out += a[i] * b[i];
  return out;
}

void vectors_know_wordings() {
  rag::hashed_embedder x;
  for (const auto* text : {"creating indexes on a table", "backup of a table", "roles and a table"}) x.learn(text);
  const auto index = x.embed("index creation");
  check(std::abs(product(index, index) - 1) < 1e-4F, "a vector has length 1");
  check(product(index, x.embed("creating indexes")) > product(index, x.embed("taking backups")),
        "texts in similar words are closer");
  check(product(x.embed(" ,;"), index) == 0, "a text without words has no direction");
  rag::hashed_embedder y;
  check(y.load(x.save()) && y.embed("index creation") == index, "what was learned can be kept");
  check(!y.load("damaged"), "damaged knowledge is refused");
}

void rankings_are_fused_by_their_places() {
  const auto page = [](const char* file, const char* body) { return rag::passage{file, "", "", body, 0}; };
  const auto out = rag::fuse({{page("a", "1"), page("b", "2"), page("c", "3")}, {page("d", "4"), page("c", "5")}}, 3);
  check(out.size() == 3 && out[0].file == "c", "a page that both rankings have comes first");
  check(out.size() == 3 && out[0].body == "5", "and shows its passage that stood higher");
  check(out.size() == 3 && out[1].file == "a" && out[2].file == "d", "ties keep the first ranking's order");
  check(rag::fuse({}, 3).empty(), "no rankings, no passages");
}

void questions_are_read_and_measured() {
  const auto file = std::filesystem::temp_directory_path() / "rag-heart-test.txt";
  const auto read = [&](const char* text) {
    std::ofstream{file} << text;
    try {
      return rag::read_questions(file);
    } catch (const std::runtime_error& e) {
      return std::vector<rag::question>{{e.what(), {}}};
    }
  };
  const auto good = read("# a comment\n\nWhy?\n  a.html b.html\n");
  check(good.size() == 1 && good[0].pages.size() == 2, "a question has the pages below it");
  check(read("Why?\nHow?\n a.html\n")[0].text.find(":2:") != std::string::npos, "one without pages is told");
  check(read("  a.html\n")[0].text.find(":1:") != std::string::npos, "and pages without a question");
  std::filesystem::remove(file);
  rag::quality sums;
  for (const std::size_t place : {1, 4, 6, 0}) sums.add(place);
  check(sums.recall() == 0.5, "recall counts what is among the first five");
  check(std::abs(sums.mean_reciprocal_rank() - (1 + 0.25 + 1.0 / 6) / 4) < 1e-9, "and the rank counts the places");
}

} // namespace

int main() {
  pages_are_cut_by_sections();
  anything_is_a_page();
  vectors_know_wordings();
  rankings_are_fused_by_their_places();
  questions_are_read_and_measured();
  return failures == 0 ? 0 : 1;
}
