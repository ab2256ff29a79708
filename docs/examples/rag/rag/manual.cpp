// Walking through a page.
#include "rag/manual.hpp"

#include <gumbo.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <span>
#include <stdexcept>

namespace rag {

namespace {

std::string_view attribute(const GumboNode& node, const char* name) {
  const auto* x = gumbo_get_attribute(&node.v.element.attributes, name);
  return x ? std::string_view{x->value} : std::string_view{};
}

bool has_class(const GumboNode& node, std::string_view wanted) {
  auto all = attribute(node, "class");
  while (!all.empty()) {
    const auto end = std::min(all.find(' '), all.size());
    if (all.substr(0, end) == wanted) return true;
    all.remove_prefix(std::min(end + 1, all.size()));
  }
  return false;
}

std::span<GumboNode* const> children(const GumboNode& node) {
  if (node.type != GUMBO_NODE_ELEMENT && node.type != GUMBO_NODE_TEMPLATE) return {};
  const auto& x = node.v.element.children;
  return {reinterpret_cast<GumboNode* const*>(x.data), x.length};
}

bool is_text(const GumboNode& node) {
  return node.type == GUMBO_NODE_TEXT || node.type == GUMBO_NODE_WHITESPACE || node.type == GUMBO_NODE_CDATA;
}

bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
}

/// Adds text with each run of white space as one blank.
void add_collapsed(std::string& to, std::string_view text) {
  for (const char c : text) {
    if (!is_space(c))
      to += c;
    else if (!to.empty() && !is_space(to.back()))
      to += ' ';
  }
}

void trim(std::string& x) {
  while (!x.empty() && is_space(x.back())) x.pop_back();
  x.erase(0, static_cast<std::size_t>(std::find_if_not(x.begin(), x.end(), is_space) - x.begin()));
}

/// The text below a node, as one line.
std::string line_of(const GumboNode& node) {
  std::string out;
  if (is_text(node)) add_collapsed(out, node.v.text.text);
  for (const auto* x : children(node)) {
    auto inner = line_of(*x);
    if (out.empty() || is_space(out.back())) inner.erase(0, inner.find_first_not_of(' '));
    out += inner;
  }
  return out;
}

/// The same without blanks at its ends.
std::string title_of(const GumboNode& node) {
  auto out = line_of(node);
  trim(out);
  return out;
}

bool is_heading(GumboTag tag) {
  return tag >= GUMBO_TAG_H1 && tag <= GUMBO_TAG_H6;
}

/// Elements that stand apart from the text before them.
bool is_block(GumboTag tag) {
  constexpr std::array all{GUMBO_TAG_P,  GUMBO_TAG_DIV, GUMBO_TAG_PRE, GUMBO_TAG_LI, GUMBO_TAG_DT, GUMBO_TAG_DD,
                           GUMBO_TAG_TR, GUMBO_TAG_BR,  GUMBO_TAG_H1,  GUMBO_TAG_H2, GUMBO_TAG_H3, GUMBO_TAG_H4};
  return std::find(all.begin(), all.end(), tag) != all.end();
}

bool is_skipped(const GumboNode& node) {
  const auto tag = node.v.element.tag;
  if (tag == GUMBO_TAG_HEAD || tag == GUMBO_TAG_SCRIPT || tag == GUMBO_TAG_STYLE) return true;
  return has_class(node, "navheader") || has_class(node, "navfooter") || has_class(node, "toc")
         || has_class(node, "indexterm");
}

bool is_section(const GumboNode& node) {
  if (node.v.element.tag != GUMBO_TAG_DIV || attribute(node, "id").empty()) return false;
  constexpr std::array<std::string_view, 22> all{
    "sect1",     "sect2",        "sect3",    "sect4",       "sect5",     "refsect1",  "refsect2", "refsect3",
    "refentry",  "chapter",      "part",     "appendix",    "preface",   "reference", "book",     "simplesect",
    "bibliodiv", "bibliography", "glossary", "legalnotice", "procedure", "partintro"};
  return std::any_of(all.begin(), all.end(), [&](auto name) { return has_class(node, name); });
}

/// Collects chunks while it walks.
class cutter {
public:
  explicit cutter(page& out) : out_(out) {}

  void walk(const GumboNode& node) {
    if (is_text(node)) {
      if (preformatted_)
        body_ += node.v.text.text;
      else
        add_collapsed(body_, node.v.text.text);
      return;
    }
    if (node.type == GUMBO_NODE_DOCUMENT) {
      for (unsigned i = 0; i < node.v.document.children.length; ++i)
        walk(*static_cast<const GumboNode*>(node.v.document.children.data[i]));
      return;
    }
    if (node.type == GUMBO_NODE_ELEMENT) element(node);
  }

  void head(const GumboNode& node) {
    if (node.type != GUMBO_NODE_ELEMENT) return;
    if (node.v.element.tag == GUMBO_TAG_TITLE) out_.title = title_of(node);
    // The middle of the header's second row names the chapter, or the part.
    if (node.v.element.tag == GUMBO_TAG_TH && attribute(node, "width") == "60%") chapter_ = title_of(node);
    for (const auto* x : children(node)) head(*x);
  }

