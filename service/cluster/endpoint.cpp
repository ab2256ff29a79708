// Connection strings: libpq's keyword/value form, in which a value in quotes escapes ' and \ by a backslash.
#include "service/cluster/endpoint.hpp"

#include <string_view>

namespace tripool::cluster {

namespace {

void append(std::string& text, std::string_view key, std::string_view value) {
  if (!text.empty()) text += ' ';
  text.append(key).append("='");
  for (const char c : value) {
    if (c == '\'' || c == '\\') text += '\\';
    text += c;
  }
  text += '\'';
}

} // namespace

std::string connection_string(const endpoint& x, bool with_password) {
  std::string text;
  append(text, "host", x.host);
  append(text, "port", std::to_string(x.port));
  append(text, "user", x.user);
  if (with_password) append(text, "password", x.password);
  append(text, "dbname", x.database);
  return text;
}

} // namespace tripool::cluster
