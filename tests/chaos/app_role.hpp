// The role of an application in a stage's database: no superuser, with a password that stands in a file.
// Knows no scenario. Used by the stage, and by scenarios of being let in.
#pragma once

#include "service/cluster/private_cluster.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace tripool::chaos {

/// The role. Its file ends with it; the role itself stays with its cluster, as it was made.
class app_role {
public:
  static constexpr const char* name = "chaos_app";

  /// Makes the role, or makes it as new, and lets it use the ledger. Throws `stage_error`.
  app_role(cluster::private_cluster& servers, const std::string& database);
  ~app_role();
  app_role(const app_role&) = delete;
  app_role& operator=(const app_role&) = delete;

  std::string password_file() const { return (folder_ / "password").string(); }
  /// Gives the role another password, on all members; the file has the old one until `write_password`.
  void change_password();
  void write_password() const;
  /// Every password that it has had.
  const std::vector<std::string>& passwords() const noexcept { return passwords_; }
  void limit_sessions(int most);
  /// Ends the role's sessions on all members.
  void throw_out();

private:
  void tell_all(const std::string& sql);

  cluster::private_cluster& servers_;
  std::filesystem::path folder_;
  std::vector<std::string> passwords_;
};

} // namespace tripool::chaos
