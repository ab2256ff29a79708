// The escapes are those of the server's CopyAttributeOutText and CopyReadAttributesText.
#include "tripool/core/copy/copy_text_format.hpp"

#include "tripool/core/copy/copy_binary_format.hpp"
#include "tripool/core/statement/check.hpp"
#include "tripool/core/util/utf8.hpp"

namespace tripool {

namespace detail {

decode_error copy_width_error(std::size_t found, std::size_t wanted, std::uint64_t row) {
  return {"row " + std::to_string(row) + " of the COPY has " + std::to_string(found)
          + (found == 1 ? " column, and " : " columns, and ") + std::to_string(wanted)
          + (wanted == 1 ? " was asked for" : " were asked for")};
}

decode_error copy_column_error(const decode_error& x, std::size_t column, std::uint64_t row) {
  return {"column " + std::to_string(column + 1) + ", row " + std::to_string(row) + " of the COPY: " + x.message};
}

} // namespace detail

namespace {

void append(bytes& to, std::string_view x) {
  const auto* first = reinterpret_cast<const std::byte*>(x.data());
  to.insert(to.end(), first, first + x.size());
}

/// What stands behind the backslash for a byte that must be escaped, or 0.
char escape_of(char c) noexcept {
  switch (c) {
    case '\b': return 'b';
    case '\f': return 'f';
    case '\n': return 'n';
    case '\r': return 'r';
    case '\t': return 't';
    case '\v': return 'v';
    case '\\': return '\\';
    default: return 0;
  }
}

/// The byte that a letter behind a backslash stands for; any other stands for itself.
char unescaped(char c) noexcept {
  switch (c) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'v': return '\v';
    default: return c;
  }
}

int digit_of(char c, int base) noexcept {
  int x = 99;
  if (c >= '0' && c <= '9') x = c - '0';
  if (c >= 'a' && c <= 'f') x = c - 'a' + 10;
  if (c >= 'A' && c <= 'F') x = c - 'A' + 10;
  return x < base ? x : -1;
}

/// Reads up to `most` digits from `at` on. Returns nothing when there is none.
std::optional<char> read_code(std::string_view text, std::size_t& at, int base, std::size_t most) noexcept {
  int value = 0;
  std::size_t n = 0;
  for (; n < most && at < text.size() && digit_of(text[at], base) >= 0; ++n, ++at)
    value = value * base + digit_of(text[at], base);
  return n > 0 ? std::optional{static_cast<char>(value & 0xff)} : std::nullopt;
}

} // namespace

bool copy_text_writer::add(std::span<const std::optional<std::string_view>> columns) {
  const auto refuse = [&](std::string_view sqlstate, std::string message) {
    if (!fault_)
      fault_ = encode_fault{std::string{sqlstate}, "row " + std::to_string(rows_ + 1) + " of the COPY " + message};
    return false;
  };
  if (columns.size() > copy_columns_max)
    return refuse("54011", "has " + std::to_string(columns.size()) + " columns, and a table can have at most 1600");
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (const auto bad = columns[i] ? find_text_fault(*columns[i]) : std::nullopt) {
      return refuse("22021", "holds " + std::string{bad->nul ? "a NUL byte" : "invalid UTF-8"} + " in column "
                               + std::to_string(i + 1) + " at offset " + std::to_string(bad->at));
    }
  }
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (i > 0) append(out_, "\t");
    if (!columns[i]) {
      append(out_, "\\N");
      continue;
    }
    for (const char c : *columns[i]) {
      const char escaped = escape_of(c);
      if (escaped != 0) out_.push_back(std::byte{'\\'});
      out_.push_back(static_cast<std::byte>(escaped != 0 ? escaped : c));
    }
  }
  append(out_, "\n");
  ++rows_;
  return true;
}

decoded<std::optional<copy_row>> copy_text_reader::next() {
  if (failed_) return unexpected{decode_error{"the COPY was not understood before"}};
  const auto rest = in_.rest();
  const auto end = rest.find('\n', searched_);
  const bool too_long = (end == std::string_view::npos ? rest.size() : end) > message_bytes_max;
  if (too_long) {
    failed_ = true;
    return unexpected{decode_error{"row " + std::to_string(rows_ + 1) + " of the COPY is longer than 1 GB"}};
  }
  if (end == std::string_view::npos) {
    searched_ = rest.size();
    return std::optional<copy_row>{};
  }
  searched_ = 0;
  if (!unescape(rest.substr(0, end))) {
    failed_ = true;
    return unexpected{
      decode_error{"row " + std::to_string(rows_ + 1) + " of the COPY ends in the middle of an escape"}};
  }
  in_.take(end + 1);
  cells_.clear();
  for (const auto& x : places_)
    cells_.push_back(x ? copy_row::cell{std::string_view{text_}.substr(x->first, x->second)} : std::nullopt);
  return std::optional{copy_row{cells_, result_format::text, ++rows_}};
}

/// Fills `text_` and `places_`.
bool copy_text_reader::unescape(std::string_view line) {
  text_.clear();
  places_.clear();
  std::size_t begin = 0; // of the present column, in text_
  bool null = false;
  const auto end_column = [&] {
    places_.push_back(null ? std::nullopt : std::optional{std::pair{begin, text_.size() - begin}});
    begin = text_.size();
    null = false;
  };
  for (std::size_t i = 0; i < line.size();) {
    const char c = line[i++];
    if (c == '\t') {
      end_column();
      continue;
    }
    if (c != '\\') {
      text_ += c;
      continue;
    }
    if (i == line.size()) return false;
    const bool alone =
      text_.size() == begin && (i + 1 == line.size() || line[i + 1] == '\t') && (i == 1 || line[i - 2] == '\t');
    if (line[i] == 'N' && alone) {
      null = true;
      ++i;
      continue;
    }
    const bool hex = line[i] == 'x';
    auto digits = i + (hex ? 1 : 0);
    if (const auto code = read_code(line, digits, hex ? 16 : 8, hex ? 2 : 3)) {
      text_ += *code;
      i = digits;
    } else {
      text_ += unescaped(line[i++]);
    }
  }
  end_column();
  return true;
}

} // namespace tripool
