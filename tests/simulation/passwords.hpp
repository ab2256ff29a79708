// Changes of the password in a history: servers want another one, sooner or later the vault has it, and in between one
// of them is ahead; and the promise that is judged: once it is there, requests are served, and old sessions go.
// Knows the servers and the vault. Used by the simulation.
#pragma once

#include "tests/simulation/stage.hpp"

#include <array>
#include <string>

namespace tripool::test {

/// The passwords.
class passwords {
public:
  explicit passwords(stage& s) : s_(s) {}

  /// One changes, the vault is sealed or opened, or Tripool is told to look.
  void strike();
  /// Time has passed: what lags behind the newest password follows.
  void pass();
  /// All have the newest one.
  void heal();
  /// All servers want another one and end all sessions. It is not in the vault yet.
  void change_everywhere();
  /// The vault has what servers want.
  void put_into_vault();
  /// No session is left that was opened with an old one, where Tripool looks into the vault by itself.
  void look_at_rest();

private:
  void give_to(std::size_t server, bool terminate);
  void refresh();

  stage& s_;
  std::uint64_t changes_ = 0;
  std::string newest_ = "s0";
};

} // namespace tripool::test
