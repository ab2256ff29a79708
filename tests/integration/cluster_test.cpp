// The private cluster that demo and tests stand on: it must come up, break as told, and above all leave nothing behind,
// also when its owner is killed. Real servers; what is left running is looked up in /proc.
#include "service/cluster/guardian.hpp"
#include "service/cluster/ports.hpp"
#include "service/cluster/private_cluster.hpp"
#include "service/cluster/process.hpp"
#include "service/cluster/process_table.hpp"
#include "service/cluster/psql.hpp"
#include "service/cluster/text.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/test_cluster.hpp"

#include <arpa/inet.h>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <netinet/in.h>
#include <sstream>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using namespace std::chrono_literals;
using namespace tripool::cluster;
using tripool::test::must;
using tripool::test::shared_cluster;
using tripool::test::test_database;

/// Returns what starts the names of the cluster's servers: its folder, when it chose that itself, has the same name.
std::string tag_of(const private_cluster& x) {
  return x.state_directory().filename().string();
}

cluster_options only_a_primary() {
  cluster_options options;
  options.standbys = 0;
  return options;
}

/// A folder of the test's own, removed at its end.
struct scratch_folder {
  std::filesystem::path path = std::filesystem::path{"/tmp"} / ("tripool-test-" + random_hex(4));
  scratch_folder() { std::filesystem::create_directory(path); }
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;
  ~scratch_folder() {
    std::error_code error;
    std::filesystem::remove_all(path, error);
  }
};

bool accepts_tcp(const endpoint& x) {
  const descriptor fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(x.port);
  ::inet_pton(AF_INET, x.host.c_str(), &address.sin_addr);
  return ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

/// Returns the id of the shared memory segment of a running member.
std::string memory_segment(const private_cluster& x, std::size_t member) {
  std::istringstream text{read_file(x.state_directory() / x.name(member) / "postmaster.pid")};
  std::string line;
  for (int number = 1; number <= 7; ++number) std::getline(text, line);
  return line.substr(line.rfind(' ') + 1);
}

bool segment_exists(const std::string& id) {
  std::istringstream text{read_file("/proc/sysvipc/shm")};
  std::string line;
  while (std::getline(text, line)) {
    std::istringstream fields{line};
    std::string key;
    std::string found;
    if (fields >> key >> found && found == id) return true;
  }
  return false;
}

} // namespace

TEST_CASE("a row written on the primary is read on both standbys", "[cluster]") {
  test_database db;
  REQUIRE(db.home().size() == 3);
  db.sql("create table t (x int); insert into t values (41), (42)");
  for (const std::size_t standby : {1U, 2U}) {
    must(db.home().wait_until_caught_up(standby));
    CHECK(db.value("select sum(x) from t", standby) == "83");
    const auto refused = db.home().sql(standby, "insert into t values (43)", db.name());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().log.find("25006") != std::string::npos);
  }
}

TEST_CASE("members are in sessions of their own, so that Ctrl-C does not reach them", "[cluster]") {
  const auto processes = processes_of(tag_of(shared_cluster()), true);
  REQUIRE(processes.size() > 3);
  for (const auto process : processes) CHECK(::getsid(process) != ::getsid(0));
}

TEST_CASE("a synchronously acknowledged row survives the crash of the primary", "[cluster]") {
  auto& x = shared_cluster();
  must(x.configure(0, "synchronous_standby_names", "FIRST 1 (node1)"));
  must(x.sql(0, "create table survivor (x int); insert into survivor values (1)"));
  must(x.crash(0));
  CHECK(x.state(0) == member_state::stopped);
  CHECK(processes_of(tag_of(x) + "-node0").empty());
  CHECK_FALSE(accepts_tcp(x.at(0)));
  must(x.promote(1));
  CHECK(x.primary() == 1);
  must(x.sql(1, "insert into survivor values (2)"));
  CHECK(must(x.value(1, "select count(*) from survivor")) == "2");

  SECTION("the other standby follows the new primary") {
    must(x.follow(2, 1));
    must(x.wait_until_streaming(2));
    must(x.wait_until_caught_up(2));
    CHECK(must(x.value(2, "select count(*) from survivor")) == "2");
  }
  SECTION("the crashed primary comes back as a ghost, and rejoins without what only it had") {
    must(x.configure(0, "synchronous_standby_names", std::nullopt));
    must(x.start_member(0));
    must(x.sql(0, "insert into survivor values (666)"));
    must(x.rewind_to(0, 1));
    must(x.wait_until_caught_up(0));
    CHECK(must(x.value(0, "select string_agg(x::text, ',' order by x) from survivor")) == "1,2");
    CHECK(must(x.value(0, "select pg_is_in_recovery()")) == "t");
  }
}

