// Promises of the judgement on errors and losses: what is called in doubt, and what is provably without effect.
#include "tripool/core/outcome/classify.hpp"

#include "tests/support/catch.hpp"

#include <string>
#include <vector>

using namespace tripool;

namespace {

server_message answer(std::string severity, std::string sqlstate, std::string function = {}) {
  server_message m;
  m.severity = std::move(severity);
  m.sqlstate = std::move(sqlstate);
  m.source_function = std::move(function);
  return m;
}

struct example {
  std::string name;
  server_message error;
  classify_context about;
  verdict expected;
};

void check_all(const std::vector<example>& all) {
  for (const auto& x : all) {
    INFO(x.name << ": " << x.error.severity << " " << x.error.sqlstate);
    CHECK(to_string(classify(x.error, x.about)) == to_string(x.expected));
  }
}

} // namespace

TEST_CASE("classify: an end of the session that may follow the commit is in doubt", "[outcome][classify]") {
  check_all({
    {"told to end", answer("FATAL", "57P01"), {}, verdict::in_doubt},
    {"told to end, a read", answer("FATAL", "57P01"), {.is_write = false}, verdict::in_doubt},
    {"another backend crashed", answer("FATAL", "57P02"), {}, verdict::in_doubt},
    {"the same as a warning's severity", answer("WARNING", "57P02"), {}, verdict::in_doubt},
    {"panic while writing WAL", answer("PANIC", "XX000"), {}, verdict::in_doubt},
    {"panic with a harmless code", answer("PANIC", "53100"), {}, verdict::in_doubt},
    {"unknown completion", answer("ERROR", "40003"), {}, verdict::in_doubt},
    {"unknown resolution", answer("ERROR", "08007"), {}, verdict::in_doubt},
  });
}

TEST_CASE("classify: any other FATAL that answers a statement came before its commit", "[outcome][classify]") {
  check_all({
    {"internal", answer("FATAL", "XX000"), {}, verdict::rejected},
    {"transaction timeout", answer("FATAL", "25P04"), {}, verdict::rejected},
    {"idle session timeout", answer("FATAL", "57P05"), {}, verdict::not_executed},
    {"idle in transaction", answer("FATAL", "25P03"), {}, verdict::not_executed},
    {"database dropped", answer("FATAL", "57P04"), {}, verdict::not_executed},
    {"in the way of recovery", answer("FATAL", "40001"), {}, verdict::not_executed},
    {"starting", answer("FATAL", "57P03"), {}, verdict::not_executed},
    {"too many", answer("FATAL", "53300"), {}, verdict::not_executed},
    {"password", answer("FATAL", "28P01"), {}, verdict::not_executed},
  });
}

TEST_CASE("classify: an error of the statement itself is rejected", "[outcome][classify]") {
  for (const auto* s : {"23505", "42601", "42P01", "22P02", "P0001", "53100", "53200", "55P03", "08006", "25P02",
                        "XX000", "0A000", "26000", "25001", "2D000", "57014"}) {
    INFO(s);
    CHECK(classify(answer("ERROR", s), {}) == verdict::rejected);
  }
}

TEST_CASE("classify: conflicts repeat the whole unit", "[outcome][classify]") {
  check_all({
    {"serialization", answer("ERROR", "40001"), {}, verdict::retry_here},
    {"deadlock", answer("ERROR", "40P01"), {.framed = true}, verdict::retry_here},
    {"serialization in a batch", answer("ERROR", "40001"), {.batch = true}, verdict::retry_here},
  });
}

TEST_CASE("classify: only what Tripool prepared is prepared again", "[outcome][classify]") {
  check_all({
    {"plan changed", answer("ERROR", "0A000", "RevalidateCachedQuery"), {.prepared = true}, verdict::prepare_again},
    {"plan changed in a block",
     answer("ERROR", "0A000", "RevalidateCachedQuery"),
     {.framed = true, .prepared = true},
     verdict::prepare_again},
    {"name gone", answer("ERROR", "26000"), {.prepared = true}, verdict::prepare_again},
    {"the caller's own EXECUTE", answer("ERROR", "26000"), {}, verdict::rejected},
    {"not supported", answer("ERROR", "0A000", "transformSelectStmt"), {.prepared = true}, verdict::rejected},
    {"plan of the caller's own", answer("ERROR", "0A000", "RevalidateCachedQuery"), {}, verdict::rejected},
  });
}

TEST_CASE("classify: what refuses Tripool's block runs alone, what refuses the caller's batch is rejected",
          "[outcome][classify]") {
  check_all({
    {"vacuum in a frame", answer("ERROR", "25001"), {.framed = true}, verdict::run_alone},
    {"vacuum in a batch", answer("ERROR", "25001"), {.framed = true, .batch = true}, verdict::rejected},
    {"procedure that commits", answer("ERROR", "2D000"), {.framed = true}, verdict::run_alone},
    {"procedure that commits in a batch", answer("ERROR", "2D000"), {.batch = true}, verdict::rejected},
    {"read that writes in a READ ONLY block",
     answer("ERROR", "25006"),
     {.is_write = false, .framed = true},
     verdict::run_alone},
    {"read that writes, alone", answer("ERROR", "25006"), {.is_write = false}, verdict::rejected},
  });
}

