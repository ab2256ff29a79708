// The server's spelling of numbers (float8out: the shortest digits, with an exponent from 15 digits on), and the rest.
#include "tripool/core/codec/render.hpp"

#include "tripool/core/codec/server_type.hpp"

#include <charconv>
#include <cmath>
#include <limits>
#include <string_view>

namespace tripool {

namespace {

namespace st = server_type;

template <class T>
std::string render_floating(T x) {
  if (std::isnan(x)) return "NaN";
  if (std::isinf(x)) return x > 0 ? "Infinity" : "-Infinity";
  constexpr std::size_t room = 64;
  char digits[room];
  const auto* end = std::to_chars(digits, digits + room, x, std::chars_format::scientific).ptr;
  const std::string_view spelled{digits, static_cast<std::size_t>(end - digits)};
  const auto e = spelled.find('e');
  int exponent = 0;
  const auto* first = spelled.data() + e + (spelled[e + 1] == '+' ? 2 : 1);
  std::from_chars(first, end, exponent);
  if (exponent < -4 || exponent >= std::numeric_limits<T>::digits10) return std::string{spelled};
  end = std::to_chars(digits, digits + room, x, std::chars_format::fixed).ptr;
  return {digits, static_cast<std::size_t>(end - digits)};
}

template <class T>
decoded<std::string> render_floating_value(const decoded<T>& x) {
  if (!x) return unexpected{x.error()};
  return render_floating(*x);
}

decoded<std::string> render_integer(const encoded_value& x) {
  const auto value = decode_integer(x, "std::string");
  if (!value) return unexpected{value.error()};
  return (value->negative ? "-" : "") + std::to_string(value->magnitude);
}

decoded<std::string> render_uuid(const encoded_value& x) {
  constexpr std::size_t size = 16;
  constexpr std::string_view hex = "0123456789abcdef";
  if (x.data.size() != size) return unexpected{malformed(x)};
  std::string out;
  for (std::size_t i = 0; i < size; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    const auto byte = static_cast<unsigned char>(x.data[i]);
    out += hex[byte >> 4U];
    out += hex[byte & 0xFU];
  }
  return out;
}

} // namespace

bool is_rendered(std::uint32_t type) noexcept {
  switch (type) {
    case st::bool_:
    case st::int2:
    case st::int4:
    case st::int8:
    case st::oid:
    case st::xid:
    case st::cid:
    case st::xid8:
    case st::float4:
    case st::float8:
    case st::numeric:
    case st::uuid:
    case st::void_: return true;
    default: return false;
  }
}

decoded<std::string> render_text(const encoded_value& x) {
  switch (x.type) {
    case st::bool_: {
      const auto value = decode_bool(x);
      if (!value) return unexpected{value.error()};
      return std::string{*value ? "t" : "f"};
    }
    case st::float4: return render_floating_value(decode_float(x));
    case st::float8: return render_floating_value(decode_double(x));
    case st::uuid: return render_uuid(x);
    case st::void_: return std::string{};
    case st::numeric: {
      auto text = numeric_to_text(x.data);
      if (!text) return unexpected{malformed(x)};
      return std::move(*text);
    }
    default: return render_integer(x);
  }
}

} // namespace tripool
