// Decoders for booleans, numbers, text and bytes. The binary forms are those of the types' send functions in the
// server.
#include "tripool/core/codec/decode.hpp"

#include "tripool/core/codec/render.hpp"
#include "tripool/core/codec/server_type.hpp"
#include "tripool/core/codec/type_catalogue.hpp"

#include <array>
#include <bit>
#include <charconv>

namespace tripool {

namespace {

namespace st = server_type;

bool is_binary(const encoded_value& x) noexcept {
  return x.format == result_format::binary;
}

/// Reads an unsigned integer in network order. Precondition: `data` has at most 8 bytes.
std::uint64_t big_endian(std::string_view data) noexcept {
  std::uint64_t out = 0;
  for (const char c : data) out = (out << 8U) | static_cast<unsigned char>(c);
  return out;
}

wide_integer from_signed(std::int64_t x) noexcept {
  const auto raw = static_cast<std::uint64_t>(x);
  return x < 0 ? wide_integer{std::uint64_t{0} - raw, true} : wide_integer{raw, false};
}

/// The size of an integer type in binary format, or 0 for other types.
std::size_t integer_size(std::uint32_t type) noexcept {
  switch (type) {
    case st::int2: return 2;
    case st::int4:
    case st::oid:
    case st::xid:
    case st::cid: return 4;
    case st::int8:
    case st::xid8: return 8;
    default: return 0;
  }
}

bool is_signed(std::uint32_t type) noexcept {
  return type == st::int2 || type == st::int4 || type == st::int8;
}

/// The outcome of reading an integer from text.
enum class parse { done, fraction, malformed };

/// Reads "-12", "12.00" and the like. NaN and the infinities of numeric count as fractions: no integer can hold them.
parse parse_integer(std::string_view text, wide_integer& out) noexcept {
  out = {};
  if (text == "NaN" || text == "Infinity" || text == "-Infinity") return parse::fraction;
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, out.magnitude);
  out.negative = negative && out.magnitude != 0;
  if (error == std::errc::result_out_of_range) return parse::fraction;
  if (error != std::errc{}) return parse::malformed;
  if (stopped == end) return parse::done;
  const std::string_view rest{stopped, static_cast<std::size_t>(end - stopped)};
  if (rest[0] != '.' || rest.find_first_not_of("0123456789", 1) != std::string_view::npos) return parse::malformed;
  return rest.find_first_not_of('0', 1) == std::string_view::npos ? parse::done : parse::fraction;
}

template <class T>
decoded<T> parse_floating(const encoded_value& x, std::string_view text, std::string_view wanted) {
  T out{};
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, out);
  if (error == std::errc::result_out_of_range) return unexpected{does_not_fit(x, wanted)};
  if (error != std::errc{} || stopped != end) return unexpected{malformed(x)};
  return out;
}

decoded<float> decode_float4(const encoded_value& x, std::string_view wanted) {
  if (!is_binary(x)) return parse_floating<float>(x, x.data, wanted);
  if (x.data.size() != 4) return unexpected{malformed(x)};
  return std::bit_cast<float>(static_cast<std::uint32_t>(big_endian(x.data)));
}

decoded<double> decode_float8(const encoded_value& x) {
  if (!is_binary(x)) return parse_floating<double>(x, x.data, "double");
  if (x.data.size() != 8) return unexpected{malformed(x)};
  return std::bit_cast<double>(big_endian(x.data));
}

/// The position of a hexadecimal digit's value, or -1.
int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<bytes> from_hex(std::string_view digits) {
  if (digits.size() % 2 != 0) return std::nullopt;
  bytes out(digits.size() / 2);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int high = hex_value(digits[2 * i]);
    const int low = hex_value(digits[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out[i] = static_cast<std::byte>(high * 16 + low);
  }
  return out;
}

/// The escape format: a backslash is doubled, and \ooo is a byte in octal.
std::optional<bytes> from_escape(std::string_view text) {
  bytes out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out.push_back(static_cast<std::byte>(text[i]));
    } else if (i + 1 < text.size() && text[i + 1] == '\\') {
      out.push_back(std::byte{'\\'});
      ++i;
    } else {
      unsigned value = 0;
      const char* first = text.data() + i + 1;
      if (text.size() - i < 4 || std::from_chars(first, first + 3, value, 8).ptr != first + 3 || value > 0xFF)
        return std::nullopt;
      out.push_back(static_cast<std::byte>(value));
      i += 3;
    }
  }
  return out;
}

bool is_text_like(std::uint32_t type) noexcept {
  switch (type) {
    case st::text:
    case st::varchar:
    case st::bpchar:
    case st::name:
    case st::char_:
    case st::unknown:
    case st::json:
    case st::xml: return true;
    default: return false;
  }
}

bool is_enumeration(const encoded_value& x) {
  if (!x.types || x.type < st::first_user_defined) return false;
  const auto* entry = x.types->find(x.type);
  return entry && entry->what == catalogue_entry::kind::enumeration;
}

} // namespace

std::string type_name_of(std::uint32_t type, const type_catalogue* types) {
  auto name = types ? types->name_of(type) : std::string{};
  return name.empty() ? server_type_name(type) : name;
}

std::uint32_t base_type_of(std::uint32_t type, const type_catalogue* types) noexcept {
  return types && type >= server_type::first_user_defined ? types->base_of(type) : type;
}

decode_error wrong_type(const encoded_value& x, std::string_view wanted) {
  std::string out = type_name_of(x.type, x.types) + " cannot be read as ";
  out += wanted;
  if (is_binary(x)) out += " in binary format";
  return {std::move(out)};
}

