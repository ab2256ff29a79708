// Answers to lines. Values go by the column's type: integers, floats and booleans become JSON's own, json and jsonb are
// embedded, everything else is a text exactly as the server prints it - also numeric, whose digits JSON readers would
// lose.
#include "service/json/writer.hpp"
#include "service/pipe/protocol.hpp"

#include <algorithm>

namespace tripool::pipe {

namespace {

enum class shape { text, number, boolean, json };

// OIDs of the server's catalogue (pg_type.dat); they never change.
shape shape_of_type(std::uint32_t oid) {
  switch (oid) {
    case 16: return shape::boolean; // bool
    case 20:                        // int8
    case 21:                        // int2
    case 23:                        // int4
    case 26:                        // oid
    case 700:                       // float4
    case 701: return shape::number; // float8
    case 114:                       // json
    case 3802: return shape::json;  // jsonb
    default: return shape::text;
  }
}

// PostgreSQL's json keeps the writer's line breaks; in JSON they can only stand between tokens.
void append_embedded(std::string& to, std::string_view text) {
  const auto begin = to.size();
  to.append(text);
  std::replace_if(
    to.begin() + static_cast<std::ptrdiff_t>(begin), to.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
}

void append_bytes(std::string& to, std::string_view bytes) {
  constexpr std::string_view hex = "0123456789abcdef";
  to += "\"\\\\x";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    to += hex[byte >> 4u];
    to += hex[byte & 15u];
  }
  to += '"';
}

void append_cell(std::string& to, std::string_view text, shape as) {
  if (as == shape::number && json::is_number(text))
    to += text;
  else if (as == shape::boolean && (text == "t" || text == "f"))
    to += text == "t" ? "true" : "false";
  else if (as == shape::json && json::is_valid(text))
    append_embedded(to, text);
  else
    json::append_text(to, text);
}

void append_rows(std::string& to, const result& x) {
  std::vector<shape> shapes;
  for (std::size_t c = 0; c < x.columns(); ++c) shapes.push_back(shape_of_type(x.column_type(c)));
  to += '[';
  for (std::size_t r = 0; r < x.size(); ++r) {
    if (r > 0) to += ',';
    to += '[';
    for (std::size_t c = 0; c < x.columns(); ++c) {
      if (c > 0) to += ',';
      const auto cell = x.raw(r, c);
      if (!cell)
        to += "null";
      else if (x.column_format(c) == result_format::binary)
        append_bytes(to, *cell);
      else
        append_cell(to, *cell, shapes[c]);
    }
    to += ']';
  }
  to += ']';
}

void append_result(std::string& to, const result& x) {
  to += "\"rows\":";
  append_rows(to, x);
  const auto count = x.columns() > 0 || !x.empty() ? std::uint64_t{x.size()} : x.affected_rows();
  to.append(",\"count\":").append(std::to_string(count));
}

void append_member(std::string& to, std::string_view key, std::string_view text) {
  to.append(",\"").append(key).append("\":");
  json::append_text(to, text);
}

} // namespace

std::string render(const std::string& id, const reply& x, bool is_transaction) {
  std::string out = "{\"id\":" + id + ",\"ok\":true,";
  append_result(out, x.results.empty() ? result{} : x.results.back());
  if (is_transaction) {
    out += ",\"results\":[";
    for (std::size_t i = 0; i < x.results.size(); ++i) {
      out += i > 0 ? ",{" : "{";
      append_result(out, x.results[i]);
      out += '}';
    }
    out += ']';
  }
  const auto receipt = x.results.empty() ? tripool::receipt{} : x.results.back().receipt();
  if (receipt.by_token != application::plain) append_member(out, "token", to_string(receipt.by_token));
  if (receipt.position) append_member(out, "position", to_string(*receipt.position));
  out += '}';
  return out;
}

std::string render(const std::string& id, const failure& x) {
  std::string out = "{\"id\":" + id + ",\"ok\":false";
  append_member(out, "class", to_string(x.kind));
  append_member(out, "sqlstate", x.sqlstate);
  append_member(out, "message", x.message);
  append_member(out, "cause", to_string(x.why));
  append_member(out, "detail", x.detail);
  append_member(out, "hint", x.hint);
  append_member(out, "pool", x.pool);
  append_member(out, "server", x.server);
  if (x.proved != proof::none) append_member(out, "proof", to_string(x.proved));
  const auto spent = std::chrono::duration_cast<std::chrono::milliseconds>(x.spent).count();
  out.append(",\"attempts\":").append(std::to_string(x.attempts));
  out.append(",\"spent_ms\":").append(std::to_string(spent)).append("}");
  return out;
}

} // namespace tripool::pipe
