// A credential machine with its moment and the answers of its sources. Used by the tests of the machine beside it.
#pragma once

#include "tests/support/catch.hpp"

#include "tripool/core/credentials/credential_machine.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tripool::test::credentials {

using namespace std::chrono_literals;

inline constexpr time_point start{1000h};

/// The machine with its moment and the answers of its sources.
struct bench {
  explicit bench(credential_limits limits = {24h, 10s}) : machine(limits) {}

  credential_machine machine;
  time_point now = start;
  std::vector<credential_effect> out;
  std::uint64_t generation = 0;
  std::uint64_t tickets = 0;

  template <class Effect>
  std::vector<Effect> all() {
    std::vector<Effect> found;
    for (auto& x : out)
      if (auto* e = std::get_if<Effect>(&x)) found.push_back(*e);
    return found;
  }
  template <class Effect>
  std::vector<Effect> take() {
    auto found = all<Effect>();
    out.clear();
    return found;
  }
  std::size_t questions() { return all<fetch_effect>().size(); }

  void want(std::size_t pool = 0) { machine.want(++tickets, pool, now, out); }
  void answer(fetch_result x) {
    const auto asked = all<fetch_effect>();
    REQUIRE(asked.size() == 1);
    out.clear();
    const auto g = machine.would_change(x) ? ++generation : 0;
    machine.fetched(asked[0].flight, std::move(x), g, now, 0, out);
  }
  /// Wants a lease whatever it takes; the sources have this secret. Empty: they fail.
  std::string lease(const std::string& secret_text, source_pace pace = source_pace::cheap, std::size_t pool = 0,
                    std::optional<duration> valid_for = {}) {
    out.clear();
    want(pool);
    if (questions() > 0) answer(secret_text.empty() ? failed(pace) : found(secret_text, pace, valid_for));
    const auto lent = all<lend_effect>();
    if (lent.empty()) return "(" + all<deny_effect>().at(0).why + ")";
    REQUIRE(lent.size() == 1);
    return std::string{lent[0].what->what.password.view()};
  }
  void tick_at_wake() {
    const auto due = machine.next_wake();
    REQUIRE(due);
    now = std::max(now, *due);
    out.clear();
    machine.tick(now, out);
  }
  credential_snapshot status() { return machine.snapshot(now); }

  static fetch_result found(const std::string& text, source_pace pace = source_pace::cheap,
                            std::optional<duration> valid_for = {}) {
    fetch_result x;
    x.what = source_answer::kind::found;
    x.found.password = secret::copy_of(text);
    x.found.valid_for = valid_for;
    x.source = "a source";
    x.pace = pace;
    x.costly = pace == source_pace::costly;
    return x;
  }
  static fetch_result failed(source_pace pace = source_pace::cheap) {
    fetch_result x;
    x.what = source_answer::kind::failed;
    x.costly = pace == source_pace::costly;
    x.problem = "it is broken";
    return x;
  }
};

inline constexpr auto costly = source_pace::costly;

} // namespace tripool::test::credentials
