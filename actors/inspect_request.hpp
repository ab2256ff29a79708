// How requests and their ends travel to other nodes: statements, batches and lists with their parameters in binary, and
// failures. Printed, a message shows a statement's name and shapes, never a text or a parameter. Bytes of other nodes
// are not trusted: what contradicts itself is refused. Found by argument-dependent look-up. Used wherever messages are
// made.
#pragma once

#include "tripool/actors/inspect.hpp"
#include "tripool/core/outcome/failure.hpp"
#include "tripool/core/request/request.hpp"
#include "tripool/core/statement/statement.hpp"
#include "tripool/core/statement/statement_list.hpp"

#include <caf/actor_system_config.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace tripool {

/// A statement taken apart for the wire; a batch's shared part, too.
struct statement_parts {
  std::string text;
  std::vector<std::uint8_t> kinds;     ///< One a parameter, see inspect_request.cpp.
  std::vector<std::int64_t> numbers;   ///< Of integers, doubles (their bits), bools and types.
  std::vector<std::string> values;     ///< Of texts, bytes and binary values; the SQLSTATE of one that is faulty.
  std::vector<std::string> type_names; ///< Of types that are found by name; the message of a faulty one.
  std::uint32_t flags = 0;
  std::int64_t timeout_ms = 0;
  std::uint64_t cancel_key = 0;
  std::vector<std::string> texts; ///< pool, name, traceparent, token, and the position to be seen.
};
statement_parts take_apart(const statement& x);
/// Returns false when the parts contradict each other, as in a damaged message.
bool put_together(statement_parts parts, statement& out);
/// "text(29 bytes), integer text(3 bytes)", or its name in place of the text.
std::string shape_of(const statement& x);

/// What the statements of a batch share, as a statement without text.
statement shared_part(const batch& x);
void use_shared_part(statement x, batch& out);

/// A failure taken apart.
struct failure_parts {
  std::vector<std::uint8_t> numbers; ///< outcome, cause, proof.
  std::vector<std::string> texts;
  std::uint32_t attempts = 0;
  std::int64_t spent_ns = 0;
  std::uint64_t request = 0;
};
failure_parts take_apart(const failure& x);
bool put_together(failure_parts parts, failure& out);

/// Names all messages of callers to the actor system, so that they can travel: call it on the configuration of every
/// node, before its actor system is made. What belongs to a borrowed session stays on its node.
void add_remote_messages(caf::actor_system_config& to);

namespace detail {

template <class Inspector>
inline constexpr bool prints = std::is_same_v<Inspector, caf::detail::stringification_inspector>;

} // namespace detail

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, statement& x) {
  if constexpr (detail::prints<Inspector>) {
    auto shape = shape_of(x);
    return f(caf::meta::type_name("tripool::statement"), shape);
  } else {
    statement_parts p;
    if constexpr (Inspector::reads_state) p = take_apart(x);
    auto load = [&]() -> caf::error {
      return put_together(std::move(p), x) ? caf::error{} : caf::error{caf::sec::invalid_argument};
    };
    return f(caf::meta::type_name("tripool::statement"), p.text, p.kinds, p.numbers, p.values, p.type_names, p.flags,
             p.timeout_ms, p.cancel_key, p.texts, caf::meta::load_callback(load));
  }
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, batch& x) {
  statement shared;
  if constexpr (Inspector::reads_state) shared = shared_part(x);
  auto load = [&]() -> caf::error {
    use_shared_part(std::move(shared), x);
    return {};
  };
  return f(caf::meta::type_name("tripool::batch"), shared, x.statements, caf::meta::load_callback(load));
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, statement_list& x) {
  return f(caf::meta::type_name("tripool::statement_list"), x.statements);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, failure& x) {
  if constexpr (detail::prints<Inspector>) {
    auto line = to_string(x);
    return f(caf::meta::type_name("tripool::failure"), line);
  } else {
    failure_parts p;
    if constexpr (Inspector::reads_state) p = take_apart(x);
    auto load = [&]() -> caf::error {
      return put_together(std::move(p), x) ? caf::error{} : caf::error{caf::sec::invalid_argument};
    };
    return f(caf::meta::type_name("tripool::failure"), p.numbers, p.texts, p.attempts, p.spent_ns, p.request,
             caf::meta::load_callback(load));
  }
}

/// Without what was lent, which stays on its node.
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, reply& x) {
  return f(caf::meta::type_name("tripool::reply"), x.results);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, list_reply& x) {
  std::vector<std::uint8_t> done;
  std::vector<result> results;
  std::vector<failure> failures;
  if constexpr (Inspector::reads_state) {
    for (const auto& end : x.ends) {
      done.push_back(end ? 1 : 0);
      if (end)
        results.push_back(*end);
      else
        failures.push_back(end.error());
    }
  }
  auto load = [&]() -> caf::error {
    x.ends.clear();
    std::size_t at = 0;
    for (std::size_t i = 0; i < done.size(); ++i) {
      const auto failed = i - at;
      if (done[i] != 0 ? at >= results.size() : failed >= failures.size()) return caf::sec::invalid_argument;
      if (done[i] != 0)
        x.ends.emplace_back(std::move(results[at++]));
      else
        x.ends.emplace_back(unexpected{std::move(failures[failed])});
    }
    return {};
  };
  return f(caf::meta::type_name("tripool::list_reply"), done, results, failures, caf::meta::load_callback(load));
}

} // namespace tripool
