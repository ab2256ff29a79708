// Words, parameters and verbs of the simulated server's toy SQL.
#include "tests/support/sim_sql.hpp"

#include "tripool/core/codec/codec.hpp"
#include "tripool/core/health/probe.hpp"
#include "tripool/core/listen/channel.hpp"
#include "tripool/core/outcome/doubt.hpp"
#include "tripool/core/statement/token.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <type_traits>
#include <variant>
#include <vector>

namespace tripool::test {

namespace {

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> out;
  std::string word;
  for (const char c : text) {
    if (std::isspace(static_cast<unsigned char>(c)) == 0 && c != ';') {
      word += c;
    } else if (!word.empty()) {
      out.push_back(std::move(word));
      word.clear();
    }
  }
  if (!word.empty()) out.push_back(std::move(word));
  return out;
}

std::string lower(std::string_view text) {
  std::string out{text};
  for (auto& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

/// Texts and integers as they read; other types by their shape.
std::string text_of_encoded(const encoded_parameter& x) {
  if (!x.data) return "null";
  const encoded_value value{
    {reinterpret_cast<const char*>(x.data->data()), x.data->size()}, x.type, result_format::binary};
  auto text = codec<std::string>::decode(value);
  return text ? std::move(*text) : shape_of(x);
}

std::string text_of(const parameter& x) {
  return std::visit(
    [](const auto& value) -> std::string {
      using type = std::decay_t<decltype(value)>;
      if constexpr (std::is_same_v<type, null_value>) {
        return "null";
      } else if constexpr (std::is_same_v<type, bool>) {
        return value ? "t" : "f";
      } else if constexpr (std::is_same_v<type, std::string>) {
        return value;
      } else if constexpr (std::is_same_v<type, bytes>) {
        return "bytes(" + std::to_string(value.size()) + ")";
      } else if constexpr (std::is_same_v<type, encoded_parameter>) {
        return text_of_encoded(value);
      } else {
        return std::to_string(value);
      }
    },
    x.value());
}

sim_command parse_select(const std::vector<std::string>& w) {
  sim_command out;
  if (w.size() == 2 && lower(w[1]) == "null") {
    out.what = sim_verb::select_null;
  } else if (w.size() == 2) {
    out.what = sim_verb::select;
    out.key = w[1];
  } else if (w.size() == 3 && lower(w[1]) == "big") {
    out.what = sim_verb::select_big;
    out.size = static_cast<std::size_t>(std::strtoull(w[2].c_str(), nullptr, 10));
  } else if (w.size() == 4 && lower(w[1]) == "put") {
    out.what = sim_verb::select_put;
    out.key = w[2];
    out.value = w[3];
  }
  return out;
}

sim_command parse_insert(const std::vector<std::string>& w) {
  const bool unique = w.size() == 4 && lower(w[3]) == "unique";
  if (w.size() != 3 && !unique) return {};
  return {unique ? sim_verb::insert_unique : sim_verb::insert, w[1], w[2], 0};
}

sim_command parse_copy(const std::vector<std::string>& w) {
  if (w.size() == 5 && lower(w[1]) == "big" && lower(w[4]) == "stdout")
    return {sim_verb::copy_out_big, {}, {}, static_cast<std::size_t>(std::strtoull(w[2].c_str(), nullptr, 10))};
  if (w.size() != 4) return {};
  if (lower(w[3]) == "stdin") return {sim_verb::copy_in, w[1], {}, 0};
  return lower(w[3]) == "stdout" ? sim_command{sim_verb::copy_out, w[1], {}, 0} : sim_command{};
}

/// A statement around a token: its verb and the token behind it. Nothing: it is none.
sim_command parse_token(std::string_view verb, const std::vector<std::string>& w) {
  if (w.size() != 2) return {};
  if (verb == "claim") return {sim_verb::token_claim, "token:" + w[1], "t", 0};
  if (verb == "ask") return {sim_verb::token_ask, "token:" + w[1], {}, 0};
  if (verb == "withdraw") return {sim_verb::token_withdraw, "token:" + w[1], "f", 0};
  return {};
}

/// The short form of a statement around a token, or nothing.
std::string_view token_verb(std::string_view text) {
  if (text == token_claim_text) return "claim";
  if (text == token_confirm_text) return "ask";
  return text == token_withdraw_text ? "withdraw" : "";
}

/// The name in double quotes at the end of LISTEN or UNLISTEN; no name, no command.
sim_command parse_listen(sim_verb verb, std::string_view bound) {
  const auto begin = bound.find('"');
  const auto end = bound.rfind('"');
  if (begin == std::string_view::npos || end <= begin + 1) return {};
  return {verb, std::string{bound.substr(begin + 1, end - begin - 1)}, {}, 0};
}

/// The payload is everything behind the channel, blanks and all.
sim_command parse_notify(std::string_view bound) {
  const auto channel = bound.find(' ') + 1;
  const auto payload = bound.find(' ', channel);
  if (channel == 0) return {};
  if (payload == std::string_view::npos) return {sim_verb::notify, std::string{bound.substr(channel)}, {}, 0};
  return {sim_verb::notify, std::string{bound.substr(channel, payload - channel)},
          std::string{bound.substr(payload + 1)}, 0};
}

} // namespace

bool sim_command::writes() const noexcept {
  switch (what) {
    case sim_verb::insert:
    case sim_verb::insert_unique:
    case sim_verb::update:
    case sim_verb::remove:
    case sim_verb::select_put:
    case sim_verb::call:
    case sim_verb::copy_in:
    case sim_verb::token_claim:
    case sim_verb::token_ask:
    case sim_verb::token_withdraw:
    case sim_verb::vacuum: return true;
    default: return false;
  }
}

bool sim_command::is_control() const noexcept {
  switch (what) {
    case sim_verb::begin:
    case sim_verb::begin_read_only:
    case sim_verb::commit:
    case sim_verb::rollback:
    case sim_verb::savepoint:
    case sim_verb::rollback_to:
    case sim_verb::release_savepoint:
    case sim_verb::discard_all:
    case sim_verb::deallocate: return true;
    default: return false;
  }
}

std::string sim_bound_text(std::string_view text, std::span<const parameter> parameters) {
  if (text == probe_text || text == wal_position_text) return std::string{text};
  if (text == notify_text && parameters.size() == 2)
    return "notify " + text_of(parameters[0]) + ' ' + text_of(parameters[1]);
  if (text == identity_text) return "identity";
  if (text == status_text && parameters.empty()) return "status $1 $3"; // When it is prepared.
  if (text == status_text && parameters.size() == 3)
    return "status " + text_of(parameters[0]) + ' ' + text_of(parameters[2]);
  if (const auto verb = token_verb(text); !verb.empty())
    return std::string{verb} + ' ' + (parameters.empty() ? "$1" : text_of(parameters[0]));
  std::string out;
  for (auto& word : words_of(text)) {
    if (word.size() > 1 && word.front() == '$') {
      const auto n = std::strtoull(word.c_str() + 1, nullptr, 10);
      if (n >= 1 && n <= parameters.size()) word = text_of(parameters[n - 1]);
    }
    if (!out.empty()) out += ' ';
    out += word;
  }
  return out;
}

sim_command sim_parse(std::string_view bound) {
  if (bound == probe_text) return {sim_verb::probe, {}, {}, 0};
  if (bound == wal_position_text) return {sim_verb::position, {}, {}, 0};
  if (bound == notify_text) return {sim_verb::notify, {}, {}, 0}; // When it is prepared.
  const auto w = words_of(bound);
  if (w.empty()) return {};
  const auto verb = lower(w.front());
  if (verb == "select") return parse_select(w);
  if (verb == "insert") return parse_insert(w);
  if (verb == "update" && w.size() == 3) return {sim_verb::update, w[1], w[2], 0};
  if (verb == "delete" && w.size() == 2) return {sim_verb::remove, w[1], {}, 0};
  if (verb == "call" && w.size() == 3) return {sim_verb::call, w[1], w[2], 0};
  if (verb == "identity" && w.size() == 1) return {sim_verb::identity, {}, {}, 0};
  if (verb == "status" && w.size() == 3) return {sim_verb::status, w[1], w[2], 0};
  if (verb == "copy") return parse_copy(w);
  if (verb == "claim" || verb == "ask" || verb == "withdraw") return parse_token(verb, w);
  if (verb == "vacuum") return {sim_verb::vacuum, {}, {}, 0};
  if (verb == "listen") return parse_listen(sim_verb::listen, bound);
  if (verb == "unlisten") return parse_listen(sim_verb::unlisten, bound);
  if (verb == "notify") return parse_notify(bound);
  if (verb == "noop" || (verb == "set" && w.size() > 3)) return {sim_verb::noop, {}, {}, 0};
  if (verb == "begin") {
    const auto only = std::find_if(w.begin(), w.end(), [](const auto& x) { return lower(x) == "only"; });
    return {only != w.end() ? sim_verb::begin_read_only : sim_verb::begin, {}, {}, 0};
  }
  if (verb == "savepoint" && w.size() == 2) return {sim_verb::savepoint, w[1], {}, 0};
  if (verb == "rollback" && w.size() == 4) return {sim_verb::rollback_to, w[3], {}, 0};
  if (verb == "release" && w.size() == 3) return {sim_verb::release_savepoint, w[2], {}, 0};
  if (verb == "discard" && w.size() == 2) return {sim_verb::discard_all, {}, {}, 0};
  if (verb == "set" && w.size() == 3) return {sim_verb::set, w[1], w[2], 0};
  if (verb == "show" && w.size() == 2) return {sim_verb::show, w[1], {}, 0};
  if (verb == "commit") return {sim_verb::commit, {}, {}, 0};
  if (verb == "rollback") return {sim_verb::rollback, {}, {}, 0};
  if (verb == "deallocate" && w.size() == 2) return {sim_verb::deallocate, w[1], {}, 0};
  return {};
}

} // namespace tripool::test
