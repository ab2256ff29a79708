// Runs initdb, cp and pg_rewind as the servers' user. They leave the flushing to disk out: what they make is worth
// nothing after a crash of the machine.
#include "service/cluster/data_folder.hpp"

#include "service/cluster/text.hpp"

#include <cerrno>
#include <fcntl.h>
#include <string_view>
#include <sys/types.h>
#include <unistd.h>

namespace tripool::cluster {

namespace {

result<void> without_value(const result<std::string>& x) {
  if (!x) return x.error();
  return {};
}

} // namespace

result<void> create_data(const workshop& shop, const std::filesystem::path& data) {
  auto make = shop.tool("initdb", {"-D", data.string(), "-U", superuser, "-A", "scram-sha-256",
                                   "--pwfile=" + shop.password_file().string(), "--data-checksums", "--no-sync",
                                   "--locale=C.UTF-8", "--encoding=UTF8", "--no-instructions"});
  make.fate = when_orphaned::live; // It takes a second, and leaves shared memory behind if it is killed.
  const auto made = run_checked(make, shop.step_limit, "Making the data folder " + data.string());
  if (!made) return made.error();
  // Servers have a configuration of their own; this one is what pg_rewind reads when it recovers a crashed server.
  const auto file = data / "postgresql.conf";
  const descriptor fd{::open(file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC)};
  constexpr std::string_view line = "\ndynamic_shared_memory_type = mmap\n";
  if (!fd || ::write(fd.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
    return problem{"Cannot write " + file.string() + ": " + error_text(errno) + ".", {}};
  }
  return {};
}

result<void> copy_data(const workshop& shop, const std::filesystem::path& from, const std::filesystem::path& to) {
  const auto copy = shop.tool("/bin/cp", {"-a", "--reflink=auto", "--", from.string(), to.string()});
  return without_value(run_checked(copy, shop.step_limit, "Copying the data folder to " + to.string()));
}

result<void> mark_standby(const workshop& shop, const std::filesystem::path& data) {
  const auto file = data / "standby.signal";
  const descriptor fd{::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)};
  if (!fd) return problem{"Cannot write " + file.string() + ": " + error_text(errno) + ".", {}};
  return give_to(shop.user, file);
}

bool is_marked_standby(const std::filesystem::path& data) {
  return ::access((data / "standby.signal").c_str(), F_OK) == 0;
}

result<void> rewind_data(const workshop& shop, const std::filesystem::path& data, const std::string& source) {
  const auto rewind = shop.tool("pg_rewind", {"-D", data.string(), "--source-server=" + source, "--no-sync"});
  return without_value(run_checked(rewind, shop.step_limit, "Rewinding " + data.filename().string()));
}

} // namespace tripool::cluster
