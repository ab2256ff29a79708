// Making an instance, and asking it.
#include "tests/integration/instance_fixture.hpp"

#include "service/cluster/process.hpp"

#include <cstdlib>
#include <utility>

namespace tripool::test {

using namespace std::chrono_literals;

namespace {

caf::actor_system_config& prepared(caf::actor_system_config& x, const instance_setup& how) {
  if (how.prepare) how.prepare(x);
  return x;
}

} // namespace

running_instance::running_instance(test_database& on, const instance_setup& how) : system_(prepared(config_, how)) {
  auto o = default_options();
  instance_parts parts;
  for (std::size_t i = 0; i < o.pools.size(); ++i) {
    auto& p = o.pools[i];
    const auto at = on.at(i);
    p.target.host = at.host;
    p.target.port = at.port;
    p.target.dbname = at.database;
    p.target.user = how.user.empty() ? at.user : how.user;
    p.target.application_name = "tripool instance test";
    p.connect_timeout = how.connect_timeout;
    p.credentials.password_file = how.password_file;
    if (how.password_file.empty())
      parts.passwords.emplace(p.name, secret{std::string{how.user.empty() ? at.password : how.password}});
  }
  if (how.adjust) how.adjust(o);
  parts.credential_sources = how.sources;
  if (const char* level = std::getenv("TRIPOOL_TEST_LOG")) parts.log = service::make_log(level);
  db_ = std::make_unique<instance>(system_, std::move(o), std::move(parts));
}

running_instance::running_instance(options o, instance_parts parts) : system_(config_) {
  if (const char* level = std::getenv("TRIPOOL_TEST_LOG")) parts.log = service::make_log(level);
  db_ = std::make_unique<instance>(system_, std::move(o), std::move(parts));
}

service_status running_instance::status() {
  caf::scoped_actor self{system_};
  service_status out;
  self->request(delegate(), 10s, get_service_status{})
    .receive([&](service_status& x) { out = std::move(x); },
             [&](const caf::error& e) { FAIL("no status: " << system_.render(e)); });
  return out;
}

topology_msg running_instance::topology() {
  caf::scoped_actor self{system_};
  topology_msg out;
  self->request(delegate(), 10s, get_topology{})
    .receive([&](topology_msg& x) { out = std::move(x); },
             [&](const caf::error& e) { FAIL("no topology: " << system_.render(e)); });
  return out;
}

running_instance::answer running_instance::ask(std::string sql, access mode, std::chrono::milliseconds limit) {
  caf::scoped_actor self{system_};
  answer out;
  statement s;
  s.text = std::move(sql);
  s.mode = mode;
  s.format = result_format::text;
  s.timeout = limit;
  const auto begin = std::chrono::steady_clock::now();
  self->request(delegate(), limit + 5s, std::move(s))
    .receive(
      [&](const result& x) {
        out.value = x.size() > 0 && x.columns() > 0 ? std::string{x.raw(0, 0).value_or("")} : std::string{};
      },
      [&](const caf::error& e) { out.why_not = failure_of(e); });
  out.took = std::chrono::steady_clock::now() - begin;
  return out;
}

std::optional<duration> running_instance::wait_until_writable(std::chrono::milliseconds limit) {
  const auto begin = std::chrono::steady_clock::now();
  std::string last;
  const auto writable = [&] {
    const auto a = ask("create table if not exists proof (n int)", access::write, 1000ms);
    if (!a.value) last = to_string(*a.why_not);
    return a.value.has_value();
  };
  if (cluster::wait_until(limit, writable)) return std::chrono::steady_clock::now() - begin;
  WARN("not writable: " << last);
  return std::nullopt;
}

} // namespace tripool::test