decode_error text_refused(const encoded_value& x, std::string_view wanted) {
  auto out = wrong_type(x, wanted);
  out.message += " in text format: ask for result_format::binary";
  return out;
}

decode_error does_not_fit(const encoded_value& x, std::string_view wanted) {
  std::string out = "a value of " + type_name_of(x.type, x.types) + " does not fit ";
  out += wanted;
  return {std::move(out)};
}

decode_error malformed(const encoded_value& x) {
  return {"malformed " + type_name_of(x.type, x.types) + " (" + std::to_string(x.data.size()) + " bytes in "
          + (is_binary(x) ? "binary" : "text") + " format)"};
}

decode_error null_refused(std::uint32_t type, std::string_view wanted, const type_catalogue* types) {
  std::string out = "NULL of " + type_name_of(type, types) + " cannot be read as ";
  out.append(wanted).append(": ask for a std::optional");
  return {std::move(out)};
}

decoded<bool> decode_bool(const encoded_value& x) {
  if (x.type != st::bool_) return unexpected{wrong_type(x, "bool")};
  if (x.data.size() != 1) return unexpected{malformed(x)};
  const char yes = is_binary(x) ? '\1' : 't';
  const char no = is_binary(x) ? '\0' : 'f';
  if (x.data[0] != yes && x.data[0] != no) return unexpected{malformed(x)};
  return x.data[0] == yes;
}

decoded<wide_integer> decode_integer(const encoded_value& x, std::string_view wanted) {
  const std::size_t size = integer_size(x.type);
  if (size == 0 && x.type != st::numeric) return unexpected{wrong_type(x, wanted)};
  if (size != 0 && is_binary(x)) {
    if (x.data.size() != size) return unexpected{malformed(x)};
    const std::uint64_t raw = big_endian(x.data);
    if (!is_signed(x.type)) return wide_integer{raw, false};
    if (size == 2) return from_signed(static_cast<std::int16_t>(raw));
    if (size == 4) return from_signed(static_cast<std::int32_t>(raw));
    return from_signed(static_cast<std::int64_t>(raw));
  }
  std::optional<std::string> expanded;
  if (is_binary(x)) {
    expanded = numeric_to_text(x.data);
    if (!expanded) return unexpected{malformed(x)};
  }
  wide_integer out;
  switch (parse_integer(expanded ? std::string_view{*expanded} : x.data, out)) {
    case parse::done: return out;
    case parse::fraction: return unexpected{does_not_fit(x, wanted)};
    case parse::malformed: break;
  }
  return unexpected{malformed(x)};
}

decoded<float> decode_float(const encoded_value& x) {
  if (x.type == st::float4) return decode_float4(x, "float");
  if (x.type != st::int2) return unexpected{wrong_type(x, "float")};
  auto whole = decode_integer(x, "float");
  if (!whole) return unexpected{std::move(whole).error()};
  return static_cast<float>(whole->as<std::int64_t>());
}

decoded<double> decode_double(const encoded_value& x) {
  if (x.type == st::float8) return decode_float8(x);
  if (x.type == st::float4) {
    // The double nearest to the text would not be the float4 that the server holds.
    auto single = decode_float4(x, "double");
    if (!single) return unexpected{std::move(single).error()};
    return static_cast<double>(*single);
  }
  if (x.type == st::numeric) {
    if (!is_binary(x)) return parse_floating<double>(x, x.data, "double");
    const auto text = numeric_to_text(x.data);
    if (!text) return unexpected{malformed(x)};
    return parse_floating<double>(x, *text, "double");
  }
  if (integer_size(x.type) == 0) return unexpected{wrong_type(x, "double")};
  auto whole = decode_integer(x, "double");
  if (!whole) return unexpected{std::move(whole).error()};
  constexpr std::uint64_t exact_max = std::uint64_t{1} << std::numeric_limits<double>::digits;
  if (whole->magnitude > exact_max) return unexpected{does_not_fit(x, "double")};
  const auto out = static_cast<double>(whole->magnitude);
  return whole->negative ? -out : out;
}

decoded<std::string_view> decode_text_view(const encoded_value& x, std::string_view wanted) {
  if (!is_binary(x) || is_text_like(x.type)) return x.data;
  if (x.type == st::jsonb) {
    if (x.data.empty() || x.data[0] != 1) return unexpected{malformed(x)}; // The version, then the text.
    return x.data.substr(1);
  }
  if (is_enumeration(x)) return x.data;
  auto out = wrong_type(x, wanted);
  out.message += ": ask for result_format::text";
  return unexpected{std::move(out)};
}

decoded<std::string> decode_text(const encoded_value& x) {
  if (is_binary(x) && is_rendered(x.type)) return render_text(x);
  auto view = decode_text_view(x, "std::string");
  if (!view) return unexpected{std::move(view).error()};
  return std::string{*view};
}

decoded<char> decode_character(const encoded_value& x) {
  if (!is_text_like(x.type)) return unexpected{wrong_type(x, "char")};
  // The server shows the "char" of value zero as an empty text.
  if (x.type == st::char_ && x.data.empty() && !is_binary(x)) return '\0';
  if (x.data.size() != 1) return unexpected{does_not_fit(x, "char")};
  return x.data[0];
}

decoded<bytes> decode_bytes(const encoded_value& x) {
  if (x.type != st::bytea) return unexpected{wrong_type(x, "bytes")};
  if (is_binary(x)) {
    const auto* first = reinterpret_cast<const std::byte*>(x.data.data());
    return bytes(first, first + x.data.size());
  }
  auto out = x.data.starts_with("\\x") ? from_hex(x.data.substr(2)) : from_escape(x.data);
  if (!out) return unexpected{malformed(x)};
  return std::move(*out);
}

} // namespace tripool
