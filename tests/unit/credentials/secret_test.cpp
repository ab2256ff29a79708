// A secret cannot be shown, compared, copied or serialised by accident, and leaves nothing behind. What must not
// compile is stated as a requirement that must not hold.
#include "tests/support/catch.hpp"

#include "tripool/core/credentials/scrub.hpp"
#include "tripool/core/credentials/secret.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <sstream>
#include <type_traits>
#include <vector>

using namespace tripool;

namespace {

template <class T>
concept printable = requires(std::ostream& out, const T& x) {
  out << x;
};
template <class T>
concept comparable = requires(const T& x) {
  x == x;
}
|| requires(const T& x) {
  x != x;
};
template <class T>
concept comparable_with_text = requires(const T& x) {
  x == "text";
}
|| requires(const T& x) {
  "text" == x;
};
template <class T>
concept ordered = requires(const T& x) {
  x < x;
}
|| requires(const T& x) {
  x >= x;
};
template <class T>
concept hashable = requires(const T& x) {
  std::hash<T>{}(x);
};

struct some_inspector {
  template <class... Fields>
  bool operator()(Fields&...) {
    return true;
  }
};
template <class T>
concept inspectable = requires(some_inspector& f, T& x) {
  inspect(f, x);
};
template <class T>
concept has_text = requires(const T& x) {
  to_string(x);
};

// The concepts themselves hold for what may be shown, so that a mistake in them would be noticed.
static_assert(printable<std::string> && comparable<std::string> && ordered<std::string> && hashable<std::string>);

static_assert(!printable<secret>);
static_assert(!comparable<secret>);
static_assert(!comparable_with_text<secret>);
static_assert(!ordered<secret>);
static_assert(!hashable<secret>);
static_assert(!inspectable<secret>);
static_assert(!has_text<secret>);
static_assert(!std::is_copy_constructible_v<secret> && !std::is_copy_assignable_v<secret>);
static_assert(!std::is_convertible_v<secret, std::string> && !std::is_convertible_v<secret, std::string_view>);
static_assert(!std::is_convertible_v<secret, const char*> && !std::is_convertible_v<std::string, secret>);
static_assert(!std::is_constructible_v<std::string, secret> && !std::is_constructible_v<bool, secret>);
static_assert(std::is_nothrow_move_constructible_v<secret>);

// What holds a secret inherits all of it.
static_assert(!printable<credential> && !comparable<credential> && !inspectable<credential>);
static_assert(!std::is_copy_constructible_v<credential>);

/// Memory that shows what was left in it when it was given back.
class glass_memory final : public secret_memory {
public:
  char* take(std::size_t size) noexcept override {
    if (used_ + size > room_.size()) return nullptr;
    auto* at = room_.data() + used_;
    used_ += size;
    return at;
  }
  void give_back(char* at, std::size_t size) noexcept override {
    ++returned;
    clean = clean && std::all_of(at, at + size, [](char c) { return c == '\0'; });
  }
  int returned = 0;
  bool clean = true;

private:
  std::array<char, 256> room_{};
  std::size_t used_ = 0;
};

} // namespace

TEST_CASE("a secret wipes the text that it is made of, and its own memory when it goes", "[secret]") {
  static glass_memory glass;
  keep_secrets_in(glass);
  {
    std::string text = "correct horse battery staple";
    const auto* old = text.data();
    const auto size = text.size();
    secret x{std::move(text)};
    CHECK(std::all_of(old, old + size, [](char c) { return c == '\0'; }));
    CHECK(x.view() == "correct horse battery staple");
    secret y{std::move(x)};
    CHECK(x.empty());
    CHECK(std::string{x.reveal()}.empty());
    secret z = secret::copy_of("other");
    z = std::move(y);
    CHECK(z.view() == "correct horse battery staple");
    CHECK(glass.returned == 1);
  }
  CHECK(glass.returned == 2);
  CHECK(glass.clean);
}

TEST_CASE("secrets are the same only byte for byte", "[secret]") {
  const auto a = secret::copy_of("hunter2");
  CHECK(a.same_as(a.duplicate()));
  CHECK_FALSE(a.same_as(secret::copy_of("hunter3")));
  CHECK_FALSE(a.same_as(secret::copy_of("hunter22")));
  CHECK_FALSE(a.same_as(secret{}));
  CHECK(secret{}.same_as(secret{}));
}

TEST_CASE("a secret is taken out of a text in each spelling", "[secret]") {
  const std::string hidden = "p@ss w\xc3\xb6rd/%";
  for (const auto& spelling :
       {hidden, as_percent_encoded(hidden), as_percent_encoded(hidden, false), as_base64(hidden)}) {
    INFO(spelling);
    CHECK(scrub("before " + spelling + " after " + spelling, hidden) == "before (secret) after (secret)");
  }
  CHECK(scrub("nothing here", hidden) == "nothing here");
  CHECK(scrub("a cat", "a") == "a cat");
  CHECK(scrub("a cat", "") == "a cat");
}

TEST_CASE("base64 and percent-encoding are those of their standards", "[secret]") {
  const std::vector<std::pair<std::string, std::string>> known{
    {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"\xff\xfe", "//4="}};
  for (const auto& [plain, coded] : known) CHECK(as_base64(plain) == coded);
  CHECK(as_percent_encoded("a b/\xc3\xa4~") == "a%20b%2F%C3%A4~");
}