  void flush() {
    trim(body_);
    if (!body_.empty()) out_.chunks.push_back({places_.empty() ? std::string{} : places_.back().anchor, path(), body_});
    body_.clear();
  }

private:
  struct place {
    std::string anchor;
    std::string title;
    bool entry; ///< Of a list: it lasts until the next one.
  };

  void element(const GumboNode& node) {
    if (is_skipped(node)) return;
    const auto tag = node.v.element.tag;
    if (is_heading(tag) && !places_.empty() && !places_.back().entry && places_.back().title.empty()
        && !has_class(node, "refentrytitle")) {
      places_.back().title = title_of(node);
      return;
    }
    if (is_section(node)) {
      section(node);
      return;
    }
    if (tag == GUMBO_TAG_DL) {
      inside(node);
      leave_entry();
      return;
    }
    if (tag == GUMBO_TAG_DT && !attribute(node, "id").empty()) enter_entry(node);
    block(node);
  }

  void section(const GumboNode& node) {
    flush();
    places_.push_back({std::string{attribute(node, "id")}, {}, false});
    inside(node);
    leave_entry();
    flush();
    places_.pop_back();
  }

  void enter_entry(const GumboNode& node) {
    leave_entry();
    flush();
    places_.push_back({std::string{attribute(node, "id")}, title_of(node), true});
  }

  void leave_entry() {
    if (places_.empty() || !places_.back().entry) return;
    flush();
    places_.pop_back();
  }

  void block(const GumboNode& node) {
    const auto tag = node.v.element.tag;
    const bool apart = is_block(tag);
    const bool was_preformatted = preformatted_;
    if (apart) new_line();
    if (tag == GUMBO_TAG_PRE) preformatted_ = true;
    inside(node);
    preformatted_ = was_preformatted;
    if (tag == GUMBO_TAG_TD || tag == GUMBO_TAG_TH) body_ += ' ';
    if (!apart) return;
    new_line();
    if (body_.size() > chunk_bytes) cut();
  }

  void inside(const GumboNode& node) {
    for (const auto* x : children(node)) walk(*x);
  }

  void new_line() {
    while (!body_.empty() && is_space(body_.back())) body_.pop_back();
    if (!body_.empty()) body_ += '\n';
  }

  /// Ends the chunk; what is longer than a chunk may be is cut at white space.
  void cut() {
    while (body_.size() > block_bytes_max) {
      auto at = body_.find_last_of(" \n", chunk_bytes);
      if (at == std::string::npos || at == 0) at = body_.find_first_of(" \n", chunk_bytes);
      if (at == std::string::npos) break;
      auto rest = body_.substr(at);
      body_.resize(at);
      flush();
      body_ = std::move(rest);
    }
    flush();
  }

  std::string path() const {
    std::string out;
    std::string_view last;
    const auto add = [&](std::string_view title) {
      if (title.empty() || title == last) return;
      out += (out.empty() ? "" : " > ");
      out += title;
      last = title;
    };
    if (chapter_ != out_.title) add(chapter_);
    add(out_.title);
    for (const auto& x : places_)
      if (x.title != out_.title && x.title != chapter_) add(x.title);
    return out;
  }

  page& out_;
  std::string chapter_;
  std::vector<place> places_;
  std::string body_;
  bool preformatted_ = false;
};

} // namespace

page read_page(std::string file, std::string_view html) {
  page out{std::move(file), {}, {}};
  const auto destroy = [](GumboOutput* x) { gumbo_destroy_output(&kGumboDefaultOptions, x); };
  const std::unique_ptr<GumboOutput, decltype(destroy)> parsed{
    gumbo_parse_with_options(&kGumboDefaultOptions, html.data(), html.size()), destroy};
  cutter cut{out};
  cut.head(*parsed->root);
  if (out.title.empty()) out.title = out.file;
  cut.walk(*parsed->root);
  cut.flush();
  return out;
}

std::vector<std::string> list_pages(const std::filesystem::path& folder) {
  std::vector<std::string> out;
  std::error_code error;
  for (std::filesystem::directory_iterator i{folder, error}, end; !error && i != end; i.increment(error)) {
    const auto name = i->path().filename().string();
    if (i->path().extension() == ".html" && name != "bookindex.html") out.push_back(name);
  }
  if (out.empty()) {
    throw std::runtime_error{"There is no page of the manual in " + folder.string()
                             + ". Install postgresql-doc (Debian), or name the folder by rag.manual."};
  }
  std::sort(out.begin(), out.end());
  return out;
}

page load_page(const std::filesystem::path& folder, const std::string& file) {
  std::ifstream in{folder / file, std::ios::binary};
  const std::string html{std::istreambuf_iterator<char>{in}, {}};
  if (!in.good() && !in.eof()) throw std::runtime_error{"cannot read " + (folder / file).string()};
  return read_page(file, html);
}

std::vector<std::string> sample(const std::vector<std::string>& files, std::size_t every,
                                const std::vector<std::string>& always) {
  const std::set<std::string> kept{always.begin(), always.end()};
  std::vector<std::string> out;
  for (std::size_t i = 0; i < files.size(); ++i)
    if (i % std::max<std::size_t>(every, 1) == 0 || kept.count(files[i]) != 0) out.push_back(files[i]);
  return out;
}

} // namespace rag
