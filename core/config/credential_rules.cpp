// The rules.
#include "tripool/core/config/credential_rules.hpp"

#include "tripool/core/credentials/command_words.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

namespace tripool {

namespace {

// What an operator set up on purpose comes before what is merely there.
constexpr std::array<std::string_view, 8> known_sources{"application", "password-file", "secret-directory", "systemd",
                                                        "command",     "configuration", "environment",      "passfile"};

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto begin = text.find_first_not_of(" ,\t");
    if (begin == std::string_view::npos) break;
    text.remove_prefix(begin);
    const auto end = text.find_first_of(" ,\t");
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end);
  }
  return out;
}

std::string all_sources() {
  std::string out;
  for (const auto x : known_sources) out.append(out.empty() ? "" : ", ").append(x);
  return out;
}

/// A source that is asked for must be configured: a typing error would leave a pool without a password.
std::string_view needed_key(const credential_options& x, std::string_view source) {
  if (source == "password-file" && x.password_file.empty()) return "password-file";
  if (source == "secret-directory" && x.secret_directory.empty()) return "secret-directory";
  if (source == "systemd" && x.systemd_credential.empty()) return "systemd-credential";
  if (source == "command" && x.command.empty()) return "credential-command";
  return {};
}

bool say_the_same(const credential_options& x, const credential_options& y) {
  return x.sources == y.sources && x.password_file == y.password_file && x.passfile == y.passfile
         && x.password_variable == y.password_variable && x.secret_directory == y.secret_directory
         && x.secret_name == y.secret_name && x.systemd_credential == y.systemd_credential && x.command == y.command
         && x.command_shell == y.command_shell && x.key_passphrase_file == y.key_passphrase_file
         && x.inline_password == y.inline_password;
}

} // namespace

std::vector<std::string> credential_order(const credential_options& x) {
  auto out = split(x.sources);
  if (out.empty()) out.assign(known_sources.begin(), known_sources.end());
  return out;
}

std::vector<credential_complaint> check_credentials(const pool_options& pool) {
  const auto& x = pool.credentials;
  std::vector<credential_complaint> out;
  const auto add = [&](std::string key, std::string value, std::string message) {
    out.push_back({std::move(key), std::move(value), std::move(message)});
  };
  auto seen = split(x.sources);
  for (const auto& word : seen) {
    if (std::find(known_sources.begin(), known_sources.end(), word) == known_sources.end())
      add("credential-sources", '"' + word + '"', "there is no such source; sources are " + all_sources());
    else if (const auto key = needed_key(x, word); !key.empty())
      add("credential-sources", '"' + word + '"', "is asked for, but " + std::string{key} + " is not set");
  }
  std::sort(seen.begin(), seen.end());
  if (const auto twice = std::adjacent_find(seen.begin(), seen.end()); twice != seen.end())
    add("credential-sources", '"' + *twice + '"', "stands there twice");
  if (!x.command.empty() && !x.command_shell)
    if (const auto words = split_words(x.command); !words) add("credential-command", "", words.error());
  const auto& file = x.secret_name;
  if (file.empty() || file.find('/') != std::string::npos || file.starts_with('.'))
    add("secret-name", '"' + file + '"', "must be the name of a file in secret-directory, without a \"/\"");
  if (x.systemd_credential.find('/') != std::string::npos)
    add("systemd-credential", '"' + x.systemd_credential + '"', "must be a name, without a \"/\"");
  return out;
}

std::vector<std::pair<std::string, credential_complaint>>
check_shared_credentials(const std::vector<pool_options>& pools) {
  std::vector<std::pair<std::string, credential_complaint>> out;
  std::map<std::string, const pool_options*> first;
  for (const auto& p : pools) {
    if (p.credentials.name.empty()) continue;
    const auto [i, fresh] = first.emplace(p.credentials.name, &p);
    if (fresh || say_the_same(i->second->credentials, p.credentials)) continue;
    out.push_back({p.name,
                   {"credential", '"' + p.credentials.name + '"',
                    "is shared with pool " + i->second->name
                      + ", which says otherwise where its password is: put those keys into pool-defaults"}});
  }
  return out;
}

} // namespace tripool
