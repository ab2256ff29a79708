// Puts the cluster together: who streams from whom, and in which order things are started, promoted and rewound.
#include "service/cluster/private_cluster.hpp"

#include "service/cluster/data_folder.hpp"
#include "service/cluster/guardian.hpp"
#include "service/cluster/ports.hpp"
#include "service/cluster/psql.hpp"
#include "service/cluster/server.hpp"
#include "service/cluster/text.hpp"
#include "service/cluster/workshop.hpp"

#include <cassert>
#include <deque>

namespace tripool::cluster {

namespace {

constexpr const char* host = "127.0.0.1";
constexpr int port_attempts_max = 5;

/// Returns the settings that every member has.
server::settings_map common_settings(const workshop& shop, const cluster_options& options) {
  server::settings_map settings{
    {"listen_addresses", host},
    {"unix_socket_directories", shop.socket_folder().string()},
    {"max_connections", std::to_string(options.max_connections)},
    {"shared_buffers", "32MB"},
    {"dynamic_shared_memory_type", "mmap"}, // Inside of the data folder: nothing is left in /dev/shm after a crash.
    {"huge_pages", "off"},
    {"fsync", options.durable ? "on" : "off"},
    {"wal_level", "replica"},
    {"wal_log_hints", "on"}, // For pg_rewind.
    {"wal_keep_size", "256MB"},
    {"max_wal_size", "512MB"},
    {"max_wal_senders", "16"},
    {"hot_standby", "on"},
    {"wal_retrieve_retry_interval", "100ms"}, // A standby finds its upstream again at once, not after 5 s.
    {"jit", "off"},
    {"logging_collector", "off"},
    {"log_destination", "stderr"},
    {"log_line_prefix", "%m [%p] %q%u@%d %a: "},
    {"log_checkpoints", "off"},
    {"lc_messages", "C"},
    {"timezone", "UTC"},
    {"log_timezone", "UTC"},
  };
  for (const auto& [parameter, value] : options.settings) settings[parameter] = value;
  return settings;
}

result<void> validate(const cluster_options& options) {
  if (options.standbys > 8) {
    return problem{"A private cluster has at most 8 standbys; asked for " + std::to_string(options.standbys) + ".", {}};
  }
  if (options.max_connections < 10) {
    return problem{"max_connections is at least 10; asked for " + std::to_string(options.max_connections) + ".", {}};
  }
  if (options.step_limit <= std::chrono::milliseconds::zero()) return problem{"step_limit must be positive.", {}};
  return {};
}

} // namespace

struct private_cluster::impl {
  /// A server and whom it streams from.
  struct member {
    member(const workshop& shop, std::string name, server::settings_map settings)
      : node(shop, std::move(name), std::move(settings)) {}
    server node;
    std::optional<std::size_t> upstream; ///< None: a primary.
  };

  explicit impl(workshop x) : shop(std::move(x)) {}
  ~impl();

  result<void> build(const cluster_options& options);
  result<void> launch_all();
  result<void> launch_once(bool& lost_port);
  void stream_from(std::size_t who, std::size_t upstream);
  std::string source_of(std::size_t member) const;
  server& node(std::size_t number);
  result<std::vector<row>> ask(std::size_t number, std::string_view text, std::string_view database = "postgres");
  result<std::string> ask_value(std::size_t number, std::string_view text);
  result<void> wait_for(std::size_t number, const std::string& query, const std::string& what);
  result<void> wait_until_streaming(std::size_t number);