TEST_CASE("a hung server keeps its port open, stands still as a whole, and continues when resumed", "[cluster]") {
  auto& x = shared_cluster();
  must(x.hang(0));
  CHECK(x.state(0) == member_state::hung);
  const auto processes = processes_of(tag_of(x) + "-node0");
  CHECK(processes.size() > 3);
  for (const auto process : processes) CHECK(stands_still(process));
  CHECK(accepts_tcp(x.at(0)));
  must(x.resume(0));
  CHECK(must(x.value(0, "select 1")) == "1");
}

TEST_CASE("a server that stopped or was restarted keeps its data and its port", "[cluster]") {
  auto x = must(private_cluster::start(only_a_primary()));
  must(x.sql(0, "create table t as select 7 as x"));
  const auto before = x.at(0);
  const auto mode = GENERATE(stop_mode::fast, stop_mode::immediate);
  must(x.stop_member(0, mode));
  CHECK(x.state(0) == member_state::stopped);
  CHECK_FALSE(x.sql(0, "select 1"));
  must(x.start_member(0));
  CHECK(x.at(0).port == before.port);
  CHECK(must(x.value(0, "select x from t")) == "7");
  CHECK_FALSE(x.start_member(0));
}

TEST_CASE("the end of a server that nobody asked for is noticed", "[cluster]") {
  auto x = must(private_cluster::start(only_a_primary()));
  for (const auto process : processes_of(tag_of(x) + "-node0")) ::kill(process, SIGKILL);
  CHECK(wait_until(10s, [&] { return x.state(0) == member_state::stopped; }));
}

TEST_CASE("settings, roles and databases are made as asked", "[cluster]") {
  auto options = only_a_primary();
  options.settings = {{"work_mem", "5MB"}};
  options.durable = true;
  auto x = must(private_cluster::start(options));
  CHECK(must(x.value(0, "show work_mem")) == "5MB");
  CHECK(must(x.value(0, "show fsync")) == "on");
  must(x.configure(0, "work_mem", "6MB"));
  CHECK(must(x.value(0, "show work_mem")) == "6MB");
  must(x.configure(0, "work_mem", std::nullopt));
  CHECK(must(x.value(0, "show work_mem")) == "4MB");
  must(x.create_role("o'brien \"x\"", "it's"));
  must(x.create_database("his own", "o'brien \"x\""));
  CHECK(
    must(x.value(0, "select pg_get_userbyid(datdba) from pg_database where datname = current_database()", "his own"))
    == "o'brien \"x\"");
  CHECK(must(x.sql(0, "select 1, 'a,\"b\nc', null; select 2")) == std::vector<row>{{"1", "a,\"b\nc", ""}, {"2"}});
  CHECK_FALSE(x.sql(0, "select 1; select broken; select 2"));
}

TEST_CASE("an ended cluster leaves no process, no folder and no shared memory", "[cluster]") {
  std::string tag;
  std::string segment;
  std::filesystem::path folder;
  const auto end = GENERATE(member_state::running, member_state::stopped, member_state::hung);
  {
    auto x = must(private_cluster::start(only_a_primary()));
    tag = tag_of(x);
    folder = x.state_directory();
    segment = memory_segment(x, 0);
    REQUIRE(segment_exists(segment));
    REQUIRE_FALSE(processes_of(tag, true).empty());
    if (end == member_state::stopped) must(x.crash(0));
    if (end == member_state::hung) must(x.hang(0));
  }
  CHECK(processes_of(tag, true).empty());
  CHECK_FALSE(std::filesystem::exists(folder));
  CHECK_FALSE(segment_exists(segment));
}

