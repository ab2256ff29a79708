// Plain texts are copied as they are; everything unusual is left to nlohmann-json.
#include "service/json/writer.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace tripool::json {

namespace {

bool is_plain(char c) {
  return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view skip_digits(std::string_view x) {
  while (!x.empty() && is_digit(x.front())) x.remove_prefix(1);
  return x;
}

void append_list(std::string& to, const array& xs) {
  to += '[';
  for (std::size_t i = 0; i < xs.size(); ++i) {
    if (i > 0) to += ',';
    append_value(to, xs[i]);
  }
  to += ']';
}

void append_object(std::string& to, const object& xs) {
  to += '{';
  for (std::size_t i = 0; i < xs.size(); ++i) {
    if (i > 0) to += ',';
    append_text(to, xs[i].first);
    to += ':';
    append_value(to, xs[i].second);
  }
  to += '}';
}

struct appender {
  std::string& to;
  void operator()(std::nullptr_t) const { to += "null"; }
  void operator()(bool x) const { to += x ? "true" : "false"; }
  void operator()(std::int64_t x) const { to += std::to_string(x); }
  void operator()(const real& x) const { to += x.text; }
  void operator()(const digits& x) const { to += x.text; }
  void operator()(const std::string& x) const { append_text(to, x); }
  void operator()(const array& x) const { append_list(to, x); }
  void operator()(const object& x) const { append_object(to, x); }
};

} // namespace

void append_text(std::string& to, std::string_view text) {
  if (std::all_of(text.begin(), text.end(), is_plain)) {
    to.append("\"").append(text).append("\"");
    return;
  }
  to += nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void append_value(std::string& to, const value& x) {
  std::visit(appender{to}, x.held);
}

bool is_number(std::string_view x) noexcept {
  if (x.starts_with('-')) x.remove_prefix(1);
  if (x.empty() || !is_digit(x.front())) return false;
  if (x.front() == '0')
    x.remove_prefix(1);
  else
    x = skip_digits(x);
  if (x.starts_with('.')) {
    x.remove_prefix(1);
    if (x.empty() || !is_digit(x.front())) return false;
    x = skip_digits(x);
  }
  if (x.starts_with('e') || x.starts_with('E')) {
    x.remove_prefix(1);
    if (x.starts_with('+') || x.starts_with('-')) x.remove_prefix(1);
    if (x.empty() || !is_digit(x.front())) return false;
    x = skip_digits(x);
  }
  return x.empty();
}

bool is_valid(std::string_view text) {
  return nlohmann::json::accept(text.begin(), text.end());
}

} // namespace tripool::json
