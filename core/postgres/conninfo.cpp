// Reading libpq's option lists.
//
// libpq's messages about a malformed string quote parts of it, which may be parts of a password: they are recognised by
// their fixed beginnings and replaced by words of our own. Only an unknown keyword is named,
// where no secret is near.
#include "tripool/core/postgres/conninfo.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstring>
#include <memory>
#include <string_view>

namespace tripool::postgres {

namespace {

/// Frees an option list after wiping its secrets.
struct option_list_deleter {
  void operator()(PQconninfoOption* list) const noexcept {
    for (auto* x = list; x->keyword; ++x) {
      if (x->val && x->dispchar[0] == '*') {
        explicit_bzero(x->val, std::strlen(x->val));
      }
    }
    PQconninfoFree(list);
  }
};
using option_list = std::unique_ptr<PQconninfoOption, option_list_deleter>;

struct reason {
  const char* begins;
  const char* says;
  bool names_keyword = false;
};

/// What libpq complains about, in words that hold none of the string.
constexpr reason reasons[] = {
  {"missing \"=\" after", "a keyword has no \"=\" (a value with spaces must be quoted: password='a b')"},
  {"unterminated quoted string", "a quote is not closed"},
  {"invalid connection option", "it holds a keyword that the client library does not know", true},
  {"invalid URI query parameter", "the URI has a query parameter that the client library does not know", true},
  {"invalid percent-encoded token", "a % in the URI is not followed by two hexadecimal digits (write %25 for a %)"},
  {"forbidden value %00", "the URI holds the forbidden %00"},
  {"end of string reached when looking for matching \"]\"", "an IPv6 address in the URI lacks its closing \"]\""},
  {"IPv6 host address may not be empty", "the IPv6 address in the URI is empty"},
  {"unexpected character", "the URI has an unexpected character after its host (a \"/\", \"@\" or \":\" in a password "
                           "must be percent-encoded)"},
  {"extra key/value separator", "a query parameter of the URI has more than one \"=\""},
  {"missing key/value separator", "a query parameter of the URI has no \"=\""},
  {"out of memory", "memory is out"},
};

/// The keyword that libpq's message quotes, in quotes; empty when it looks like none. It may be a piece of a password
/// that was not quoted, or of a URI's: then the string has a password's keyword or an "@" and nothing is shown.
std::string quoted_keyword(std::string_view message, std::string_view source) {
  constexpr std::size_t length_max = 40;
  const auto in_password =
    source.find_first_of("@'") != std::string_view::npos || source.find("pass") != std::string_view::npos;
  const auto begin = message.find('"');
  const auto end = begin == std::string_view::npos ? begin : message.find('"', begin + 1);
  if (in_password || end == std::string_view::npos) return {};
  const auto found = message.substr(begin, end + 1 - begin);
  const auto word = found.substr(1, found.size() - 2);
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
  };
  return word.size() <= length_max && std::ranges::all_of(word, is_letter) ? std::string{found} : std::string{};
}

conninfo_error explain(const char* from_libpq, std::string_view source) {
  const std::string_view text = from_libpq ? from_libpq : "out of memory";
  for (const reason& r : reasons) {
    if (text.starts_with(r.begins)) {
      auto out = std::string{"the connection string is not valid: "} + r.says;
      if (r.names_keyword) {
        if (const auto keyword = quoted_keyword(text, source); !keyword.empty()) out.append(": ").append(keyword);
      }
      return {std::move(out)};
    }
  }
  return {"the connection string is not valid: write it as host=... port=... dbname=... user=... or as "
          "postgresql://user@host:port/dbname"};
}

conninfo_error several(const char* keyword) {
  return {std::string{"the connection names more than one "} + keyword
          + ": a pool is one server, so give each server a pool of its own"};
}

/// PostgreSQL's spellings of the one encoding that is spoken here.
bool is_utf8(std::string_view encoding) {
  std::string plain;
  for (const char c : encoding)
    if (std::isalnum(static_cast<unsigned char>(c))) plain += static_cast<char>(std::tolower(c));
  return plain == "utf8" || plain == "unicode";
}

/// The value that "-c client_encoding=X" or "--client-encoding=X" gives in a text of server options, if one does.
std::optional<std::string_view> encoding_in(std::string_view options) {
  for (const std::string_view name : {"client_encoding", "client-encoding"}) {
    const auto at = options.rfind(name);
    if (at == std::string_view::npos) continue;
    auto value = options.substr(at + name.size());
    value.remove_prefix(std::min(value.size(), value.find_first_not_of(" =")));
    return value.substr(0, value.find(' '));
  }
  return std::nullopt;
}

conninfo_error wrong_encoding(std::string_view encoding) {
  return {"the connection asks for client_encoding " + std::string{encoding.substr(0, 40)}
          + ": all text here is UTF8, which servers of any encoding convert to; leave client_encoding out"};
}

std::optional<conninfo_error> take(PQconninfoOption& x, conninfo& into) {
  const std::string_view keyword = x.keyword;
  const std::string_view value = x.val;
  const bool per_host = keyword == "host" || keyword == "hostaddr" || keyword == "port";
  if (per_host && value.find(',') != std::string_view::npos) {
    return several(x.keyword);
  }
  if (keyword == "password") {
    into.password = secret{std::string{value}};
    into.has_password = true;
  } else if (x.dispchar[0] == '*') {
    return conninfo_error{"the connection holds \"" + std::string{keyword}
                          + "\", a secret that is not the password: it must not lie here"};
  } else if (keyword == "port") {
    std::uint16_t port = 0;
    const auto end = value.data() + value.size();
    const auto read = std::from_chars(value.data(), end, port);
    if (read.ec != std::errc{} || read.ptr != end || port == 0) {
      return conninfo_error{"the port must be a number from 1 to 65535 (in a URI, a \"/\", \"@\" or \":\" in "
                            "a password must be percent-encoded)"};
    }
    into.port = port;
  } else if (keyword == "host") {
    into.host = value;
  } else if (keyword == "hostaddr") {
    into.hostaddr = value;
  } else if (keyword == "dbname") {
    into.dbname = value;
  } else if (keyword == "user") {
    into.user = value;
  } else if (keyword == "application_name") {
    into.application_name = value;
  } else if (keyword == "client_encoding") {
    if (!is_utf8(value)) return wrong_encoding(value); // UTF8 is asked for at every dial.
  } else {
    const auto encoding = keyword == "options" ? encoding_in(value) : std::nullopt;
    if (encoding && !is_utf8(*encoding)) return wrong_encoding(*encoding);
    into.options.emplace_back(keyword, value);
  }
  return std::nullopt;
}

} // namespace

