// JSON from outside into plain values, with bounds: nesting, number of values, no key twice, no NUL in a text. Numbers
// keep the digits that were written where a double or a 64-bit integer would not. Reading is nlohmann-json's; its type
// stays in the source file. Knows no protocol. Used by the pipe protocol.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tripool::json {

struct value;
/// Members in the order of the text, each key once.
using object = std::vector<std::pair<std::string, value>>;
using array = std::vector<value>;

/// A number that neither std::int64_t nor double holds exactly as it was written, for example 18446744073709551615.
struct digits {
  std::string text;
};

/// A number with a fraction or an exponent.
struct real {
  double number = 0;
  std::string text; ///< As it was written.
};

/// One JSON value.
struct value {
  std::variant<std::nullptr_t, bool, std::int64_t, real, digits, std::string, array, object> held = nullptr;

  template <class T>
  const T* get_if() const noexcept {
    return std::get_if<T>(&held);
  }
  /// "null", "a boolean", "a number", "a text", "a list" or "an object".
  std::string_view kind() const noexcept;
};

/// The member of that name, or null. The linear search suits the few members of a request.
const value* find(const object& in, std::string_view key) noexcept;

/// What a text may be at most.
struct bounds {
  std::size_t depth = 32;
  std::size_t values = 1'000'000;
  std::size_t members = 256; ///< Of one object.
};

/// Why a text could not be read. What stood in the outermost object before the error is kept, since it may say whose
/// text it is.
struct read_error {
  std::string message;  ///< Short; quotes at most a few characters of the text.
  bool is_json = false; ///< The text is JSON so far, but holds what is refused.
  object before;
};

/// Reads one JSON text. The memory that it takes is bounded by the text's size and `bounds::values`; the stack is not
/// used for nesting.
std::variant<value, read_error> read(std::string_view text, bounds limits = {});

} // namespace tripool::json
