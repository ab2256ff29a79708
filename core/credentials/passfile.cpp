// Entries, fields and escapes of a passfile.
#include "tripool/core/credentials/passfile.hpp"

namespace tripool {

namespace {

/// Reads a field up to its ":" or the line's end and leaves `rest` behind it.
std::string next_field(std::string_view& rest, bool& wildcard) {
  std::string out;
  out.reserve(rest.size());
  wildcard = rest.starts_with("*:") || rest == "*";
  std::size_t i = 0;
  for (; i < rest.size() && rest[i] != ':'; ++i) {
    if (rest[i] == '\\' && i + 1 < rest.size()) ++i;
    out += rest[i];
  }
  rest.remove_prefix(i < rest.size() ? i + 1 : i);
  return out;
}

bool field_fits(std::string_view& rest, std::string_view wanted, std::string_view or_wanted = {}) {
  bool wildcard = false;
  const auto field = next_field(rest, wildcard);
  return wildcard || field == wanted || (!or_wanted.empty() && field == or_wanted);
}

/// The password ends at a ":" without a backslash, as libpq has it.
secret unescape(std::string_view rest) {
  std::string out;
  out.reserve(rest.size());
  for (std::size_t i = 0; i < rest.size() && rest[i] != ':'; ++i) {
    if (rest[i] == '\\' && i + 1 < rest.size()) ++i;
    out += rest[i];
  }
  return secret{std::move(out)};
}

} // namespace

std::optional<secret> find_in_passfile(std::string_view content, const passfile_query& q) {
  const bool local = q.host.empty() || q.host.starts_with('/');
  const auto host = local ? std::string_view{"localhost"} : q.host;
  const auto dbname = q.dbname.empty() ? q.user : q.dbname;
  const auto port = std::to_string(q.port);
  while (!content.empty()) {
    const auto end = content.find('\n');
    auto line = content.substr(0, end);
    content.remove_prefix(end == std::string_view::npos ? content.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.front() == '#') continue;
    if (!field_fits(line, host, q.host) || !field_fits(line, port) || !field_fits(line, dbname)
        || !field_fits(line, q.user))
      continue;
    if (auto found = unescape(line); !found.empty()) return found;
  }
  return std::nullopt;
}

} // namespace tripool
