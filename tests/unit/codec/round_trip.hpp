// Encoding a value and decoding what came out, as a server would send it back.
// Used by the unit tests of codecs.
#pragma once

#include "tests/support/catch.hpp"
#include "tripool/core/codec/codec.hpp"
#include "tripool/core/statement/parameter.hpp"

#include <string>
#include <string_view>

namespace tripool::test {

/// The type under which a value found by name arrives in these tests.
inline constexpr std::uint32_t some_user_type = 16'400;

/// The parameter's bytes as a result's value. The parameter must outlive it.
inline encoded_value as_column(const encoded_parameter& x, const type_catalogue* types = nullptr) {
  const auto* first = reinterpret_cast<const char*>(x.data->data());
  return {{first, x.data->size()}, x.type != 0 ? x.type : some_user_type, result_format::binary, types};
}

/// What comes back of a value; a failure's message where it does not.
template <class T>
std::string trip_problem(const T& x) {
  const auto sent = encode_parameter(x);
  if (sent.fault) return "not sent: " + sent.fault->message;
  const auto back = codec<T>::decode(as_column(sent));
  if (!back) return "not read: " + back.error().message;
  return *back == x ? "" : "changed";
}

/// The message with which a value is refused to be sent, or nothing.
template <class T>
std::string fault_of(const T& x) {
  const auto sent = encode_parameter(x);
  return sent.fault ? sent.fault->sqlstate + ": " + sent.fault->message : "";
}

/// Reads bytes as a `T`; the error's message, or "read".
template <class T>
std::string problem_of(std::string_view data, std::uint32_t type, result_format format = result_format::binary,
                       const type_catalogue* types = nullptr) {
  const auto out = codec<T>::decode(encoded_value{data, type, format, types});
  return out ? "read" : out.error().message;
}

} // namespace tripool::test
