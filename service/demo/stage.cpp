// Setting the stage.
#include "service/demo/stage.hpp"

#include "service/cluster/descriptor.hpp"
#include "service/cluster/process.hpp"
#include "service/cluster/text.hpp"

#include <cerrno>
#include <sstream>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace tripool::demo {

namespace {

using cluster::problem;

constexpr const char* shop = "shop"; ///< The role's and the database's name.

/// Writes a file that only this user may read.
cluster::result<void> write_private(const std::filesystem::path& file, const std::string& text) {
  const cluster::descriptor fd{::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
  if (!fd || ::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return problem{"Cannot write " + file.string() + ": " + cluster::error_text(errno) + ".", {}};
  }
  return {};
}

/// A text as CAF's configuration wants it.
std::string quoted(const std::string& x) {
  std::string out = "\"";
  for (const char c : x) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string configuration(const stage& x) {
  std::ostringstream out;
  out << "; The configuration of the running demonstration: three pools, one for each server of a private PostgreSQL.\n"
      << "; File and servers are removed when the demonstration ends.\n\n"
      << "[tripool]\n"
      << "pool-defaults {\n"
      << "  dbname = " << quoted(x.database) << "\n"
      << "  user = " << quoted(x.user) << "\n"
      << "  password-file = " << quoted(x.password_file.string()) << "\n"
      << "  application-name = \"tripool-demo\"\n"
      << "}\n"
      << "pools {\n";
  for (std::size_t i = 0; i < pool_names.size(); ++i) {
    const auto at = x.servers.at(i);
    out << "  " << pool_names[i] << " { ; " << x.servers.name(i) << "\n"
        << "    host = " << quoted(at.host) << "\n"
        << "    port = " << at.port << "\n"
        << "    connections-min = " << (i == 0 ? 2 : 1) << "\n"
        << "    connections-max = " << (i == 0 ? 10 : 5) << "\n"
        << "  }\n";
  }
  out << "}\n";
  return out.str();
}

/// From here on a commit of the primary is acknowledged when a standby has it on its disk as well. Only there: who is
/// promoted later shall not wait for a standby that does not follow it yet.
cluster::result<void> replicate_synchronously(cluster::private_cluster& servers) {
  const auto standbys = "ANY 1 (" + servers.name(1) + ", " + servers.name(2) + ")";
  if (auto done = servers.configure(0, "synchronous_standby_names", standbys); !done) return done;
  cluster::result<std::string> in_force{std::string{}};
  const bool reached = cluster::wait_until(std::chrono::seconds{10}, [&] {
    in_force = servers.value(0, "select count(*) = 2 from pg_stat_replication where sync_state = 'quorum'");
    return !in_force || *in_force == "t";
  });
  if (!in_force) return in_force.error();
  if (!reached) return problem{"The primary did not begin to replicate synchronously.", servers.log_tail(0)};
  return {};
}

cluster::result<void> furnish(stage& x) {
  x.user = shop;
  x.database = shop;
  x.password_file = x.servers.state_directory() / "shop-password";
  x.config_file = x.servers.state_directory() / "tripool.conf";
  const auto password = cluster::random_hex(16);
  if (auto done = x.servers.create_role(x.user, password); !done) return done;
  if (auto done = x.servers.create_database(x.database, x.user); !done) return done;
  if (auto done = write_private(x.password_file, password + "\n"); !done) return done;
  if (auto done = write_private(x.config_file, configuration(x)); !done) return done;
  if (auto done = replicate_synchronously(x.servers); !done) return done;
  for (std::size_t i = 1; i < x.servers.size(); ++i) {
    if (auto done = x.servers.wait_until_caught_up(i); !done) return done;
  }
  return {};
}

} // namespace

cluster::result<stage> make_stage(const std::string& folder) {
  cluster::cluster_options options;
  options.standbys = pool_names.size() - 1;
  options.state_directory = folder;
  options.step_limit = std::chrono::seconds{30};
  auto servers = cluster::private_cluster::start(options);
  if (!servers) return servers.error();
  stage out{std::move(*servers), {}, {}, {}, {}};
  if (auto done = furnish(out); !done) return done.error();
  return out;
}

} // namespace tripool::demo
