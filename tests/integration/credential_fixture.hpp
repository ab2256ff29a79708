// A role with a password, places where its password can be put, and what tests of being let in wait for. Used by the
// credential_*_test.cpp and tls_*_test.cpp beside it.
#pragma once

#include "tests/integration/instance_fixture.hpp"
#include "tests/support/catch.hpp"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace tripool::test {

/// A folder of its own, gone at the end.
class own_folder {
public:
  own_folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tripool-test-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~own_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  own_folder(const own_folder&) = delete;
  own_folder& operator=(const own_folder&) = delete;

  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  /// Replaces a file at once, readable for its owner only.
  void put(const std::string& name, const std::string& content) const {
    const auto fresh = path_ / (name + ".new");
    std::ofstream{fresh} << content;
    std::filesystem::permissions(fresh, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    std::filesystem::rename(fresh, path_ / name);
  }

private:
  std::filesystem::path path_;
};

inline std::string sql_literal(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string{"''"} : std::string{c};
  return out + "'";
}

/// A role that is no superuser, in the shared cluster, with a table for writes and the ledger of the load; gone at the
/// end of the test.
class test_role {
public:
  test_role(test_database& home, std::string name, const std::string& password) : home_(home), name_(std::move(name)) {
    home_.sql("drop role if exists " + name_);
    must(home_.home().create_role(name_, password));
    home_.sql("create table if not exists proof (n int); alter table proof owner to " + name_ + "; " + workload::table
              + "; alter table ledger owner to " + name_ + "; grant all on schema public to " + name_);
  }
  ~test_role() { (void)home_.home().sql(0, "drop owned by " + name_ + " cascade; drop role " + name_, home_.name()); }
  test_role(const test_role&) = delete;
  test_role& operator=(const test_role&) = delete;

  const std::string& name() const noexcept { return name_; }
  void set_password(const std::string& x) { home_.sql("alter role " + name_ + " password " + sql_literal(x)); }
  /// Ends the role's sessions, and nobody else's.
  void throw_out() {
    home_.sql("select pg_terminate_backend(pid) from pg_stat_activity where usename = '" + name_ + "'");
  }
  /// How many sessions it has that began before that moment of the server's clock.
  std::string sessions_before(const std::string& moment) {
    return must(home_.home().value(0, "select count(*) from pg_stat_activity where usename = '" + name_
                                        + "' and backend_type = 'client backend' and application_name <> 'psql' and "
                                          "backend_start < "
                                        + sql_literal(moment)));
  }

private:
  test_database& home_;
  std::string name_;
};

/// Asks for writes until one is refused with a text that contains `what`; returns that failure. `when_done` runs after
/// each that is done: where a session that was just being let in escapes `throw_out`, since the server lists it only
/// afterwards, it is for the caller to end it too.
inline failure require_refused(
  running_instance& x, const std::string& what, const std::function<void()>& when_done = [] {},
  std::chrono::seconds limit = std::chrono::seconds{15}) {
  const auto begin = std::chrono::steady_clock::now();
  for (;;) {
    const auto a = x.ask("insert into proof values (1)", access::write, std::chrono::milliseconds{400});
    if (a.why_not && to_string(*a.why_not).find(what) != std::string::npos) {
      INFO(to_string(*a.why_not));
      CHECK(a.why_not->kind == outcome::not_executed);
      return *a.why_not;
    }
    if (!a.why_not) when_done();
    INFO("wanted: " << what << "; last: " << (a.why_not ? to_string(*a.why_not) : "done"));
    REQUIRE(std::chrono::steady_clock::now() - begin < limit);
  }
}

/// A source of an application's own.
class application_source final : public credential_source {
public:
  std::string name() const override { return "the application's vault"; }
  source_answer fetch(const credential_subject& whom) override {
    const std::lock_guard lock{guard_};
    if (whom.pool.empty() || text_.empty()) return source_answer::none();
    credential_material out;
    out.password = secret::copy_of(text_);
    return source_answer::of(std::move(out));
  }
  void put(std::string x) {
    const std::lock_guard lock{guard_};
    text_ = std::move(x);
  }

private:
  std::mutex guard_;
  std::string text_;
};

/// A role whose password stands in a file, and how an instance logs in as it.
struct role_with_file {
  explicit role_with_file(const std::string& name) : role{home, name, "the-first-secret"} {
    at.put("password", "the-first-secret");
  }
  /// One pool.
  instance_setup setup(const std::function<void(pool_options&)>& adjust = {}) const {
    instance_setup how;
    how.user = role.name();
    how.password_file = at / "password";
    how.adjust = [adjust](options& o) {
      o.pools.resize(1);
      if (adjust) adjust(o.pools[0]);
    };
    return how;
  }

  own_folder at;
  test_database home;
  test_role role;
};

} // namespace tripool::test
