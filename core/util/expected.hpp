// A value or the reason why there is none: what a function returns that can fail. C++20 has no std::expected yet;
// this is the small part of it that Tripool needs, under the same names, so that it can be replaced later. Knows
// nothing of the rest. Used by codecs, rows and whatever returns errors instead of throwing.
#pragma once

#include <cassert>
#include <type_traits>
#include <utility>
#include <variant>

namespace tripool {

/// Marks an error, so that `return unexpected{...}` cannot be taken for a value.
template <class E>
struct unexpected {
  E error;
};

template <class E>
unexpected(E) -> unexpected<E>;

/// Either a `T` or an `E`. Converts to true when it holds a value. Reading the other side is a programmer error
/// (asserted).
template <class T, class E>
class expected {
public:
  using value_type = T;
  using error_type = E;

  template <class U = T, class = std::enable_if_t<
                           std::is_convertible_v<U&&, T> && !std::is_same_v<std::remove_cvref_t<U>, expected>>>
  expected(U&& x) : state_(std::in_place_index<0>, std::forward<U>(x)) {}
  template <class G>
    requires(std::is_constructible_v<E, G&&>)
  expected(unexpected<G> x) : state_(std::in_place_index<1>, std::move(x.error)) {}

  bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  T& value() & noexcept { return *checked(std::get_if<0>(&state_)); }
  const T& value() const& noexcept { return *checked(std::get_if<0>(&state_)); }
  T&& value() && noexcept { return std::move(*checked(std::get_if<0>(&state_))); }
  T& operator*() & noexcept { return value(); }
  const T& operator*() const& noexcept { return value(); }
  T&& operator*() && noexcept { return std::move(*this).value(); }
  T* operator->() noexcept { return &value(); }
  const T* operator->() const noexcept { return &value(); }

  E& error() & noexcept { return *checked(std::get_if<1>(&state_)); }
  const E& error() const& noexcept { return *checked(std::get_if<1>(&state_)); }
  E&& error() && noexcept { return std::move(*checked(std::get_if<1>(&state_))); }

  template <class U>
  T value_or(U&& otherwise) const& {
    return has_value() ? value() : static_cast<T>(std::forward<U>(otherwise));
  }
  template <class U>
  T value_or(U&& otherwise) && {
    return has_value() ? std::move(*this).value() : static_cast<T>(std::forward<U>(otherwise));
  }

private:
  template <class P>
  static P* checked(P* x) noexcept {
    assert(x != nullptr);
    return x;
  }

  std::variant<T, E> state_;
};

} // namespace tripool