  workshop shop;
  guardian watcher;           // Below `shop`, which it does not need; above the members, which end before it cleans up.
  std::deque<member> members; // Never moved.
  std::size_t primary = 0;
};

private_cluster::impl::~impl() {
  for (auto& x : members) x.node.resume();
  for (auto& x : members) x.node.ask_to_stop(stop_mode::immediate); // All at once, then each destructor waits.
}

result<void> private_cluster::impl::build(const cluster_options& options) {
  auto watching = guardian::start(shop.tag, shop.folder, shop.at_end);
  if (!watching) return watching.error();
  watcher = std::move(*watching);
  for (std::size_t i = 0; i <= options.standbys; ++i) {
    auto& made = members.emplace_back(shop, "node" + std::to_string(i), common_settings(shop, options));
    if (i == 0) {
      if (auto done = create_data(shop, made.node.data()); !done) return done;
      if (options.standbys == 0) break;
      if (auto done = made.node.record_settings(); !done) return done;
    } else {
      made.upstream = 0;
      if (auto done = copy_data(shop, members[0].node.data(), made.node.data()); !done) return done;
      if (auto done = mark_standby(shop, made.node.data()); !done) return done;
    }
  }
  if (auto done = launch_all(); !done) return done;
  for (std::size_t i = 1; i < members.size(); ++i) {
    if (auto done = wait_until_streaming(i); !done) return done;
  }
  return {};
}

result<void> private_cluster::impl::launch_all() {
  result<void> last;
  for (int attempt = 0; attempt < port_attempts_max; ++attempt) {
    auto ports = find_free_ports(members.size());
    if (!ports) return ports.error();
    for (std::size_t i = 0; i < members.size(); ++i) members[i].node.set_port((*ports)[i]);
    for (std::size_t i = 1; i < members.size(); ++i) stream_from(i, 0);
    bool lost_port = false;
    last = launch_once(lost_port);
    if (last || !lost_port) return last;
    for (auto& x : members) {
      if (auto stopped = x.node.stop(stop_mode::fast); !stopped) return stopped;
    }
  }
  return last;
}

/// Launches all members and waits for them. `lost_port`: one failed because its port was taken meanwhile.
result<void> private_cluster::impl::launch_once(bool& lost_port) {
  for (auto& x : members) {
    if (auto launched = x.node.launch(); !launched) return launched;
  }
  for (auto& x : members) {
    auto ready = x.node.wait_until_ready();
    if (ready) continue;
    lost_port = ready.error().log.find("Address already in use") != std::string::npos;
    return ready;
  }
  return {};
}

void private_cluster::impl::stream_from(std::size_t who, std::size_t upstream) {
  members[who].upstream = upstream;
  members[who].node.settings()["primary_conninfo"] =
    source_of(upstream) + " application_name=" + members[who].node.name() + " connect_timeout=5";
}

/// Returns how another program of this cluster connects to the member. The password comes from the password file.
std::string private_cluster::impl::source_of(std::size_t number) const {
  return connection_string({host, members[number].node.port(), superuser, {}, "postgres"}, false)
         + " passfile=" + shop.pass_file().string();
}

server& private_cluster::impl::node(std::size_t number) {
  assert(number < members.size());
  return members[number].node;
}

result<std::vector<row>> private_cluster::impl::ask(std::size_t number, std::string_view text,
                                                    std::string_view database) {
  auto& target = node(number);
  if (target.state() == member_state::stopped) return problem{target.name() + " is not running.", {}};
  auto rows = run_sql(shop, target.port(), database, text, shop.step_limit);
  if (!rows) return problem{target.name() + ": " + rows.error().message, rows.error().log};
  return rows;
}

result<std::string> private_cluster::impl::ask_value(std::size_t number, std::string_view text) {
  auto rows = ask(number, text);
  if (!rows) return rows.error();
  if (rows->empty()) return problem{node(number).name() + ": the query returned no row.", {}};
  return rows->front().front();
}

/// Repeats a query until it returns "t".
result<void> private_cluster::impl::wait_for(std::size_t number, const std::string& query, const std::string& what) {
  result<std::string> last = std::string{};
  const bool reached = wait_until(shop.step_limit, [&] {
    last = ask_value(number, query);
    return !last || *last == "t";
  });
  if (!last) return last.error();
  if (!reached) return node(number).complain(what + " in time.");
  return {};
}

result<void> private_cluster::impl::wait_until_streaming(std::size_t number) {
  const auto upstream = members[number].upstream;
  const auto& name = node(number).name();
  if (!upstream) return problem{name + " is not a standby.", {}};
  auto done = wait_for(*upstream,
                       "select count(*) > 0 from pg_stat_replication where state = 'streaming' and application_name = "
                         + quote_literal(name),
                       name + " did not stream from " + node(*upstream).name());
  if (!done) return node(number).complain(done.error().message);
  return {};
}

private_cluster::private_cluster(std::unique_ptr<impl> x) noexcept : impl_(std::move(x)) {}

private_cluster::private_cluster(private_cluster&&) noexcept = default;
private_cluster& private_cluster::operator=(private_cluster&&) noexcept = default;
private_cluster::~private_cluster() = default;

result<private_cluster> private_cluster::start(const cluster_options& options) {
  if (auto valid = validate(options); !valid) return valid.error();
  auto shop = open_workshop(options.binaries, options.state_directory, options.keep_state, options.step_limit);
  if (!shop) return shop.error();
  auto made = std::make_unique<impl>(std::move(*shop));
  if (auto built = made->build(options); !built) return built.error();
  return private_cluster{std::move(made)};
}

std::size_t private_cluster::size() const noexcept {
  return impl_->members.size();
}

std::size_t private_cluster::primary() const noexcept {
  return impl_->primary;
}

std::string private_cluster::name(std::size_t member) const {
  return impl_->node(member).name();
}

endpoint private_cluster::at(std::size_t member, std::string_view database) const {
  return {host, impl_->node(member).port(), superuser, impl_->shop.password, std::string{database}};
}

member_state private_cluster::state(std::size_t member) const {
  return impl_->node(member).state();
}

const std::filesystem::path& private_cluster::state_directory() const noexcept {
  return impl_->shop.folder;
}

std::string private_cluster::log_tail(std::size_t member) const {
  return file_tail(impl_->node(member).log_file());
}

result<void> private_cluster::start_member(std::size_t member) {
  auto& node = impl_->node(member);
  if (node.state() != member_state::stopped) return problem{node.name() + " is running already.", {}};
  if (auto launched = node.launch(); !launched) return launched;
  return node.wait_until_ready();
}

result<void> private_cluster::stop_member(std::size_t member, stop_mode mode) {
  return impl_->node(member).stop(mode);
}

result<void> private_cluster::restart_member(std::size_t member, stop_mode mode) {
  if (auto stopped = stop_member(member, mode); !stopped) return stopped;
  return start_member(member);
}

result<void> private_cluster::crash(std::size_t member) {
  auto& node = impl_->node(member);
  if (node.state() == member_state::stopped) return problem{node.name() + " is not running.", {}};
  return node.kill_all();
}

result<void> private_cluster::hang(std::size_t member) {
  return impl_->node(member).hang();
}

result<void> private_cluster::resume(std::size_t member) {
  auto& node = impl_->node(member);
  if (node.state() != member_state::hung) return problem{node.name() + " is not hung.", {}};
  node.resume();
  return {};
}

result<void> private_cluster::promote(std::size_t member) {
  auto& node = impl_->node(member);
  if (node.state() != member_state::running) return problem{node.name() + " is not running.", {}};
  const auto order = impl_->shop.tool("pg_ctl", {"promote", "-D", node.data().string(), "-W", "-s"});
  const auto told = run_checked(order, impl_->shop.step_limit, "Promoting " + node.name());
  if (!told) return told.error();
  if (auto done = impl_->wait_for(member, "select not pg_is_in_recovery()", node.name() + " was not promoted"); !done) {
    return done;
  }
  node.settings().erase("primary_conninfo");
  impl_->members[member].upstream.reset();
  impl_->primary = member;
  return {};
}

result<void> private_cluster::follow(std::size_t member, std::size_t upstream) {
  auto& node = impl_->node(member);
  assert(member != upstream && upstream < size());
  if (!is_marked_standby(node.data())) {
    return problem{node.name() + " is not a standby: use rewind_to to make it one.", {}};
  }
  impl_->stream_from(member, upstream);
  return node.reload();
}

result<void> private_cluster::rewind_to(std::size_t member, std::size_t upstream) {
  auto& node = impl_->node(member);
  assert(member != upstream && upstream < size());
  if (auto stopped = node.stop(stop_mode::fast); !stopped) return stopped;
  // pg_rewind looks for the source's timeline in its control file, which a promotion updates only at the next
  // checkpoint.
  if (auto done = impl_->ask(upstream, "checkpoint"); !done) return done.error();
  if (auto done = rewind_data(impl_->shop, node.data(), impl_->source_of(upstream)); !done) return done;
  if (auto done = mark_standby(impl_->shop, node.data()); !done) return done;
  impl_->stream_from(member, upstream);
  if (auto done = start_member(member); !done) return done;
  return impl_->wait_until_streaming(member);
}

result<void> private_cluster::wait_until_streaming(std::size_t member) {
  assert(member < size());
  return impl_->wait_until_streaming(member);
}

result<void> private_cluster::wait_until_caught_up(std::size_t member) {
  assert(member < size());
  const auto upstream = impl_->members[member].upstream;
  if (!upstream) return problem{name(member) + " is not a standby.", {}};
  const auto written = impl_->ask_value(*upstream, "select case when pg_is_in_recovery() then pg_last_wal_replay_lsn() "
                                                   "else pg_current_wal_lsn() end");
  if (!written) return written.error();
  return impl_->wait_for(member, "select pg_last_wal_replay_lsn() >= " + quote_literal(*written) + "::pg_lsn",
                         name(member) + " did not catch up with " + name(*upstream));
}

result<std::vector<row>> private_cluster::sql(std::size_t member, std::string_view text, std::string_view database) {
  return impl_->ask(member, text, database);
}

result<std::string> private_cluster::value(std::size_t member, std::string_view text, std::string_view database) {
  auto rows = impl_->ask(member, text, database);
  if (!rows) return rows.error();
  if (rows->empty()) return problem{name(member) + ": the query returned no row.", {}};
  return std::move(rows->front().front());
}

result<void> private_cluster::create_database(std::string_view name, std::string_view owner) {
  auto done = sql(primary(), "create database " + quote_name(name)
                               + (owner.empty() ? std::string{} : " owner " + quote_name(owner)));
  if (!done) return done.error();
  return {};
}

result<void> private_cluster::create_role(std::string_view name, std::string_view password,
                                          std::string_view attributes) {
  auto done = sql(primary(), "create role " + quote_name(name) + " password " + quote_literal(password) + " "
                               + std::string{attributes});
  if (!done) return done.error();
  return {};
}

result<void> private_cluster::configure(std::size_t member, std::string_view parameter,
                                        std::optional<std::string> setting) {
  auto& node = impl_->node(member);
  if (setting) {
    node.settings()[std::string{parameter}] = std::move(*setting);
  } else {
    node.settings().erase(std::string{parameter});
  }
  if (node.state() != member_state::running) return node.reload();
  const auto before = impl_->ask_value(member, "select pg_conf_load_time()");
  if (!before) return before.error();
  if (auto told = node.reload(); !told) return told;
  return impl_->wait_for(member, "select pg_conf_load_time() > " + quote_literal(*before),
                         node.name() + " did not read its configuration");
}

} // namespace tripool::cluster
