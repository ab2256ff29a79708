// The scanner against PostgreSQL's lexical rules, by example and against a slow, obvious reference on random texts.
#include "tests/support/catch.hpp"
#include "tripool/core/statement/scanner.hpp"
#include "tripool/core/statement/traits.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace tripool::test {

namespace {

/// One letter a token: w word, n name, l literal, 9 number, $ parameter, ( ) ; , . s symbol, ! unterminated.
std::string shape(std::string_view text) {
  std::string out;
  scanner s{text};
  for (token t = s.next(); t.kind != token_kind::end; t = s.next())
    out += "?wnl9$();,.s!"[static_cast<std::size_t>(t.kind)];
  return out;
}

std::vector<std::string> pieces(std::string_view text) {
  std::vector<std::string> out;
  scanner s{text};
  for (token t = s.next(); t.kind != token_kind::end; t = s.next())
    out.emplace_back(text.substr(t.begin, t.end - t.begin));
  return out;
}

// -- the reference: blanks out what is inside quotes and comments, one byte at a time
// ----------------------------------

bool name_start(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' || (static_cast<unsigned char>(c) & 0x80U) != 0;
}

bool name_part(char c) {
  return name_start(c) || std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '$';
}

bool starts(const std::string& text, std::size_t i, std::string_view what) {
  return text.compare(i, what.size(), what) == 0;
}

/// The position after the escape string whose opening quote is at `i`, continuations included, or npos.
std::size_t after_escape_string(const std::string& text, std::size_t i) {
  ++i;
  while (i < text.size()) {
    if (text[i] == '\\' || starts(text, i, "''")) {
      i += 2;
    } else if (text[i] == '\'') {
      std::size_t j = i + 1;
      bool newline = false;
      while (j < text.size()) {
        if (text[j] == '\n') newline = true;
        if (text[j] == ' ' || text[j] == '\n')
          ++j;
        else if (starts(text, j, "--"))
          while (j < text.size() && text[j] != '\n') ++j;
        else
          break;
      }
      if (!newline || j >= text.size() || text[j] != '\'') return i + 1;
      i = j + 1;
    } else {
      ++i;
    }
  }
  return std::string::npos;
}

/// The position after what is quoted or a comment at `i`; `i` itself when nothing of that kind begins there; npos
/// when it does not end.
std::size_t after_opaque(const std::string& text, std::size_t i) {
  if (starts(text, i, "--")) return std::min(text.find('\n', i), text.size());
  if (starts(text, i, "/*")) {
    int depth = 0;
    for (std::size_t j = i; j < text.size();) {
      if (starts(text, j, "/*")) {
        ++depth;
        j += 2;
      } else if (starts(text, j, "*/")) {
        j += 2;
        if (--depth == 0) return j;
      } else {
        ++j;
      }
    }
    return std::string::npos;
  }
  if (starts(text, i, "e'") || starts(text, i, "E'")) return after_escape_string(text, i + 1);
  if (text[i] == '\'' || text[i] == '"') {
    const std::string quote(1, text[i]);
    for (std::size_t j = i + 1; j < text.size(); ++j) {
      if (starts(text, j, quote + quote))
        ++j;
      else if (text[j] == quote[0])
        return j + 1;
    }
    return std::string::npos;
  }
  if (text[i] == '$') {
    std::size_t j = i + 1;
    if (j < text.size() && name_start(text[j]))
      while (j < text.size() && name_part(text[j]) && text[j] != '$') ++j;
    if (j >= text.size() || text[j] != '$') return i;
    const auto tag = text.substr(i, j + 1 - i);
    const auto end = text.find(tag, j + 1);
    return end == std::string::npos ? end : end + tag.size();
  }
  return i;
}

bool digit(const std::string& text, std::size_t i) {
  return i < text.size() && std::isdigit(static_cast<unsigned char>(text[i])) != 0;
}

/// The position after the number at `i`.
std::size_t after_number(const std::string& text, std::size_t i) {
  while (digit(text, i) || starts(text, i, ".")) ++i;
  if (!starts(text, i, "e") && !starts(text, i, "E")) return i;
  std::size_t j = i + 1;
  if (starts(text, j, "+") || starts(text, j, "-")) ++j;
  if (!digit(text, j)) return i;
  while (digit(text, j)) ++j;
  return j;
}

struct reference_result {
  bool unterminated = false;
  unsigned statements = 0;
  unsigned parameters = 0;
};

reference_result reference(const std::string& text) {
  reference_result out;
  int depth = 0;
  bool in_statement = false;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t next = after_opaque(text, i);
    const bool comment = starts(text, i, "--") || starts(text, i, "/*");
    if (next == std::string::npos) {
      out.unterminated = true;
      if (!in_statement && out.statements == 0) ++out.statements;
      return out;
    }
    const char c = text[i];
    if (!comment && c != ' ' && c != '\n' && !(c == ';' && depth == 0) && !in_statement) {
      in_statement = true;
      ++out.statements;
    }
    if (next != i) {
      i = next;
      continue;
    }
    if (c == ';' && depth == 0) in_statement = false;
    if (c == '(') ++depth;
    if (c == ')' && depth > 0) --depth;
    if (name_start(c)) {
      while (i < text.size() && name_part(text[i])) ++i;
    } else if (digit(text, i) || (c == '.' && digit(text, i + 1))) {
      i = after_number(text, i);
    } else if (c == '$' && digit(text, i + 1)) {
      std::string digits;
      for (++i; digit(text, i); ++i) digits += text[i];
      const auto number = digits.size() > 9 ? scanner::parameter_cap : std::stoul(digits);
      out.parameters = std::max(out.parameters, static_cast<unsigned>(number));
    } else {
      ++i;
    }
  }
  return out;
}

} // namespace

