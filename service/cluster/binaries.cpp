// Looks in the places in which Debian, other distributions and a build from source leave the server's programs.
#include "service/cluster/binaries.hpp"

#include "service/cluster/process.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace tripool::cluster {

namespace {

constexpr std::array needed{"postgres", "initdb", "pg_ctl", "pg_rewind", "psql"};
constexpr int version_min = 13; // pg_rewind recovers a crashed target itself since 13.

/// Returns the first needed program that the folder lacks, or null.
const char* missing_in(const std::filesystem::path& folder) {
  for (const char* program : needed) {
    if (::access((folder / program).c_str(), X_OK) != 0) return program;
  }
  return nullptr;
}

/// Returns Debian's folders, the newest version first.
std::vector<std::filesystem::path> debian_folders() {
  std::vector<std::pair<int, std::filesystem::path>> versions;
  std::error_code error;
  for (std::filesystem::directory_iterator entry{"/usr/lib/postgresql", error}, end; !error && entry != end;
       entry.increment(error)) {
    const auto name = entry->path().filename().string();
    int version = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), version);
    if (parsed.ec == std::errc{} && version >= version_min) versions.emplace_back(version, entry->path() / "bin");
  }
  std::sort(versions.rbegin(), versions.rend());
  std::vector<std::filesystem::path> folders;
  folders.reserve(versions.size());
  for (auto& [version, folder] : versions) folders.push_back(std::move(folder));
  return folders;
}

std::vector<std::filesystem::path> path_folders() {
  const char* path = std::getenv("PATH");
  std::string_view rest = path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin";
  std::vector<std::filesystem::path> folders;
  while (!rest.empty()) {
    const auto colon = rest.find(':');
    if (colon != 0) folders.emplace_back(rest.substr(0, colon));
    rest = colon == std::string_view::npos ? std::string_view{} : rest.substr(colon + 1);
  }
  return folders;
}

/// Asks every pg_config in PATH for its folder.
std::vector<std::filesystem::path> configured_folders(const std::vector<std::filesystem::path>& path) {
  std::vector<std::filesystem::path> folders;
  for (const auto& folder : path) {
    const auto program = folder / "pg_config";
    if (::access(program.c_str(), X_OK) != 0) continue;
    const command ask{{program.string(), "--bindir"}, {"PATH=/usr/bin:/bin"}, "/", nullptr};
    auto answer = run_checked(ask, std::chrono::seconds{5}, "Asking pg_config");
    if (!answer) continue;
    while (!answer->empty() && answer->back() == '\n') answer->pop_back();
    if (!answer->empty()) folders.emplace_back(*answer);
  }
  return folders;
}

} // namespace

result<binaries> find_binaries(const std::filesystem::path& wanted) {
  if (!wanted.empty()) {
    if (const char* program = missing_in(wanted)) {
      return problem{"There is no program " + std::string{program} + " in " + wanted.string() + ".", {}};
    }
    return binaries{wanted};
  }
  auto folders = debian_folders();
  const auto path = path_folders();
  const auto configured = configured_folders(path);
  folders.insert(folders.end(), configured.begin(), configured.end());
  folders.insert(folders.end(), path.begin(), path.end());
  std::string closest;
  for (const auto& folder : folders) {
    const char* program = missing_in(folder);
    if (program == nullptr) return binaries{folder};
    if (closest.empty() && ::access((folder / "postgres").c_str(), X_OK) == 0) {
      closest = " (" + folder.string() + " has postgres but lacks " + program + ")";
    }
  }
  return problem{
    "No PostgreSQL server of version " + std::to_string(version_min) + " or later is installed" + closest
      + ": install it with `apt-get install postgresql`. Looked below /usr/lib/postgresql, where pg_config "
        "points, and in PATH.",
    {}};
}

} // namespace tripool::cluster
