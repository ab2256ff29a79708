// Writing rows.
#include "service/query/table.hpp"

#include "service/json/writer.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace tripool::service {

namespace {

// OIDs of the server's catalogue (pg_type.dat); they never change.
constexpr std::uint32_t bool_type = 16;
constexpr std::uint32_t json_type = 114;
constexpr std::uint32_t jsonb_type = 3802;
constexpr std::uint32_t numeric_type = 1700;
constexpr std::array<std::uint32_t, 7> number_types{20, 21, 23, 26, 700, 701, numeric_type};
/// The part of an overlong value that a table shows.
constexpr std::size_t cell_bytes_max = 200;

bool is_number_type(std::uint32_t oid) {
  return std::find(number_types.begin(), number_types.end(), oid) != number_types.end();
}

std::string without_controls(std::string_view x, bool all) {
  std::string out{x};
  std::replace_if(
    out.begin(), out.end(),
    [all](char c) { return all ? static_cast<unsigned char>(c) < 0x20 || c == 0x7F : c == '\n' || c == '\r'; }, ' ');
  return out;
}

std::string shown(std::string_view x) {
  auto out = without_controls(x, true);
  if (out.size() <= cell_bytes_max) return out;
  auto most = cell_bytes_max;
  while (most > 0 && (static_cast<unsigned char>(out[most]) & 0xC0U) == 0x80U) --most;
  out.resize(most);
  return out + "...";
}

/// Characters, not bytes; good enough for columns.
std::size_t width_of(std::string_view x) {
  return static_cast<std::size_t>(
    std::count_if(x.begin(), x.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

void append_field(std::string& to, std::string_view x) {
  if (!x.empty() && x.find_first_of(",\"\r\n") == std::string_view::npos) {
    to += x;
    return;
  }
  to += '"';
  for (const char c : x) {
    if (c == '"') to += '"';
    to += c;
  }
  to += '"';
}

void append_json(std::string& to, std::string_view text, std::uint32_t type) {
  if (is_number_type(type) && type != numeric_type && json::is_number(text)) {
    to += text;
  } else if (type == bool_type && (text == "t" || text == "f")) {
    to += text == "t" ? "true" : "false";
  } else if ((type == json_type || type == jsonb_type) && json::is_valid(text)) {
    to += without_controls(text, false);
  } else {
    json::append_text(to, text);
  }
}

std::string table_line(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths, const result& x,
                       bool head) {
  std::string line;
  for (std::size_t c = 0; c < widths.size(); ++c) {
    const auto pad = std::string(widths[c] - width_of(cells[c]), ' ');
    const bool right = !head && is_number_type(x.column_type(c));
    line += (c > 0 ? " | " : "") + (right ? pad + cells[c] : cells[c] + pad);
  }
  while (line.ends_with(' ')) line.pop_back();
  return line + "\n";
}

} // namespace

std::string as_table(const result& x) {
  if (x.columns() == 0) return std::string{x.command_tag()} + "\n";
  std::vector<std::vector<std::string>> rows(1);
  for (std::size_t c = 0; c < x.columns(); ++c) rows[0].push_back(shown(x.column_name(c)));
  for (std::size_t r = 0; r < x.size(); ++r) {
    auto& cells = rows.emplace_back();
    for (std::size_t c = 0; c < x.columns(); ++c) cells.push_back(shown(x.raw(r, c).value_or("")));
  }
  std::vector<std::size_t> widths(x.columns(), 0);
  for (const auto& cells : rows)
    for (std::size_t c = 0; c < cells.size(); ++c) widths[c] = std::max(widths[c], width_of(cells[c]));
  auto out = table_line(rows[0], widths, x, true);
  for (std::size_t c = 0; c < widths.size(); ++c) out += (c > 0 ? "-+-" : "") + std::string(widths[c], '-');
  out += "\n";
  for (std::size_t r = 1; r < rows.size(); ++r) out += table_line(rows[r], widths, x, false);
  return out + "(" + std::to_string(x.size()) + (x.size() == 1 ? " row)\n" : " rows)\n");
}

std::string as_csv(const result& x) {
  std::string out;
  const auto end_field = [&](std::size_t c) { out += c + 1 < x.columns() ? "," : "\r\n"; };
  for (std::size_t c = 0; c < x.columns(); ++c) {
    append_field(out, x.column_name(c));
    end_field(c);
  }
  for (std::size_t r = 0; r < x.size(); ++r) {
    for (std::size_t c = 0; c < x.columns(); ++c) {
      if (const auto v = x.raw(r, c)) append_field(out, *v);
      end_field(c);
    }
  }
  return out;
}

std::string as_json(const result& x) {
  std::string out = "[";
  for (std::size_t r = 0; r < x.size(); ++r) {
    out += r > 0 ? ",\n {" : "\n {";
    for (std::size_t c = 0; c < x.columns(); ++c) {
      if (c > 0) out += ',';
      json::append_text(out, x.column_name(c));
      out += ':';
      const auto v = x.raw(r, c);
      if (v) {
        append_json(out, *v, x.column_type(c));
      } else {
        out += "null";
      }
    }
    out += '}';
  }
  return out + (x.size() > 0 ? "\n]\n" : "]\n");
}

} // namespace tripool::service