TEST_CASE("a cluster that cannot start says why and leaves nothing", "[cluster]") {
  scratch_folder outside;
  auto options = only_a_primary();
  SECTION("a setting that the server refuses") {
    options.settings = {{"shared_buffers", "plenty"}};
    options.state_directory = outside.path / "state";
    std::filesystem::permissions(outside.path, std::filesystem::perms::others_exec | std::filesystem::perms::owner_all);
    const auto x = private_cluster::start(options);
    REQUIRE_FALSE(x);
    CHECK(x.error().log.find("shared_buffers") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(options.state_directory));
  }
  SECTION("a folder without the programs") {
    options.binaries = outside.path;
    const auto x = private_cluster::start(options);
    REQUIRE_FALSE(x);
    CHECK(x.error().message.find("no program postgres") != std::string::npos);
  }
  SECTION("a name too long for a socket") {
    options.state_directory = outside.path / std::string(100, 'x');
    const auto x = private_cluster::start(options);
    REQUIRE_FALSE(x);
    CHECK(x.error().message.find("too long") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(options.state_directory));
  }
  SECTION("a folder that holds something") {
    std::ofstream{outside.path / "precious"} << "data";
    options.state_directory = outside.path;
    const auto x = private_cluster::start(options);
    REQUIRE_FALSE(x);
    CHECK(x.error().message.find("not an empty folder") != std::string::npos);
    CHECK(std::filesystem::exists(outside.path / "precious"));
  }
  SECTION("too many standbys") {
    options.standbys = 9;
    CHECK_FALSE(private_cluster::start(options));
  }
}

TEST_CASE("a folder that was there before is emptied, not removed, and kept state is kept", "[cluster]") {
  scratch_folder outside;
  std::filesystem::permissions(outside.path, std::filesystem::perms::all);
  auto options = only_a_primary();
  options.state_directory = outside.path;
  options.keep_state = GENERATE(false, true);
  {
    auto x = must(private_cluster::start(options));
    CHECK(std::filesystem::exists(outside.path / "node0" / "PG_VERSION"));
  }
  CHECK(std::filesystem::exists(outside.path));
  CHECK(std::filesystem::exists(outside.path / "node0" / "PG_VERSION") == options.keep_state);
}

TEST_CASE("free ports lie outside of the range of outgoing connections", "[cluster]") {
  const auto ports = must(find_free_ports(20));
  REQUIRE(ports.size() == 20);
  for (const auto port : ports) CHECK(port < 32768);
}

TEST_CASE("a program that takes too long is killed with all it started", "[cluster]") {
  const command slow{{"/bin/sh", "-c", "echo begun; sleep 1000 & wait"}, {"PATH=/bin:/usr/bin"}, "/", nullptr};
  const auto done = run(slow, 200ms);
  REQUIRE_FALSE(done);
  CHECK(done.error().message.find("longer than 0.2 s") != std::string::npos);
  CHECK(done.error().log == "begun");
}

// Run by the next test in a process of its own: makes a cluster, says where, and waits to be killed.
TEST_CASE("victim of the guardian's test", "[.victim]") {
  auto x = must(private_cluster::start());
  must(x.hang(2));
  std::cout << "state directory: " << x.state_directory().string() << std::endl;
  for (;;) ::pause();
}

TEST_CASE("servers and folder of an owner killed by SIGKILL are removed by the guardian", "[cluster]") {
  int ends[2] = {-1, -1};
  REQUIRE(::pipe(ends) == 0);
  const descriptor its_words{ends[0]};
  descriptor its_output{ends[1]};
  const command self{
    {std::filesystem::read_symlink("/proc/self/exe").string(), "[.victim]"}, {"PATH=/usr/bin:/bin"}, "/", nullptr};
  const auto victim = must(spawn(self, {-1, its_output.get(), -1}));
  its_output.reset();
  std::string words;
  std::filesystem::path folder;
  while (folder.empty()) {
    char buffer[512];
    const auto n = ::read(its_words.get(), buffer, sizeof buffer);
    if (n <= 0) FAIL("the victim made no cluster: " << words);
    words.append(buffer, static_cast<std::size_t>(n));
    const auto begin = words.find("state directory: ");
    const auto end = words.find('\n', begin);
    if (begin != std::string::npos && end != std::string::npos) folder = words.substr(begin + 17, end - begin - 17);
  }
  const std::string tag = folder.filename().string();
  CHECK(processes_of(tag, true).size() > 10);
  ::kill(victim, SIGKILL);
  REQUIRE(wait_for_end(victim, 10s));
  CHECK(wait_until(10s, [&] { return processes_of(tag, true).empty() && !std::filesystem::exists(folder); }));
}
