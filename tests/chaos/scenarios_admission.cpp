// What goes wrong when a session is to be opened: the server takes no more of them (53300), or the password has been
// changed. Sessions that are open serve on; new ones are asked for in moderation, and nothing secret is printed.
// Knows nothing of the network. Used by the runner.
#include "tests/chaos/stage.hpp"

#include <string>

namespace tripool::chaos {

namespace {

constexpr auto full_for = 6s;

/// The role may open no more sessions, and loses one.
void too_many_connections(stage& s) {
  const auto gone_before = s.gone();
  s.role().limit_sessions(0);
  const auto dials_before = s.proxy(0).accepted();
  s.sql(0, std::string{"select pg_terminate_backend(pid) from pg_stat_activity where usename = '"} + app_role::name
             + "' and state = 'idle' and query not like '%pg_control_system%' limit 1");
  s.play(full_for);
  // One dial at once, then the pauses.
  s.record("dials in 6 s", s.proxy(0).accepted() - dials_before, 2 * 6 + 1);
  const auto gone = s.gone() - gone_before;
  s.record("live connections lost beside the one that was ended", gone > 1 ? gone - 1 : 0, 0);
  s.role().limit_sessions(-1);
  s.record("first write after the limit is lifted", s.first_write(stage::now()), 1s);
  s.account();
}

/// Texts that people may get to see: every failure and every last error.
std::string visible_texts(stage& s) {
  std::string out;
  const auto now = s.status();
  for (const auto& x : now.carrier.credentials) out += x.source + x.last_error;
  for (const auto& x : now.pools) out += x.stats.suspended_because + x.stats.last_dial_error;
  for (const auto& x : now.monitor.pools) out += x.health.reason;
  for (const auto& e : s.book())
    if (e.kind != outcome::done) out += to_string(e.why);
  return out;
}

/// The password is another one; open sessions go on, until they are ended; then the file has the new one.
void password_rotated(stage& s) {
  const auto before = s.gone();
  s.role().change_password();
  s.play(500ms);
  s.record("open sessions lost by the change", s.gone() - before, 0);
  s.role().throw_out();
  s.play(1500ms);
  s.role().write_password();
  s.record("first write after the new secret", s.first_write(stage::now()), 1s);
  s.account();
  auto texts = visible_texts(s);
  s.end();
  texts += s.log().text();
  if (texts.find("28P01") == std::string::npos) throw stage_error{"Nobody was refused for the old password."};
  std::uint64_t printed = 0;
  for (const auto& x : s.role().passwords()) printed += occurrences(texts, x);
  s.record("secrets printed", printed, 0);
}

stage_setup as_application() {
  stage_setup out;
  out.plain_role = true;
  return out;
}

} // namespace

std::vector<scenario> admission_scenarios() {
  return {
    {23, "too-many-connections", false, as_application(), too_many_connections},
    {24, "password-rotated", true, as_application(), password_rotated},
  };
}

} // namespace tripool::chaos
