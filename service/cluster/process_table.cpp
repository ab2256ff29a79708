// A postmaster (and a child that it has just forked) has the argument "cluster_name=NAME"; every other process of the
// server has replaced its command line by "postgres: NAME: what it does".
#include "service/cluster/process_table.hpp"

#include "service/cluster/text.hpp"

#include <charconv>
#include <filesystem>
#include <string>
#include <system_error>

namespace tripool::cluster {

namespace {

bool names(std::string_view text, std::string_view before, std::string_view name, bool prefix, char after) {
  if (!text.starts_with(before)) return false;
  text.remove_prefix(before.size());
  if (!text.starts_with(name)) return false;
  text.remove_prefix(name.size());
  return prefix || text.empty() || text.front() == after;
}

bool belongs(std::string_view command_line, std::string_view name, bool prefix) {
  if (names(command_line, "postgres: ", name, prefix, ':')) return true;
  while (!command_line.empty()) {
    const auto end = command_line.find('\0');
    if (names(command_line.substr(0, end), "cluster_name=", name, prefix, '\0')) return true;
    if (end == std::string_view::npos) break;
    command_line.remove_prefix(end + 1);
  }
  return false;
}

} // namespace

std::vector<pid_t> processes_of(std::string_view name, bool prefix) {
  std::vector<pid_t> found;
  std::error_code error;
  for (std::filesystem::directory_iterator entry{"/proc", error}, end; !error && entry != end; entry.increment(error)) {
    const std::string text = entry->path().filename().string();
    pid_t process = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), process);
    if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) continue;
    if (belongs(read_file(entry->path() / "cmdline"), name, prefix)) found.push_back(process);
  }
  return found;
}

bool stands_still(pid_t process) {
  const std::string text = read_file("/proc/" + std::to_string(process) + "/stat");
  const auto name_end = text.rfind(')'); // "pid (name) state ..."; the name may hold anything.
  if (name_end == std::string::npos || name_end + 2 >= text.size()) return true;
  const char state = text[name_end + 2];
  return state == 'T' || state == 't' || state == 'Z' || state == 'X';
}

} // namespace tripool::cluster
