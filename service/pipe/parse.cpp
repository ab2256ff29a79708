// Lines to requests.
#include "service/json/reader.hpp"
#include "service/json/writer.hpp"
#include "service/pipe/protocol.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

namespace tripool::pipe {

namespace {

constexpr std::array<std::string_view, 12> statement_keys{
  "id",         "kind",  "sql",     "params",          "deadline_ms", "pool",
  "repeatable", "token", "resolve", "report_position", "at_least",    "priority"};
constexpr std::array<std::string_view, 10> transaction_keys{
  "id", "kind", "tx", "deadline_ms", "pool", "repeatable", "token", "resolve", "report_position", "priority"};
constexpr std::array<std::string_view, 2> part_keys{"sql", "params"};

// What is wrong with a line, or nothing.
using problem = std::optional<std::string>;

std::string refusal(const std::string& id, std::uint64_t line_number, const std::string& what) {
  failure x;
  x.kind = outcome::rejected;
  x.why = cause::invalid_request;
  x.message = "line " + std::to_string(line_number) + ": " + what;
  return render(id, x);
}

bool is_scalar(const json::value& x) {
  return x.get_if<json::array>() == nullptr && x.get_if<json::object>() == nullptr;
}

// The line's id as JSON text; "null" when it has none that could be sent back.
std::string id_of(const json::object& line) {
  std::string out;
  const auto* id = json::find(line, "id");
  if (id == nullptr || !is_scalar(*id)) return "null";
  json::append_value(out, *id);
  return out;
}

std::string in_quotes(std::string_view key) {
  constexpr std::size_t shown_max = 40;
  return '"' + std::string{key.substr(0, shown_max)} + (key.size() > shown_max ? "...\"" : "\"");
}

problem check_keys(const json::object& in, std::span<const std::string_view> known) {
  for (const auto& [key, x] : in) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    std::string out = "there is no key " + in_quotes(key) + "; possible are ";
    for (std::size_t i = 0; i < known.size(); ++i) out.append(i > 0 ? ", " : "").append(known[i]);
    return out;
  }
  return std::nullopt;
}

problem wrong_type(std::string_view key, const json::value* found, std::string_view wanted) {
  std::string out = in_quotes(key);
  if (found == nullptr)
    out.append(" is missing: it must be ").append(wanted);
  else
    out.append(" must be ").append(wanted).append(", but is ").append(found->kind());
  return out;
}

struct parameter_maker {
  parameter operator()(std::nullptr_t) const { return {}; }
  parameter operator()(bool x) const { return x; }
  parameter operator()(std::int64_t x) const { return x; }
  parameter operator()(const json::real& x) const { return x.number; }
  // Sent as text, which loses nothing: the server takes it for the type that the statement wants.
  parameter operator()(const json::digits& x) const { return x.text; }
  parameter operator()(const std::string& x) const { return x; }
  parameter operator()(const json::array&) const { return {}; }
  parameter operator()(const json::object&) const { return {}; }
};

problem read_statement(const json::object& from, statement& to) {
  const auto* sql = json::find(from, "sql");
  const auto* text = sql == nullptr ? nullptr : sql->get_if<std::string>();
  if (text == nullptr) return wrong_type("sql", sql, "a text");
  to.text = *text;
  to.format = result_format::text; // It is printed as the server spells it.
  const auto* params = json::find(from, "params");
  if (params == nullptr) return std::nullopt;
  const auto* list = params->get_if<json::array>();
  if (list == nullptr) return wrong_type("params", params, "a list");
  to.parameters.reserve(list->size());
  for (const auto& x : *list) {
    if (!is_scalar(x))
      return "parameter $" + std::to_string(to.parameters.size() + 1) + " is " + std::string{x.kind()}
             + ": parameters are null, booleans, numbers and texts (JSON and arrays go as a text)";
    to.parameters.push_back(std::visit(parameter_maker{}, x.held));
  }
  return std::nullopt;
}

problem read_flag(const json::object& from, std::string_view key, bool& to) {
  const auto* found = json::find(from, key);
  if (found == nullptr) return std::nullopt;
  const auto* yes = found->get_if<bool>();
  if (yes == nullptr) return wrong_type(key, found, "true or false");
  to = *yes;
  return std::nullopt;
}

template <class Request>
problem read_priority(const json::object& from, Request& to) {
  const auto* found = json::find(from, "priority");
  if (found == nullptr) return std::nullopt;
  constexpr std::array<std::string_view, 3> names{"low", "normal", "high"};
  const auto* text = found->get_if<std::string>();
  const auto at = text == nullptr ? names.end() : std::find(names.begin(), names.end(), *text);
  if (at == names.end()) return "\"priority\" must be \"low\", \"normal\" or \"high\"";
  to.priority = static_cast<urgency>(at - names.begin());
  return std::nullopt;
}

// How a lost answer is settled, and where in the log a write was or a read is to be.
template <class Request>
problem read_demands(const json::object& from, Request& to) {
  if (const auto* token = json::find(from, "token")) {
    const auto* text = token->get_if<std::string>();
    if (text == nullptr || text->empty()) return "\"token\" must be a text that names this write, and is not empty";
    to.token = *text;
  }
  if (const auto* position = json::find(from, "at_least")) {
    const auto* text = position->get_if<std::string>();
    if (text != nullptr) to.at_least = read_wal_position(*text);
    if (!to.at_least) return "\"at_least\" must be a position as a write reports it, for example \"1:0/16B3748\"";
  }
  if (auto wrong = read_flag(from, "resolve", to.resolve)) return wrong;
  if (auto wrong = read_priority(from, to)) return wrong;
  return read_flag(from, "report_position", to.report_position);
}

// What both kinds of request share.
template <class Request>
problem read_common(const json::object& from, Request& to) {
  if (const auto* ms = json::find(from, "deadline_ms")) {
    const auto* number = ms->get_if<std::int64_t>();
    if (number == nullptr || *number < 1 || *number > deadline_ms_max)
      return "\"deadline_ms\" must be an integer from 1 to " + std::to_string(deadline_ms_max);
    to.timeout = std::chrono::milliseconds{*number};
  }
  if (const auto* pool = json::find(from, "pool")) {
    const auto* name = pool->get_if<std::string>();
    if (name == nullptr || name->empty()) return "\"pool\" must be the name of a pool";
    to.pool = *name;
  }
  if (auto wrong = read_flag(from, "repeatable", to.repeatable)) return wrong;
  return read_demands(from, to);
}

problem read_single(const json::object& line, access mode, statement& to) {
  if (auto wrong = check_keys(line, statement_keys)) return wrong;
  to.mode = mode;
  if (auto wrong = read_statement(line, to)) return wrong;
  return read_common(line, to);
}

problem read_transaction(const json::object& line, batch& to) {
  if (auto wrong = check_keys(line, transaction_keys)) return wrong;
  const auto* tx = json::find(line, "tx");
  const auto* list = tx == nullptr ? nullptr : tx->get_if<json::array>();
  if (list == nullptr) return wrong_type("tx", tx, "a list of statements");
  if (list->empty()) return "\"tx\" is empty: a transaction has at least one statement";
  to.statements.reserve(list->size());
  for (const auto& x : *list) {
    const auto place = "statement " + std::to_string(to.statements.size() + 1) + " of \"tx\": ";
    const auto* part = x.get_if<json::object>();
    if (part == nullptr) return place + "must be an object, but is " + std::string{x.kind()};
    auto wrong = check_keys(*part, part_keys);
    if (!wrong) wrong = read_statement(*part, to.statements.emplace_back());
    if (wrong) return place + *wrong;
  }
  return read_common(line, to);
}

problem read_line(const json::object& line, std::variant<statement, batch>& to) {
  const auto* id = json::find(line, "id");
  if (id == nullptr || !is_scalar(*id)) return wrong_type("id", id, "a number, a text, a boolean or null");
  constexpr std::string_view kinds = "\"read\", \"write\" or \"tx\"";
  const auto* kind = json::find(line, "kind");
  const auto* name = kind == nullptr ? nullptr : kind->get_if<std::string>();
  if (name == nullptr) return wrong_type("kind", kind, kinds);
  if (*name == "read") return read_single(line, access::read, to.emplace<statement>());
  if (*name == "write") return read_single(line, access::write, to.emplace<statement>());
  if (*name == "tx") return read_transaction(line, to.emplace<batch>());
  return "\"kind\" must be " + std::string{kinds} + ", but is " + in_quotes(*name);
}

} // namespace

std::variant<request_line, std::string> parse_line(std::string_view line, std::uint64_t line_number) {
  if (line.size() > line_bytes_max) return render_too_long(line_number);
  if (line.find_first_not_of(" \t\r") == std::string_view::npos)
    return refusal("null", line_number, "the line is empty");
  auto read = json::read(line);
  if (const auto* wrong = std::get_if<json::read_error>(&read))
    return refusal(id_of(wrong->before), line_number, (wrong->is_json ? "" : "not a JSON object: ") + wrong->message);
  const auto* object = std::get<json::value>(read).get_if<json::object>();
  if (object == nullptr)
    return refusal("null", line_number, "not a JSON object, but " + std::string{std::get<json::value>(read).kind()});
  request_line out{id_of(*object), {}};
  if (const auto wrong = read_line(*object, out.what)) return refusal(out.id, line_number, *wrong);
  return out;
}

std::string render_too_long(std::uint64_t line_number) {
  return refusal("null", line_number, "longer than " + std::to_string(line_bytes_max >> 20) + " MiB");
}

} // namespace tripool::pipe
