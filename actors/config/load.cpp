// Reading, assembling, and the lines of settings that CAF has read.
#include "tripool/actors/config/load.hpp"

#include "tripool/actors/config/prescan.hpp"
#include "tripool/actors/config/read_settings.hpp"
#include "tripool/actors/credentials/secret_pages.hpp"
#include "tripool/core/config/assemble.hpp"
#include "tripool/core/config/suggestion.hpp"
#include "tripool/core/postgres/conninfo.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

namespace tripool {

namespace {

constexpr std::size_t file_size_max = 4u << 20;

std::optional<std::string> given(std::string&& x) {
  if (x.empty()) return std::nullopt;
  return std::move(x);
}

connection_parts convert(postgres::conninfo&& from) {
  connection_parts to;
  to.host = given(std::move(from.host));
  to.address = given(std::move(from.hostaddr));
  to.port = from.port;
  to.dbname = given(std::move(from.dbname));
  to.user = given(std::move(from.user));
  to.application_name = given(std::move(from.application_name));
  for (auto& [key, value] : from.options) {
    if (key == "passfile")
      to.passfile = std::move(value);
    else
      to.options.emplace_back(std::move(key), std::move(value));
  }
  to.has_password = from.has_password;
  to.password = std::move(from.password);
  return to;
}

std::variant<connection_parts, std::string> read_connection(const std::string& text) {
  auto read = postgres::parse_conninfo(std::string{text});
  if (auto* wrong = std::get_if<postgres::conninfo_error>(&read)) return std::move(wrong->message);
  return convert(std::move(std::get<postgres::conninfo>(read)));
}

void warn_of_unreadable_files(const options& x, std::vector<std::string>& warnings) {
  for (const auto& pool : x.pools) {
    for (const auto& path : {pool.credentials.password_file, pool.credentials.passfile,
                             pool.credentials.secret_directory, pool.credentials.key_passphrase_file}) {
      if (path.empty() || std::ifstream{path}) continue;
      warnings.push_back("pool " + pool.name + ": " + path + " cannot be read now: " + std::strerror(errno));
    }
  }
}

load_result finish(setting_list& list, const std::string& folder) {
  protect_secrets();
  assembly_context context{read_connection, {}, folder};
  std::vector<std::string> warnings;
  auto defaults = postgres::default_conninfo();
  if (auto* wrong = std::get_if<postgres::conninfo_error>(&defaults))
    warnings.push_back("the client library's defaults are not used: " + wrong->message);
  else
    context.defaults = convert(std::move(std::get<postgres::conninfo>(defaults)));
  auto made = assemble(list, context);
  wipe_settings(list);
  if (!made.errors.empty()) return std::move(made.errors);
  loaded_config out{std::move(made.values), std::move(made.inline_passwords), std::move(made.warnings)};
  out.warnings.insert(out.warnings.end(), warnings.begin(), warnings.end());
  warn_of_unreadable_files(out.options, out.warnings);
  return out;
}

std::string folder_of(const std::string& file) {
  return std::filesystem::path{file}.parent_path().string();
}

config_error no_tripool(const read_text& from) {
  config_error out{from.list.origin, {}, {}, "there is no group tripool: settings stand below [tripool]"};
  constexpr std::array<std::string_view, 1> wanted{"tripool"};
  for (const auto& name : from.other_groups)
    if (!nearest_name(name, wanted).empty()) out.message += "; there is a group " + name;
  return out;
}

// The content of a file, or why there is none.
std::variant<std::string, config_error> read_file(const std::string& path) {
  const auto wrong = [&](std::string message) { return config_error{{path, 0, 0}, {}, {}, std::move(message)}; };
  std::error_code code;
  if (std::filesystem::is_directory(path, code)) return wrong("is a folder, not a file");
  std::ifstream in{path, std::ios::binary};
  if (!in) return wrong(std::string{"cannot be read: "} + std::strerror(errno));
  std::string text(file_size_max + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return wrong("cannot be read to its end");
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > file_size_max) return wrong("is larger than 4 MiB: this is no configuration file");
  return text;
}

const setting* find_setting(const setting_list& in, const std::vector<std::string>& path) {
  const auto at = std::find_if(in.settings.begin(), in.settings.end(), [&](auto& x) { return x.path == path; });
  return at == in.settings.end() ? nullptr : &*at;
}

// Gives settings the lines of the file that CAF read them from. Returns what CAF lost on the way.
std::vector<config_error> locate(setting_list& list, const setting_list& in_file) {
  std::vector<config_error> lost;
  for (auto& x : list.settings) {
    const auto* there = find_setting(in_file, x.path);
    // A value that differs came from elsewhere, for example from the command line.
    if (there != nullptr && to_string(there->value) == to_string(x.value)) x.origin = there->origin;
  }
  for (const auto& x : in_file.settings) {
    if (find_setting(list, x.path) != nullptr) continue;
    lost.push_back(
      {x.origin,
       full_key(x.path),
       {},
       "was lost when CAF read the file: of several sections [tripool.x.y] of one group it keeps the last; "
       "write one [tripool] with nested groups"});
  }
  // Pools keep the file's order; CAF sorts them by name.
  const auto place = [&](const setting_group& g) {
    const auto same = [&](const auto& x) { return x.path == g.path; };
    return std::find_if(in_file.groups.begin(), in_file.groups.end(), same) - in_file.groups.begin();
  };
  std::stable_sort(list.groups.begin(), list.groups.end(), [&](auto& a, auto& b) { return place(a) < place(b); });
  for (auto& g : list.groups)
    if (const auto at = place(g); at < std::ssize(in_file.groups))
      g.origin = in_file.groups[static_cast<std::size_t>(at)].origin;
  return lost;
}

} // namespace

load_result load_text(std::string&& text, const std::string& name) {
  normalise(text);
  auto read = read_settings(text, name);
  wipe(text);
  if (auto* errors = std::get_if<std::vector<config_error>>(&read)) return std::move(*errors);
  auto& found = std::get<read_text>(read);
  if (!found.has_tripool) return std::vector{no_tripool(found)};
  return finish(found.list, folder_of(name));
}

load_result load_file(const std::string& path) {
  auto read = read_file(path);
  if (auto* error = std::get_if<config_error>(&read)) return std::vector{std::move(*error)};
  return load_text(std::move(std::get<std::string>(read)), path);
}

load_result load(const caf::settings& from, const std::string& file) {
  auto taken = take_settings(from);
  if (auto* errors = std::get_if<std::vector<config_error>>(&taken)) return std::move(*errors);
  auto& list = std::get<setting_list>(taken);
  list.origin.file = file;
  auto content = file.empty() ? std::variant<std::string, config_error>{config_error{}} : read_file(file);
  if (auto* text = std::get_if<std::string>(&content)) {
    normalise(*text);
    auto read = read_settings(*text, file);
    wipe(*text);
    if (auto* found = std::get_if<read_text>(&read)) {
      auto lost = locate(list, found->list);
      wipe_settings(found->list);
      if (!lost.empty()) {
        wipe_settings(list);
        return lost;
      }
    }
  }
  return finish(list, folder_of(file));
}

} // namespace tripool
