// What counts as a server's refusal in the middle of a COPY, among everything that it may send there.
#include "tests/support/catch.hpp"
#include "tripool/core/postgres/detail/copy_refusal.hpp"

#include <string>

using tripool::postgres::tells_refusal;

namespace {

std::string message(char type, const std::string& body) {
  const auto n = body.size() + 4;
  std::string out{type};
  for (const int shift : {24, 16, 8, 0}) {
    out += static_cast<char>(n >> static_cast<unsigned>(shift));
  }
  return out + body;
}

std::string fields(const std::string& local, const std::string& severity, const std::string& text) {
  return "S" + local + '\0' + "V" + severity + '\0' + "C22P02" + '\0' + "M" + text + '\0' + '\0';
}

const std::string error = message('E', fields("ERROR", "ERROR", "no integer"));
const std::string ready = message('Z', "I");
const std::string notice = message('N', fields("HINWEIS", "NOTICE", "hello"));

} // namespace

TEST_CASE("an error is a refusal wherever it stands", "[postgres][copy]") {
  CHECK(tells_refusal(error));
  CHECK(tells_refusal(notice + error));
  CHECK(tells_refusal("the rest of a notice" + std::string(2, '\0') + error + ready));
  CHECK(tells_refusal(message('E', fields("FEHLER", "ERROR", "keine Zahl"))));
  CHECK(tells_refusal(message('E', fields("FATAL", "FATAL", "terminating connection"))));
  CHECK(tells_refusal(message('E', fields("PANIC", "PANIC", std::string(5000, 'x')))));
}

TEST_CASE("the end of the command is a refusal when the error was read unseen", "[postgres][copy]") {
  CHECK(tells_refusal(ready));
  CHECK(tells_refusal(message('Z', "E")));
  CHECK(tells_refusal(notice + ready));
}

TEST_CASE("what a COPY may say while it goes on is no refusal", "[postgres][copy]") {
  CHECK_FALSE(tells_refusal(""));
  CHECK_FALSE(tells_refusal("E"));
  CHECK_FALSE(tells_refusal(notice + notice));
  CHECK_FALSE(tells_refusal(message('N', fields("ERROR", "WARNING", "ERROR in Z"))));
  CHECK_FALSE(tells_refusal(message('N', fields("NOTICE", "NOTICE", "EEE ZZZ E"))));
  CHECK_FALSE(tells_refusal(message('S', std::string{"TimeZone\0UTC\0", 13})));
  CHECK_FALSE(tells_refusal(message('A', std::string{"\0\0\x12\x34ZE\0E\0", 9})));
  CHECK_FALSE(tells_refusal(message('G', std::string{"\0\0\2\0\0\0\0", 7})));
  // However a notice is cut: its rest, and what follows it.
  const auto two = message('N', fields("NOTICE", "NOTICE", "raised by RAISE")) + message('S', std::string{"Z\0Z\0", 4});
  for (std::size_t i = 0; i < two.size(); ++i) {
    CHECK_FALSE(tells_refusal(two.substr(i)));
    CHECK_FALSE(tells_refusal(two.substr(0, i)));
  }
}
