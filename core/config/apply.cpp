// Checks of single values against the option table.
#include "tripool/core/config/apply.hpp"

#include "tripool/core/config/quantity.hpp"
#include "tripool/core/config/suggestion.hpp"

#include <algorithm>
#include <cassert>

namespace tripool {

namespace {

struct kind_printer {
  std::string operator()(bool) const { return "true or false"; }
  std::string operator()(std::int64_t) const { return "an integer"; }
  std::string operator()(double) const { return "a number with a fraction"; }
  std::string operator()(duration) const { return "a duration"; }
  std::string operator()(const std::string&) const { return "a text"; }
  std::string operator()(const unsupported_value& x) const { return x.kind; }
};

std::string wrong_type(const option_spec& x, const config_value& value, std::string_view wanted) {
  std::string out = "is " + std::visit(kind_printer{}, value);
  out.append(", but ").append(wanted).append(" is wanted: ").append(allowed_text(x));
  return out;
}

// The number that a value means for this key, or what is wrong with it.
std::optional<std::string> read_number(const option_spec& x, const config_value& value, std::int64_t& out) {
  const auto* integer = std::get_if<std::int64_t>(&value);
  const auto* text = std::get_if<std::string>(&value);
  if (x.type == option_type::time_span) {
    if (const auto* span = std::get_if<duration>(&value)) {
      out = span->count();
      return std::nullopt;
    }
    if (text != nullptr) {
      const auto parsed = parse_duration(*text);
      if (!parsed) return "is no duration such as 500ms, 30s, 10min or 1h; allowed: " + allowed_text(x);
      out = parsed->count();
      return std::nullopt;
    }
    if (integer != nullptr) {
      const auto n = std::to_string(*integer);
      return "has no unit: write " + n + "s, " + n + "ms or " + n + "min; allowed: " + allowed_text(x);
    }
    return wrong_type(x, value, "a duration such as 30s");
  }
  if (integer != nullptr) {
    out = *integer;
    return std::nullopt;
  }
  if (x.type == option_type::size) {
    if (text == nullptr) return wrong_type(x, value, "a number of bytes, or a text such as \"256 MiB\",");
    const auto parsed = parse_bytes(*text);
    if (!parsed) return "is no size such as \"256 MiB\"; allowed: " + allowed_text(x);
    out = *parsed;
    return std::nullopt;
  }
  return wrong_type(x, value, "an integer");
}

struct number_reader {
  std::int64_t operator()(duration* x) const { return x->count(); }
  std::int64_t operator()(std::size_t* x) const { return static_cast<std::int64_t>(*x); }
  std::int64_t operator()(std::uint32_t* x) const { return *x; }
  std::int64_t operator()(std::uint16_t* x) const { return *x; }
  template <class T>
  std::int64_t operator()(const T&) const {
    assert(false && "not a numeric field");
    return 0;
  }
};

struct number_writer {
  std::int64_t number;
  void operator()(duration* x) const { *x = duration{number}; }
  void operator()(std::size_t* x) const { *x = static_cast<std::size_t>(number); }
  void operator()(std::uint32_t* x) const { *x = static_cast<std::uint32_t>(number); }
  void operator()(std::uint16_t* x) const { *x = static_cast<std::uint16_t>(number); }
  template <class T>
  void operator()(const T&) const {
    assert(false && "not a numeric field");
  }
};

} // namespace

const std::string* text_of(const option_spec& of, const config_value& value, std::string& error) {
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) {
    error = wrong_type(of, value, "a text");
    return nullptr;
  }
  if (!of.choices.empty() && std::find(of.choices.begin(), of.choices.end(), *text) == of.choices.end()) {
    error = "must be " + allowed_text(of) + did_you_mean(*text, of.choices);
    return nullptr;
  }
  return text;
}

std::optional<std::string> apply_value(const option_spec& to, const config_value& value, options& all,
                                       pool_options& pool) {
  assert(to.field != nullptr);
  if (to.type == option_type::text || to.type == option_type::path) {
    std::string error;
    const auto* text = text_of(to, value, error);
    if (text == nullptr) return error;
    *std::get<std::string*>(to.field(all, pool)) = *text;
    return std::nullopt;
  }
  if (to.type == option_type::boolean) {
    const auto* x = std::get_if<bool>(&value);
    if (x == nullptr) return "must be true or false, without quotes";
    *std::get<bool*>(to.field(all, pool)) = *x;
    return std::nullopt;
  }
  std::int64_t number = 0;
  if (auto error = read_number(to, value, number)) return error;
  if (number < to.min || number > to.max || number % to.step != 0) return "must be " + allowed_text(to);
  store_number(to, number, all, pool);
  return std::nullopt;
}

std::int64_t number_of(const option_spec& x, options& all, pool_options& pool) {
  return std::visit(number_reader{}, x.field(all, pool));
}

void store_number(const option_spec& x, std::int64_t number, options& all, pool_options& pool) {
  std::visit(number_writer{number}, x.field(all, pool));
}

std::string number_text(const option_spec& x, std::int64_t number) {
  if (x.type == option_type::time_span) return format_duration(duration{number});
  if (x.type == option_type::size) return format_bytes(number);
  return std::to_string(number);
}

} // namespace tripool
