// A handler for nlohmann-json's event reader, which needs no stack for nesting.
#include "service/json/reader.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>

namespace tripool::json {

namespace {

// Decimal digits that a double always keeps.
constexpr std::size_t double_digits = 15;

std::size_t significant_digits(std::string_view number) {
  std::size_t count = 0;
  for (const char c : number) {
    if (c == 'e' || c == 'E') break;
    if (c == '0' && count == 0) continue;
    if (c >= '0' && c <= '9') ++count;
  }
  return count;
}

class builder final : public nlohmann::json_sax<nlohmann::json> {
public:
  explicit builder(bounds limits) : limits_(limits) {}

  bool null() override { return add({nullptr}); }
  bool boolean(bool x) override { return add({x}); }
  bool number_integer(std::int64_t x) override { return add({x}); }

  bool number_unsigned(std::uint64_t x) override {
    if (x <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
      return add({static_cast<std::int64_t>(x)});
    return add({digits{std::to_string(x)}});
  }

  bool number_float(double x, const std::string& text) override {
    const bool whole = text.find_first_of(".eE") == std::string::npos;
    if (whole || significant_digits(text) > double_digits) return add({digits{text}});
    return add({real{x, text}});
  }

  bool string(std::string& x) override {
    if (x.find('\0') != std::string::npos)
      return fail("a text holds a NUL character (\\u0000), which PostgreSQL cannot store");
    return add({std::move(x)});
  }

  bool binary(nlohmann::json::binary_t&) override { return fail("binary data"); }

  bool start_object(std::size_t) override { return open({object{}}); }
  bool start_array(std::size_t) override { return open({array{}}); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(std::string& x) override {
    auto& in = std::get<object>(stack_.back().held);
    if (in.size() >= limits_.members)
      return fail("more than " + std::to_string(limits_.members) + " keys in one object");
    if (find(in, x) != nullptr) return fail("the key " + shown(x) + " stands there twice");
    keys_.back() = std::move(x);
    return true;
  }

  bool parse_error(std::size_t position, const std::string& token, const nlohmann::detail::exception& x) override {
    constexpr int number_overflow = 406;
    if (x.id == number_overflow)
      return fail("the number " + shown(token) + " is beyond what a double holds: send it as a text");
    // "[json.exception...] parse error at line 1, column 5: what is wrong; last read: '...'"
    std::string_view what = x.what();
    if (const auto at = what.find(": "); at != std::string_view::npos) what.remove_prefix(at + 2);
    what = what.substr(0, what.find("; last read"));
    is_json_ = false;
    return fail("at character " + std::to_string(position) + ": " + std::string{what});
  }

  std::variant<value, read_error> finish(bool complete) {
    if (complete) return std::move(done_);
    read_error out{std::move(message_), is_json_, {}};
    auto& begun = stack_.empty() ? done_ : stack_.front(); // Complete, if something stands behind it.
    if (auto* outermost = std::get_if<object>(&begun.held)) out.before = std::move(*outermost);
    return out;
  }

private:
  static std::string shown(const std::string& key) {
    constexpr std::size_t length_max = 40;
    return '"' + (key.size() <= length_max ? key : key.substr(0, length_max) + "...") + '"';
  }

  bool fail(std::string message) {
    message_ = std::move(message);
    return false;
  }

  bool count() {
    if (++count_ > limits_.values) return fail("more than " + std::to_string(limits_.values) + " values in one text");
    return true;
  }

  bool add(value x) {
    if (!count()) return false;
    place(std::move(x));
    return true;
  }

  bool open(value x) {
    if (!count()) return false;
    if (stack_.size() == limits_.depth)
      return fail("nested more than " + std::to_string(limits_.depth) + " levels deep");
    stack_.push_back(std::move(x));
    keys_.emplace_back();
    return true;
  }

  bool close() {
    auto x = std::move(stack_.back());
    stack_.pop_back();
    keys_.pop_back();
    place(std::move(x));
    return true;
  }

  void place(value x) {
    if (stack_.empty())
      done_ = std::move(x);
    else if (auto* list = std::get_if<array>(&stack_.back().held))
      list->push_back(std::move(x));
    else
      std::get<object>(stack_.back().held).emplace_back(std::move(keys_.back()), std::move(x));
  }

  bounds limits_;
  std::size_t count_ = 0;
  value done_;
  std::vector<value> stack_;      // What is open, outermost first.
  std::vector<std::string> keys_; // The present key of each, where it is an object.
  std::string message_;
  bool is_json_ = true; // So far.
};

} // namespace

std::string_view value::kind() const noexcept {
  constexpr std::string_view names[] = {"null",     "a boolean", "a number", "a number",
                                        "a number", "a text",    "a list",   "an object"};
  return names[held.index()];
}

const value* find(const object& in, std::string_view key) noexcept {
  const auto at = std::find_if(in.begin(), in.end(), [&](const auto& x) { return x.first == key; });
  return at == in.end() ? nullptr : &at->second;
}

std::variant<value, read_error> read(std::string_view text, bounds limits) {
  builder to{limits};
  const bool complete = nlohmann::json::sax_parse(text.begin(), text.end(), &to);
  return to.finish(complete);
}

} // namespace tripool::json
