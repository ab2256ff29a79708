// The simulated server's messages and tags.
#include "tests/support/sim_answers.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace tripool::test {

server_message message_of(std::string severity, std::string sqlstate, std::string text) {
  server_message x;
  x.severity = std::move(severity);
  x.sqlstate = std::move(sqlstate);
  x.message = std::move(text);
  return x;
}

server_message error_of(std::string sqlstate, std::string text) {
  return message_of("ERROR", std::move(sqlstate), std::move(text));
}

result tag_of(std::string text) {
  return result{std::make_shared<owned_result>(std::move(text), std::vector<owned_result::column>{},
                                               std::vector<std::vector<owned_result::cell>>{})};
}

} // namespace tripool::test
