// Being let in: a wrong password, a password that is changed while the service runs, and a server that takes no more
// sessions. Each is a clear error while it lasts, and over soon after it ends.
#include "tests/integration/instance_fixture.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/memory.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

constexpr auto bound = 10s;
constexpr auto role = "tripool_test_app";

/// A role that is no superuser, in the shared cluster; gone with the cluster.
void make_role(test_database& home, const std::string& password) {
  home.sql("drop role if exists " + std::string{role});
  must(home.home().create_role(role, password));
  home.sql("create table if not exists proof (n int); alter table proof owner to " + std::string{role});
  home.sql("grant all on schema public to " + std::string{role});
  for (std::size_t member = 1; member < 3; ++member) must(home.home().wait_until_caught_up(member));
}

void drop_role(test_database& home) {
  home.sql("drop owned by " + std::string{role} + " cascade; drop role " + role);
}

/// A password file of its own.
class password_file {
public:
  explicit password_file(const std::string& password) {
    std::string pattern = (std::filesystem::temp_directory_path() / "tripool-test-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    put(password);
  }
  ~password_file() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  password_file(const password_file&) = delete;
  password_file& operator=(const password_file&) = delete;

  std::string path() const { return (folder_ / "password").string(); }
  void put(const std::string& password) const { std::ofstream{path()} << password << '\n'; }

private:
  std::filesystem::path folder_;
};

/// Ends the role's sessions, and nobody else's.
void throw_out(test_database& home) {
  for (std::size_t member = 0; member < 3; ++member)
    home.sql("select pg_terminate_backend(pid) from pg_stat_activity where usename = '" + std::string{role} + "'",
             member);
}

/// A session that was just being let in escapes `throw_out`, since the server lists it only afterwards: `home` ends it.
failure require_refused(running_instance& x, const std::string& sqlstate, test_database* home = nullptr) {
  const auto begin = std::chrono::steady_clock::now();
  for (;;) {
    const auto a = x.ask("insert into proof values (1)", access::write, 400ms);
    if (a.why_not && to_string(*a.why_not).find(sqlstate) != std::string::npos) {
      INFO(to_string(*a.why_not));
      CHECK(a.why_not->kind == outcome::not_executed);
      CHECK(a.took < 400ms + lateness_max);
      return *a.why_not;
    }
    if (!a.why_not && home) throw_out(*home);
    INFO("last: " << (a.why_not ? to_string(*a.why_not) : "done"));
    REQUIRE(std::chrono::steady_clock::now() - begin < bound);
  }
}

void require_served(running_instance& x, const std::string& after) {
  const auto took = x.wait_until_writable(bound);
  REQUIRE(took);
  std::cout << "  served " << std::chrono::duration<double>(*took).count() << " s after " << after << '\n';
}

} // namespace

TEST_CASE("a wrong password is a clear error, and the right one is found in the file without a restart",
          "[instance][credentials]") {
  test_database home;
  make_role(home, "the-first-secret");
  {
    password_file file{"a-wrong-secret"};
    instance_setup how;
    how.user = role;
    how.password_file = file.path();
    running_instance x{home, how};
    const auto f = require_refused(x, "28P01");
    CHECK(to_string(f).find("a-wrong-secret") == std::string::npos);

    file.put("the-first-secret");
    require_served(x, "the right password stood in the file");

    // Rotated: the old one stands in the file until the new one does; sessions that are open go on.
    home.sql("alter role " + std::string{role} + " password 'the-second-secret'");
    for (std::size_t member = 1; member < 3; ++member) must(home.home().wait_until_caught_up(member));
    CHECK(x.ask("insert into proof values (2)").value);
    throw_out(home);
    require_refused(x, "28P01", &home);
    file.put("the-second-secret");
    require_served(x, "the new password stood in the file");
    const auto s = x.status();
    REQUIRE(s.carrier.credentials.size() == 3);
    CHECK(s.carrier.credentials[0].generation >= 3);
  }
  drop_role(home);
}

TEST_CASE("a password file that is not there is named in the error", "[instance][credentials]") {
  test_database home;
  instance_setup how;
  how.password_file = "/nonexistent/password";
  running_instance x{home, how};
  require_refused(x, "/nonexistent/password");
}

TEST_CASE("a server that takes no more sessions keeps those that are open, and is dialled in moderation",
          "[instance][credentials]") {
  test_database home;
  make_role(home, "the-first-secret");
  {
    instance_setup how;
    how.user = role;
    how.password = "the-first-secret";
    running_instance x{home, how};
    require_served(x, "the start");
    home.sql("alter role " + std::string{role} + " connection limit 0");
    // What is open serves on.
    const auto a = x.ask("insert into proof values (1)");
    CHECK(a.value);
    throw_out(home);
    const auto f = require_refused(x, "53300", &home);
    std::cout << "  " << to_string(f) << '\n';
    const auto before = x.status();
    const auto began = std::chrono::steady_clock::now();
    for (int i = 0; i < 5; ++i) require_refused(x, "53300");
    const auto after = x.status();
    const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    const auto dials = [](const service_status& s) {
      std::uint64_t n = 0;
      for (const auto& p : s.pools) n += p.stats.name == "primary" ? p.stats.counters.dials : 0;
      return n;
    };
    std::cout << "  " << dials(after) - dials(before) << " dials of the primary pool in " << seconds << " s\n";
    CHECK(dials(after) - dials(before) <= 5 + static_cast<std::uint64_t>(4 * seconds));
    home.sql("alter role " + std::string{role} + " connection limit -1");
    require_served(x, "the limit was lifted");
  }
  drop_role(home);
}
