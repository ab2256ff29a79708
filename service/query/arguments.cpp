// Reading parameters.
#include "service/query/arguments.hpp"

#include "tripool/core/codec/codec.hpp"

#include <charconv>
#include <cstdint>
#include <limits>
#include <system_error>

namespace tripool::service {

namespace {

template <class T>
bool read_number(std::string_view text, T& to) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), to);
  return error == std::errc{} && end == text.data() + text.size() && !text.empty();
}

} // namespace

expected<parameter, std::string> read_argument(std::string_view text) {
  const auto colon = text.find(':');
  const auto type = colon == std::string_view::npos ? std::string_view{} : text.substr(0, colon);
  const auto value = colon == std::string_view::npos ? text : text.substr(colon + 1);
  const auto wrong = [&](const char* what) -> expected<parameter, std::string> {
    return unexpected{"\"" + std::string{text.substr(0, 80)} + "\" is no " + what};
  };
  if (type == "int") {
    std::int32_t x = 0;
    return read_number(value, x) ? expected<parameter, std::string>{typed(x)}
                                 : wrong("int (-2147483648 to 2147483647)");
  }
  if (type == "bigint") {
    std::int64_t x = 0;
    return read_number(value, x) ? expected<parameter, std::string>{typed(x)} : wrong("bigint (64 bits)");
  }
  if (type == "double") {
    double x = 0;
    return read_number(value, x) ? expected<parameter, std::string>{typed(x)} : wrong("double");
  }
  if (type == "bool") {
    if (value == "true" || value == "t") return parameter{true};
    if (value == "false" || value == "f") return parameter{false};
    return wrong("bool (true or false)");
  }
  if (type == "null" && value.empty()) return parameter{nullptr};
  if (type == "text") return parameter{value};
  return parameter{text};
}

} // namespace tripool::service
