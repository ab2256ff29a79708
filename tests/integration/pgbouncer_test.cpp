// Through a real PgBouncer in transaction mode, which gives each transaction whatever server connection is free: with
// prepared-statements = false nothing that Tripool does depends on the session behind it.
#include "tests/integration/flood.hpp"
#include "tests/integration/instance_fixture.hpp"

#include "service/cluster/identity.hpp"
#include "service/cluster/ports.hpp"
#include "service/cluster/process.hpp"

#include "tripool/actors/client/blocking_client.hpp"
#include "tripool/core/result/row.hpp"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

/// A PgBouncer of its own in front of one database, on a free port, as a user without rights.
class pooler {
public:
  explicit pooler(const test_database& home, int server_connections = 3)
    : user_(must(cluster::server_identity())), port_(must(cluster::find_free_ports(1)).front()) {
    std::string pattern = (std::filesystem::temp_directory_path() / "tripool-pgbouncer-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
    must(cluster::give_to(user_, folder_));
    const auto at = home.at(0);
    const auto file = folder_ / "pgbouncer.ini";
    std::ofstream{file} << "[databases]\n"
                        << "app = host=" << at.host << " port=" << at.port << " dbname=" << at.database
                        << " user=" << at.user << " password=" << at.password << "\n"
                        << "[pgbouncer]\npool_mode = transaction\nlisten_addr = 127.0.0.1\nlisten_port = " << port_
                        << "\nauth_type = any\nunix_socket_dir =\nmax_client_conn = 200\ndefault_pool_size = "
                        << server_connections << "\nlogfile = " << (folder_ / "log").string() << "\n";
    std::filesystem::permissions(file, std::filesystem::perms::owner_read);
    must(cluster::give_to(user_, file));
    cluster::command c;
    c.arguments = {program(), file.string()};
    c.folder = folder_;
    c.user = &user_;
    process_ = must(cluster::spawn(c, {}));
  }
  pooler(const pooler&) = delete;
  pooler& operator=(const pooler&) = delete;
  ~pooler() {
    ::kill(process_, SIGKILL);
    cluster::wait_for_end(process_, 10s);
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  /// One pool of Tripool that dials the pooler.
  void adjust(options& o) const {
    o.pools.resize(1);
    auto& p = o.pools[0];
    p.target.host = "127.0.0.1";
    p.target.port = port_;
    p.target.dbname = "app";
    p.target.user = "anybody";
    p.prepared_statements = false;
    p.connections_min = p.connections_max = 6;
    p.queue_max = 2000;
    p.codel_interval = 1h;
  }
  std::string log() const {
    std::ifstream in{folder_ / "log"};
    return {std::istreambuf_iterator<char>{in}, {}};
  }

private:
  static std::string program() {
    for (const char* path : {"/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"})
      if (std::filesystem::exists(path)) return path;
    FAIL("PgBouncer is not installed: apt-get install pgbouncer");
    return {};
  }

  cluster::identity user_;
  std::uint16_t port_;
  std::filesystem::path folder_;
  pid_t process_ = 0;
};

struct world {
  explicit world(int server_connections = 3) : behind(home, server_connections) {
    on.emplace(home, instance_setup{.adjust = [this](options& o) { behind.adjust(o); }});
    db.emplace(on->system(), on->delegate());
    if (!on->wait_until_writable(20s)) FAIL("no session through the pooler: " << behind.log());
  }
  answer<result> run(std::string text, tripool::access mode = tripool::access::write,
                     std::vector<parameter> parameters = {}) {
    statement s;
    s.text = std::move(text);
    s.mode = mode;
    s.parameters = std::move(parameters);
    return db->execute(std::move(s));
  }

  test_database home;
  pooler behind;
  std::optional<running_instance> on;
  std::optional<blocking_client> db;
};

} // namespace

TEST_CASE("statements, batches and errors go through PgBouncer", "[pgbouncer]") {
  world w;
  w.home.sql("create table t (n int primary key)");
  for (int i = 1; i <= 20; ++i) {
    const auto x = w.run("insert into t values ($1::int)", tripool::access::write, {std::int64_t{i}});
    REQUIRE(x);
    CHECK(x->affected_rows() == 1);
    const auto y = w.run("select count(*) from t", tripool::access::read);
    REQUIRE(y);
    CHECK(y->one<std::int64_t>().value() == i);
  }
  const auto twice = w.run("insert into t values (1)");
  REQUIRE(!twice);
  CHECK(twice.error().sqlstate == "23505");
  batch b;
  for (const char* text : {"insert into t values (21)", "insert into t values (22)"}) {
    b.statements.emplace_back();
    b.statements.back().text = text;
  }
  REQUIRE(w.db->execute(b));
  const auto again = w.db->execute(b);
  REQUIRE(!again);
  CHECK(again.error().sqlstate == "23505");
  CHECK(w.home.value("select count(*) from t") == "22");
  const auto seen = w.on->status(); // Kept: the loop's range is inside it.
  for (const auto& c : seen.pools.at(0).connections) CHECK(c.prepared == 0);
}

TEST_CASE("a statement that runs too long is cancelled through PgBouncer", "[pgbouncer]") {
  world w;
  statement s;
  s.text = "select pg_sleep(20)";
  s.mode = tripool::access::read;
  s.timeout = 500ms;
  const auto x = w.db->execute(std::move(s));
  REQUIRE(!x);
  CHECK(x.error().why == cause::deadline);
  CHECK(w.run("select 1", tripool::access::read));
}

TEST_CASE("many callers' statements share PgBouncer's few connections, errors among them", "[pgbouncer]") {
  world w{2};
  w.home.sql("create table log (n int); create table t (n int primary key); insert into t values (-1)");
  std::vector<flood_statement> all;
  for (std::size_t i = 0; i < 3000; ++i) {
    flood_statement x;
    x.what.parameters = {static_cast<std::int64_t>(i)};
    switch (i % 10) {
      case 3: x.what.text = "insert into t select -1 where $1::int >= 0"; break;
      case 7: x.what.text = "select 1 / ($1::int - $1::int)"; break;
      case 0:
      case 5:
        x.what.text = "select $1::int";
        x.what.mode = tripool::access::read;
        break;
      default: x.what.text = "insert into log values ($1::int)"; break;
    }
    all.push_back(std::move(x));
  }
  const auto ends = run_flood(w.on->system(), w.on->delegate(), std::move(all), 64, 60s);
  REQUIRE(ends);
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < ends->size(); ++i) {
    const auto how = end_text((*ends)[i]);
    const char* expected = i % 10 == 3   ? "rejected 23505 server_error"
                           : i % 10 == 7 ? "rejected 22012 server_error"
                                         : "done";
    if (how == expected) continue;
    if (++wrong <= 10) UNSCOPED_INFO(i << ": " << how << ", expected " << expected);
  }
  CHECK(wrong == 0);
  CHECK(w.home.value("select count(*) || ' ' || count(distinct n) from log") == "1800 1800");
}
