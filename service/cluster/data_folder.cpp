// Runs initdb, cp and pg_rewind as the servers' user. They leave the flushing to disk out: what they make is worth
// nothing after a crash of the machine.
#include "service/cluster/data_folder.hpp"

#include "service/cluster/text.hpp"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace tripool::cluster {

namespace {

result<void> without_value(const result<std::string>& x) {
  if (!x) return x.error();
  return {};
}

} // namespace

result<void> create_data(const workshop& shop, const std::filesystem::path& data) {
  const auto make = shop.tool("initdb", {"-D", data.string(), "-U", superuser, "-A", "scram-sha-256",
                                         "--pwfile=" + shop.password_file().string(), "--data-checksums", "--no-sync",
                                         "--locale=C.UTF-8", "--encoding=UTF8", "--no-instructions"});
  return without_value(run_checked(make, shop.step_limit, "Making the data folder " + data.string()));
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
