// Makes the state directory. Its name must leave room for a socket's: an address of a unix socket has at most 107
// bytes.
#include "service/cluster/workshop.hpp"

#include "service/cluster/text.hpp"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <optional>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <system_error>
#include <unistd.h>

namespace tripool::cluster {

namespace {

constexpr std::size_t folder_bytes_max = 80;         // + "/socket/.s.PGSQL.65535" = 102.
constexpr unsigned long long room_min = 2ULL << 30U; // A runtime folder is often a small file system in memory.

/// Returns where a new state directory goes.
std::filesystem::path parent_folder(const identity& user) {
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  if (runtime == nullptr || runtime[0] != '/' || user.is_switch) return "/tmp"; // Another user could not enter it.
  struct statvfs disk {};
  const bool has_room = ::access(runtime, W_OK | X_OK) == 0 && ::statvfs(runtime, &disk) == 0
                        && static_cast<unsigned long long>(disk.f_bavail) * disk.f_frsize >= room_min;
  const bool is_short = std::string_view{runtime}.size() + 24 <= folder_bytes_max;
  return has_room && is_short ? runtime : "/tmp";
}

result<void> make_folder(const identity& user, const std::filesystem::path& folder) {
  if (::mkdir(folder.c_str(), 0700) != 0) {
    return problem{"Cannot make the folder " + folder.string() + ": " + error_text(errno) + ".", {}};
  }
  return give_to(user, folder);
}

result<void> write_secret(const identity& user, const std::filesystem::path& file, const std::string& text) {
  const descriptor fd{::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
  if (!fd || ::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return problem{"Cannot write " + file.string() + ": " + error_text(errno) + ".", {}};
  }
  return give_to(user, file);
}

/// Makes the state directory and sets `folder` and `at_end`.
result<void> make_state_directory(workshop& shop, const std::filesystem::path& wanted, bool keep) {
  std::error_code error;
  shop.folder = wanted.empty() ? parent_folder(shop.user) / shop.tag : std::filesystem::absolute(wanted, error);
  if (shop.folder.filename().empty()) shop.folder = shop.folder.parent_path(); // It ended in a slash.
  const std::string name = shop.folder.string();
  if (name.size() > folder_bytes_max) {
    return problem{"The name of the state directory is too long for the sockets in it: " + name + " has "
                     + std::to_string(name.size()) + " bytes, the limit is " + std::to_string(folder_bytes_max)
                     + ". Choose a shorter one.",
                   {}};
  }
  const bool exists = std::filesystem::exists(shop.folder, error);
  shop.at_end = keep ? leftover::keep : exists ? leftover::empty : leftover::remove;
  if (!exists) return make_folder(shop.user, shop.folder);
  if (!std::filesystem::is_directory(shop.folder, error) || !std::filesystem::is_empty(shop.folder, error) || error) {
    return problem{
      "The state directory " + name + " is not an empty folder. Nothing in it was touched: choose another.", {}};
  }
  return give_to(shop.user, shop.folder);
}

result<void> furnish(const workshop& shop) {
  if (auto done = make_folder(shop.user, shop.socket_folder()); !done) return done;
  if (auto done = write_secret(shop.user, shop.password_file(), shop.password + "\n"); !done) return done;
  return write_secret(shop.user, shop.pass_file(), std::string{"*:*:*:"} + superuser + ":" + shop.password + "\n");
}

} // namespace

command workshop::tool(const char* program, std::vector<std::string> arguments) const {
  command what;
  what.arguments = std::move(arguments);
  what.arguments.insert(what.arguments.begin(), program[0] == '/' ? program : (programs / program).string());
  what.environment = {"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C.UTF-8", "PGPASSFILE=" + pass_file().string(),
                      "PGCONNECT_TIMEOUT=10", "HOME=" + folder.string()};
  what.folder = folder;
  what.user = &user;
  return what;
}

result<workshop> open_workshop(const std::filesystem::path& programs, const std::filesystem::path& wanted, bool keep,
                               std::chrono::milliseconds step_limit) {
  workshop shop;
  shop.step_limit = step_limit;
  auto found = find_binaries(programs);
  if (!found) return found.error();
  shop.programs = *found;
  auto user = server_identity();
  if (!user) return user.error();
  shop.user = *user;
  shop.tag = "tripool-" + random_hex(4);
  shop.password = random_hex(16);
  if (auto made = make_state_directory(shop, wanted, keep); !made) return made.error();
  if (auto done = furnish(shop); !done) {
    std::error_code error;
    if (shop.at_end == leftover::remove) std::filesystem::remove_all(shop.folder, error);
    return done.error();
  }
  return shop;
}

} // namespace tripool::cluster