std::variant<conninfo, conninfo_error> parse_conninfo(std::string&& text) {
  const secret source{std::move(text)};
  char* message = nullptr;
  const option_list list{PQconninfoParse(source.reveal(), &message)};
  if (!list) {
    auto error = explain(message, source.reveal());
    if (message) {
      explicit_bzero(message, std::strlen(message));
      PQfreemem(message);
    }
    return error;
  }
  conninfo found;
  for (auto* x = list.get(); x->keyword; ++x) {
    if (!x->val || !*x->val) {
      continue;
    }
    if (auto error = take(*x, found)) {
      return std::move(*error);
    }
  }
  return found;
}

std::variant<conninfo, conninfo_error> default_conninfo() {
  const option_list list{PQconndefaults()};
  if (!list) {
    return conninfo_error{"libpq's defaults could not be read: the service file that PGSERVICE names may be broken"};
  }
  conninfo found;
  for (auto* x = list.get(); x->keyword; ++x) {
    const std::string_view keyword = x->keyword;
    const bool wanted = keyword == "host" || keyword == "hostaddr" || keyword == "port" || keyword == "dbname"
                        || keyword == "user" || keyword == "application_name";
    if (wanted && x->val && *x->val) {
      if (auto error = take(*x, found)) {
        return std::move(*error);
      }
    }
  }
  return found;
}

} // namespace tripool::postgres