TEST_CASE("tokens end where PostgreSQL ends them", "[statement][scanner]") {
  CHECK(shape("").empty());
  CHECK(shape(" \t\r\n\f\v").empty());
  CHECK(shape("select a.b, 1.5e-3 from t;") == "ww.w,9ww;");
  CHECK(shape("'it''s' 'x'") == "ll");
  CHECK(shape("'back\\' 1") == "l9");
  CHECK(shape("E'a\\'b' 1") == "l9");
  CHECK(shape("e'\\\\' 1") == "l9");
  CHECK(shape("e'''' 1") == "l9");
  CHECK(shape("fooE'a\\' 1") == "wl9");
  CHECK(shape("U&'\\' 1") == "wsl9");
  CHECK(shape("\"a;\"\"b\" 1") == "n9");
  CHECK(shape("U&\"d\" N'x' B'01' X'ff'") == "wsnwlwlwl");
  CHECK(shape("$1$2") == "$$");
  CHECK(shape("$$ ; $1 $$") == "l");
  CHECK(shape("$a$ $b$ ; $b$ $a $a$ $1") == "l$");
  CHECK(shape("$a$ $a$a$") == "lw");
  CHECK(shape("$1$$x$$") == "$l");
  CHECK(shape("a$1 a$b$c") == "ww");
  CHECK(shape("$é$ ' $é$") == "l");
  CHECK(shape("$ 1") == "s9");
  CHECK(shape("1FROM 2") == "9w9");
  CHECK(shape("1e5 1e .5 1.") == "99w99");
  CHECK(shape("-- a ' comment\n1") == "9");
  CHECK(shape("-- a comment\r1") == "9");
  CHECK(shape("1--2") == "9");
  CHECK(shape("1/*/ ' /* */ */2") == "99");
  CHECK(shape("2*/**/3") == "9s9");
  CHECK(shape("/* a * / **/ 1") == "9");
  CHECK(shape("((a);[b])") == "((w);sws)");
}

TEST_CASE("an escape string goes on after a line end", "[statement][scanner]") {
  CHECK(shape("E'a'\n'\\' ; ' 1") == "l9");
  CHECK(shape("E'a' -- note\n  -- more\n '\\' ; ' 1") == "l9");
  CHECK(shape("E'a' '\\' ; '") == "ll;!");
  CHECK(shape("E'a' /* c */\n'\\' 1") == "ll9");
  CHECK(shape("E'a'\n") == "l");
}

TEST_CASE("what does not end is told so", "[statement][scanner]") {
  for (const char* text : {"'a", "'a''", "\"a", "E'a\\'", "e'\\", "$$ a $", "$a$ $b$", "/* /* */", "'", "$$"})
    CHECK(shape(text) == "!");
  CHECK(shape("1 /* a") == "9!");
}

TEST_CASE("token offsets cut the text into its pieces", "[statement][scanner]") {
  const std::vector<std::string> wanted{"a", "+", "'b;'", "::", "$12", ";"};
  auto found = pieces("a /*x*/+ 'b;'::$12 ;");
  REQUIRE(found.size() == 7);
  CHECK(found[3] + found[4] == wanted[3]);
  CHECK(found[2] == wanted[2]);
  CHECK(found[5] == wanted[4]);
}

TEST_CASE("keywords are found in any case, and only whole", "[statement][scanner]") {
  for (int i = 1; i <= static_cast<int>(keyword::verbose_); ++i) {
    const auto word = static_cast<keyword>(i);
    std::string name{to_string(word)};
    CHECK(find_keyword(name) == word);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    CHECK(find_keyword(name) == word);
    CHECK(find_keyword(name + "x") == keyword::none);
    CHECK(find_keyword(name.substr(1)) != word);
  }
  CHECK(find_keyword("") == keyword::none);
  CHECK(find_keyword("x") == keyword::none);
  CHECK(find_keyword("s_lect") == keyword::none);
  CHECK(find_keyword(std::string(1000, 'a')) == keyword::none);
}

TEST_CASE("random texts are scanned as by the reference", "[statement][scanner]") {
  constexpr auto fragments = std::to_array<std::string_view>(
    {"'",  "'",  "''",  "\"",           "\\",   "\\'", "E'",  "e'",     "$",     "$$",      "$a$",   "$b$",
     "$1", "$2", "$17", "$99999999999", "a",    "abc", "é",   "1",      "1.5",   "1e",      "\n",    "\n'",
     " ",  " ",  "--",  "/*",           "*/",   "*",   "/",   "-",      ";",     ";",       "(",     ")",
     ",",  ".",  "_",   "select",       "with", "as",  "'x'", "E'\\''", "\"y\"", "/* c */", "-- d\n"});
  std::mt19937 random{20240607};
  std::uniform_int_distribution<std::size_t> pick{0, fragments.size() - 1};
  std::uniform_int_distribution<std::size_t> length{0, 14};
  std::size_t terminated = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (std::size_t n = length(random); n > 0; --n) text += fragments[pick(random)];
    const auto wanted = reference(text);
    const auto found = analyse(text);
    const bool several = wanted.statements > 1;
    const bool same =
      found.statements == std::min(wanted.statements, 2U)
      && (several || (found.unterminated == wanted.unterminated && found.parameters == wanted.parameters));
    if (!same) {
      INFO("text: " << text);
      CHECK(unsigned{found.statements} == std::min(wanted.statements, 2U));
      CHECK(found.unterminated == wanted.unterminated);
      CHECK(found.parameters == wanted.parameters);
      FAIL("scanned otherwise than by the reference");
    }
    terminated += wanted.unterminated ? 0 : 1;
  }
  CHECK(terminated > 5'000); // The generator is worth its time.
}

} // namespace tripool::test
