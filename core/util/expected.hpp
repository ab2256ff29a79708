// A value or the reason why there is none: what a function returns that can fail. C++20 has no std::expected yet;
// this is the small part of it that Tripool needs, under the same names, so that it can be replaced later. Knows
// nothing of the rest. Used by codecs, rows and whatever returns errors instead of throwing.
#pragma once

#include <cassert>
#include <memory>
#include <type_traits>
#include <utility>

namespace tripool {

/// Marks an error, so that `return unexpected{...}` cannot be taken for a value.
template <class E>
struct unexpected {
  E error;
};

template <class E>
unexpected(E) -> unexpected<E>;

/// Either a `T` or an `E`. Converts to true when it holds a value. Reading the other side is a programmer error
/// (asserted). Moving must not throw, for what is assigned to must never be left with neither.
template <class T, class E>
class expected {
public:
  using value_type = T;
  using error_type = E;

  template <class U = T, class = std::enable_if_t<
                           std::is_convertible_v<U&&, T> && !std::is_same_v<std::remove_cvref_t<U>, expected>>>
  expected(U&& x) : value_(std::forward<U>(x)), has_value_(true) {}
  template <class G>
    requires(std::is_constructible_v<E, G&&>)
  expected(unexpected<G> x) : error_(std::move(x.error)), has_value_(false) {}

  expected(const expected& x) requires(std::is_copy_constructible_v<T>&& std::is_copy_constructible_v<E>)
    : has_value_(x.has_value_) {
    become(x);
  }
  expected(expected&& x) noexcept(moves_quietly) : has_value_(x.has_value_) { become(std::move(x)); }
  expected& operator=(const expected& x) requires(std::is_copy_constructible_v<T>&& std::is_copy_constructible_v<E>) {
    return *this = expected{x};
  }
  expected& operator=(expected&& x) noexcept(moves_quietly) {
    if (this == &x) return *this;
    end();
    has_value_ = x.has_value_;
    become(std::move(x));
    return *this;
  }
  ~expected() { end(); }

  bool has_value() const noexcept { return has_value_; }
  explicit operator bool() const noexcept { return has_value(); }

  T& value() & noexcept {
    assert(has_value_);
    return value_;
  }
  const T& value() const& noexcept {
    assert(has_value_);
    return value_;
  }
  T&& value() && noexcept { return std::move(value()); }
  T& operator*() & noexcept { return value(); }
  const T& operator*() const& noexcept { return value(); }
  T&& operator*() && noexcept { return std::move(*this).value(); }
  T* operator->() noexcept { return &value(); }
  const T* operator->() const noexcept { return &value(); }

  E& error() & noexcept {
    assert(!has_value_);
    return error_;
  }
  const E& error() const& noexcept {
    assert(!has_value_);
    return error_;
  }
  E&& error() && noexcept { return std::move(error()); }

  template <class U>
  T value_or(U&& otherwise) const& {
    return has_value() ? value() : static_cast<T>(std::forward<U>(otherwise));
  }
  template <class U>
  T value_or(U&& otherwise) && {
    return has_value() ? std::move(*this).value() : static_cast<T>(std::forward<U>(otherwise));
  }

private:
  static constexpr bool moves_quietly =
    std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_constructible_v<E>;

  /// Makes what `x` has. Precondition: there is nothing yet, and `has_value_` is that of `x`.
  template <class X>
  void become(X&& x) {
    if (has_value_)
      std::construct_at(std::addressof(value_), std::forward<X>(x).value_);
    else
      std::construct_at(std::addressof(error_), std::forward<X>(x).error_);
  }
  void end() noexcept {
    if (has_value_)
      std::destroy_at(std::addressof(value_));
    else
      std::destroy_at(std::addressof(error_));
  }

  // Not a std::variant: that one is destroyed by a call, which costs more than reading most values does.
  union {
    T value_;
    E error_;
  };
  bool has_value_;
};

} // namespace tripool
