// The text goes through standard input, so that secrets in it show in no process list, and the rows come back as CSV.
#include "service/cluster/psql.hpp"

namespace tripool::cluster {

namespace {

std::string quoted(std::string_view text, char quote) {
  std::string result(1, quote);
  for (const char c : text) {
    if (c == quote) result += quote;
    result += c;
  }
  return result += quote;
}

} // namespace

result<std::vector<std::vector<std::string>>> run_sql(const workshop& shop, std::uint16_t port,
                                                      std::string_view database, std::string_view text,
                                                      std::chrono::milliseconds limit) {
  const auto ask = shop.tool("psql", {"-XtqwA", "--csv", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose", "-h",
                                      shop.socket_folder().string(), "-p", std::to_string(port), "-U", superuser, "-d",
                                      std::string{database}});
  auto answer = run_checked(ask, limit, "The query on port " + std::to_string(port), std::string{text});
  if (!answer) return answer.error();
  return parse_csv(*answer);
}

std::vector<std::vector<std::string>> parse_csv(std::string_view text) {
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> fields(1);
  bool is_quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      if (is_quoted && i + 1 < text.size() && text[i + 1] == '"') {
        fields.back() += '"';
        ++i;
      } else {
        is_quoted = !is_quoted;
      }
    } else if (is_quoted || (c != ',' && c != '\n')) {
      fields.back() += c;
    } else if (c == ',') {
      fields.emplace_back();
    } else {
      rows.push_back(std::move(fields));
      fields.assign(1, {});
    }
  }
  return rows;
}

std::string quote_literal(std::string_view text) {
  return quoted(text, '\'');
}

std::string quote_name(std::string_view text) {
  return quoted(text, '"');
}

} // namespace tripool::cluster