TEST_CASE("classify: a statement that raises 25006 itself does not accuse the server", "[outcome][classify]") {
  auto e = answer("ERROR", "25006");
  e.source_function = "exec_stmt_raise";
  CHECK(classify(e, {}) == verdict::rejected);
  e.source_function = "PreventCommandIfReadOnly";
  CHECK(classify(e, {}) == verdict::read_only_server);
}

TEST_CASE("classify: 25006 for a write accuses the server", "[outcome][classify]") {
  check_all({
    {"alone", answer("ERROR", "25006"), {}, verdict::read_only_server},
    {"framed", answer("ERROR", "25006"), {.framed = true}, verdict::read_only_server},
    {"batch", answer("ERROR", "25006"), {.batch = true}, verdict::read_only_server},
  });
}

TEST_CASE("classify: a cancel strikes the one it was aimed at, or a victim, or came from outside",
          "[outcome][classify]") {
  check_all({
    {"aimed", answer("ERROR", "57014"), {.cancel_aimed = true}, verdict::rejected},
    {"aimed, others cancelled too",
     answer("ERROR", "57014"),
     {.cancel_aimed = true, .stray_cancel = true},
     verdict::rejected},
    {"stray", answer("ERROR", "57014"), {.stray_cancel = true}, verdict::victim},
    {"statement_timeout", answer("ERROR", "57014"), {}, verdict::rejected},
    {"behind a failure", answer("ERROR", "25P02"), {.poisoned = true}, verdict::victim},
  });
}

TEST_CASE("classify: a lost session leaves in doubt what was sent, and nothing else", "[outcome][classify]") {
  using phase = session_loss::phase;
  const auto judge = [](phase during, std::string sqlstate, bool sent, bool head) {
    return classify_loss({during, std::move(sqlstate), "", false}, sent, head);
  };
  CHECK(judge(phase::open, "", true, true) == verdict::in_doubt);
  CHECK(judge(phase::open, "", true, false) == verdict::in_doubt);
  CHECK(judge(phase::open, "", false, false) == verdict::not_executed);
  CHECK(judge(phase::dialling, "57P03", true, true) == verdict::not_executed);
  CHECK(judge(phase::open, "57P01", true, true) == verdict::in_doubt);
  CHECK(judge(phase::open, "57P02", true, false) == verdict::in_doubt);
  CHECK(judge(phase::open, "XX000", true, true) == verdict::in_doubt);
  CHECK(judge(phase::open, "57P05", true, true) == verdict::not_executed);
  CHECK(judge(phase::open, "25P04", true, true) == verdict::rejected);
  CHECK(judge(phase::open, "25P04", true, false) == verdict::not_executed);
}

TEST_CASE("classify: a cancelled wait for the synchronous standby is recognised, other warnings are not",
          "[outcome][classify]") {
  CHECK(is_sync_wait_cancelled(answer("WARNING", "01000", "SyncRepWaitForLSN")));
  CHECK(is_sync_wait_cancelled(answer("WARNING", "57P01", "SyncRepWaitForLSN")));
  CHECK_FALSE(is_sync_wait_cancelled(answer("WARNING", "01000", "exec_stmt_raise")));
  CHECK_FALSE(is_sync_wait_cancelled(answer("WARNING", "01000")));
  CHECK_FALSE(is_sync_wait_cancelled(answer("NOTICE", "00000", "SyncRepWaitForLSN")));
}

TEST_CASE("classify: signs tell a server that is gone from one that refuses", "[outcome][classify]") {
  CHECK(sign_of("") == server_sign::none);
  CHECK(sign_of("23505") == server_sign::none);
  CHECK(sign_of("57P03") == server_sign::gone);
  CHECK(sign_of("57P01") == server_sign::gone);
  CHECK(sign_of("53300") == server_sign::refusing);
  CHECK(sign_of("28P01") == server_sign::refusing);
  CHECK(sign_of("3D000") == server_sign::refusing);
  CHECK(sign_of("25006") == server_sign::read_only);
}

TEST_CASE("classify: every verdict ends in an honest outcome", "[outcome][classify]") {
  CHECK(outcome_of(verdict::in_doubt) == outcome::in_doubt);
  CHECK(outcome_of(verdict::victim) == outcome::not_executed);
  CHECK(outcome_of(verdict::not_executed) == outcome::not_executed);
  CHECK(outcome_of(verdict::read_only_server) == outcome::not_executed);
  CHECK(outcome_of(verdict::rejected) == outcome::rejected);
  CHECK(outcome_of(verdict::retry_here) == outcome::rejected);
}

TEST_CASE("hints: frequent errors have advice, unknown ones have none, classes stand in", "[outcome][hints]") {
  for (const auto* s : {"28P01", "3D000", "53300", "42P01", "25006", "57P03", "40001", "23505", "40P01", "42501"}) {
    INFO(s);
    CHECK_FALSE(hint_for(s).empty());
    CHECK(hint_for(s).size() < 100);
  }
  CHECK_FALSE(hint_for("28XYZ").empty());
  CHECK(hint_for("P0001").empty());
  CHECK(hint_for("").empty());
  CHECK(hint_for("28").empty());
}
