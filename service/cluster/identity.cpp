// Looks up users by the re-entrant calls, before any fork: they may allocate and read files, which a child must not do.
#include "service/cluster/identity.hpp"

#include "service/cluster/text.hpp"

#include <array>
#include <cerrno>
#include <grp.h>
#include <optional>
#include <pwd.h>
#include <unistd.h>

namespace tripool::cluster {

namespace {

std::optional<identity> find_user(const char* name) {
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 16384> buffer{};
  if (::getpwnam_r(name, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) return std::nullopt;
  identity user;
  user.name = name;
  user.uid = found->pw_uid;
  user.gid = found->pw_gid;
  user.is_switch = true;
  int count = 64;
  user.groups.resize(static_cast<std::size_t>(count));
  if (::getgrouplist(name, user.gid, user.groups.data(), &count) < 0) count = 0;
  user.groups.resize(static_cast<std::size_t>(count));
  return user;
}

} // namespace

result<identity> server_identity() {
  if (::geteuid() != 0) {
    identity user;
    user.name = "uid " + std::to_string(::geteuid());
    user.uid = ::geteuid();
    user.gid = ::getegid();
    return user;
  }
  for (const char* name : {"postgres", "nobody"}) {
    auto user = find_user(name);
    if (user && user->uid != 0) return std::move(*user);
  }
  return problem{
    "PostgreSQL does not run as root, and there is neither a user postgres nor a user nobody to run it as: "
    "create one, or start this program as an ordinary user.",
    {}};
}

result<void> give_to(const identity& user, const std::filesystem::path& file) {
  if (user.is_switch && ::chown(file.c_str(), user.uid, user.gid) != 0) {
    return problem{"Cannot give " + file.string() + " to user " + user.name + ": " + error_text(errno) + ".", {}};
  }
  return {};
}

} // namespace tripool::cluster
