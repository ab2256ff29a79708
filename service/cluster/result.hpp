// What an operation on a private cluster returns: a value, or a problem that a person can act on.
// No exception crosses this folder; a full disk or a missing package is an ordinary answer here.
// Used by everything in service/cluster and by its callers.
#pragma once

#include <cassert>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace tripool::cluster {

/// Why an operation failed.
struct problem {
  std::string message; ///< What happened and what to do about it, for people.
  std::string log;     ///< The end of the log of the server or program concerned; may be empty.
};

/// Returns message and log as text of one or more lines.
inline std::string to_string(const problem& x) {
  return x.log.empty() ? x.message : x.message + "\n--- end of its log ---\n" + x.log;
}

/// A `T`, or the problem that stood in its way.
template <class T>
class [[nodiscard]] result {
public:
  result(T value) : content_(std::in_place_index<0>, std::move(value)) {}
  result(problem why) : content_(std::in_place_index<1>, std::move(why)) {}

  /// Returns whether there is a value.
  explicit operator bool() const noexcept { return content_.index() == 0; }

  /// The value. Asserts that there is one.
  T& operator*() noexcept {
    assert(*this);
    return *std::get_if<0>(&content_);
  }
  const T& operator*() const noexcept {
    assert(*this);
    return *std::get_if<0>(&content_);
  }
  T* operator->() noexcept { return &**this; }
  const T* operator->() const noexcept { return &**this; }

  /// The problem. Asserts that there is one.
  const problem& error() const noexcept {
    assert(!*this);
    return *std::get_if<1>(&content_);
  }

private:
  std::variant<T, problem> content_;
};

/// Success without a value, or the problem that stood in its way.
template <>
class [[nodiscard]] result<void> {
public:
  result() = default;
  result(problem why) : problem_(std::move(why)) {}

  /// Returns whether it succeeded.
  explicit operator bool() const noexcept { return !problem_.has_value(); }

  /// The problem. Asserts that there is one.
  const problem& error() const noexcept {
    assert(problem_.has_value());
    return *problem_;
  }

private:
  std::optional<problem> problem_;
};

} // namespace tripool::cluster
