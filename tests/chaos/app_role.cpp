// The role's SQL, and its file.
// Used through app_role.hpp only.
#include "tests/chaos/app_role.hpp"

#include "tests/chaos/stage.hpp"

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <system_error>

namespace tripool::chaos {

namespace {

std::string new_password() {
  static std::atomic<int> made{0};
  return "never-to-be-printed-" + std::to_string(++made);
}

} // namespace

app_role::app_role(cluster::private_cluster& servers, const std::string& database) : servers_(servers) {
  std::string pattern = (std::filesystem::temp_directory_path() / "tripool-chaos-XXXXXX").string();
  const char* made = mkdtemp(pattern.data());
  if (!made) throw stage_error{"There is no place for a password file."};
  folder_ = made;
  const std::string role{name};
  tell_all("do $$ begin if not exists (select from pg_roles where rolname = '" + role + "') then create role " + role
           + "; end if; end $$");
  limit_sessions(-1);
  change_password();
  write_password();
  must(servers_.sql(servers_.primary(), "grant all on ledger to " + role, database));
}

app_role::~app_role() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void app_role::tell_all(const std::string& sql) {
  must(servers_.sql(servers_.primary(), sql));
  for (std::size_t i = 0; i < servers_.size(); ++i)
    if (i != servers_.primary()) must(servers_.wait_until_caught_up(i));
}

void app_role::change_password() {
  passwords_.push_back(new_password());
  tell_all(std::string{"alter role "} + name + " login password '" + passwords_.back() + "'");
}

void app_role::write_password() const {
  std::ofstream{password_file()} << passwords_.back() << '\n';
}

void app_role::limit_sessions(int most) {
  tell_all(std::string{"alter role "} + name + " connection limit " + std::to_string(most));
}

void app_role::throw_out() {
  for (std::size_t i = 0; i < servers_.size(); ++i)
    must(servers_.sql(i, std::string{"select pg_terminate_backend(pid) from pg_stat_activity where usename = '"} + name
                           + "'"));
}

} // namespace tripool::chaos
