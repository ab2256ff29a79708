// How each kind of parameter is spelled for the server.
#include "tripool/core/postgres/detail/parameters.hpp"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cmath>
#include <string>
#include <variant>

namespace tripool::postgres {

namespace {

/// Room for any integer or shortest double with its terminating zero.
constexpr std::size_t number_size = 32;

template <class T>
const char* spell(T x, char* slot) noexcept {
  const auto end = std::to_chars(slot, slot + number_size - 1, x).ptr;
  *end = '\0';
  return slot;
}

const char* spell_double(double x, char* slot) noexcept {
  if (std::isnan(x)) {
    return "NaN";
  }
  if (std::isinf(x)) {
    return x > 0 ? "Infinity" : "-Infinity";
  }
  return spell(x, slot);
}

} // namespace

void parameter_buffer::add(Oid type, const char* value, std::size_t length, int format) {
  types_.push_back(type);
  values_.push_back(value);
  lengths_.push_back(static_cast<int>(length));
  formats_.push_back(format);
}

void parameter_buffer::add_bytes(Oid type, const bytes& raw) {
  // A null pointer would mean the SQL NULL, and an empty vector may have one.
  add(type, raw.empty() ? "" : reinterpret_cast<const char*>(raw.data()), raw.size(), 1);
}

void parameter_buffer::encode(std::span<const parameter> from, const type_catalogue* known) {
  assert(from.size() <= parameters_max);
  types_.clear();
  values_.clear();
  lengths_.clear();
  formats_.clear();
  numbers_.resize(std::max(numbers_.size(), from.size() * number_size));
  for (const parameter& p : from) {
    char* const slot = numbers_.data() + values_.size() * number_size;
    const auto& x = p.value();
    if (std::holds_alternative<null_value>(x)) {
      add(0, nullptr, 0, 0);
    } else if (const auto* b = std::get_if<bool>(&x)) {
      add(0, *b ? "t" : "f", 1, 0);
    } else if (const auto* i = std::get_if<std::int64_t>(&x)) {
      add(0, spell(*i, slot), 0, 0);
    } else if (const auto* d = std::get_if<double>(&x)) {
      add(0, spell_double(*d, slot), 0, 0);
    } else if (const auto* s = std::get_if<std::string>(&x)) {
      assert(s->find('\0') == std::string::npos);
      add(0, s->c_str(), s->size(), 0);
    } else if (const auto* raw = std::get_if<bytes>(&x)) {
      add_bytes(stated_type(p), *raw);
    } else {
      const auto& encoded = std::get<encoded_parameter>(x);
      assert(!encoded.fault);
      if (encoded.data)
        add_bytes(stated_type(p, known), *encoded.data);
      else
        add(stated_type(p, known), nullptr, 0, 1);
    }
  }
}

} // namespace tripool::postgres
