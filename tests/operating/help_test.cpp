// What the executable says of itself is what the rest says of it: each command and option of `--help` stands in the man
// page and in the completions for bash, zsh and fish, none that is not there does, and each help has an example.
#include "tests/integration/pipe_fixture.hpp"

#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

using words = std::set<std::string>;

std::string output_of(std::vector<std::string> arguments) {
  child_program p{std::move(arguments)};
  p.close_input();
  CHECK(p.wait_for_end(20s) == 0);
  return p.output();
}

std::string file(const std::string& name) {
  std::ifstream in{TRIPOOL_SOURCE_DIR "/" + name};
  REQUIRE(in);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

/// All first groups of the matches.
words found(const std::string& text, const std::string& pattern) {
  const std::regex what{pattern, std::regex::multiline};
  words out;
  for (std::sregex_iterator i{text.begin(), text.end(), what}, end; i != end; ++i) out.insert((*i)[1].str());
  return out;
}

/// From behind `begin` to before `end`; nothing where `begin` does not stand.
std::string between(const std::string& text, const std::string& begin, const std::string& end) {
  const auto from = text.find(begin);
  if (from == std::string::npos) return {};
  const auto rest = text.substr(from + begin.size());
  return rest.substr(0, rest.find(end));
}

/// A command with its path, as "control hold".
struct command {
  std::vector<std::string> path;
  words options;
  words orders;
};

command ask(std::vector<std::string> path) {
  auto arguments = path;
  arguments.insert(arguments.begin(), TRIPOOL_EXECUTABLE);
  arguments.push_back("--help");
  const auto help = output_of(arguments);
  INFO(help);
  if (!path.empty()) {
    CHECK(help.find("Examples:\n  ") != std::string::npos);
    CHECK(help.find("Exit codes: 0 done") != std::string::npos);
  }
  command out{std::move(path), found(help, "^  (?:-[a-z],)?(--[a-z-]+)"), {}};
  out.options.erase("--help");
  const auto orders = help.find("\nSubcommands:\n");
  if (orders != std::string::npos) out.orders = found(help.substr(orders), "^  ([a-z-]+)  ");
  return out;
}

std::string joined(const std::vector<std::string>& x) {
  std::string out;
  for (const auto& w : x) out += (out.empty() ? "" : " ") + w;
  return out;
}

/// What bash offers behind these words.
words bash_offers(const std::vector<std::string>& behind) {
  const auto n = std::to_string(behind.size() + 1);
  return found(
    output_of({"/bin/bash", "-c",
               ". " TRIPOOL_SOURCE_DIR "/config/completion.bash; COMP_WORDS=(" TRIPOOL_EXECUTABLE " " + joined(behind)
                 + " ''); COMP_CWORD=" + n + R"(; _tripool; printf '%s\n' "${COMPREPLY[@]}")"}),
    "^(\\S+)$");
}

words zsh_options(const std::string& text, const command& c) {
  auto part = text;
  if (c.path.size() == 2) part = between(text, "_tripool_" + c.path[0] + "() {", "\n}\n");
  const std::string indent(c.path.size() == 2 ? 8 : 4, ' ');
  if (c.path.size() == 1) part = between(text, "\n_tripool() {", "\n}\n");
  part = between(part, "\n" + indent + c.path.back() + ")\n", ";;");
  return found(part, "'\\*?(--[a-z-]+)\\[");
}

words with_dashes(const words& names) {
  words out;
  for (const auto& x : names) out.insert("--" + x);
  return out;
}

words fish_options(const std::string& text, const command& c) {
  const auto start = c.path.size() == 2 ? "__tripool_order " + joined(c.path) : "__tripool " + c.path[0];
  auto out = with_dashes(found(text, "^" + start + " (?:-s [a-z] )?-l ([a-z-]+)"));
  out.erase("--help");
  return out;
}

words without(words x, const words& y) {
  for (const auto& w : y) x.erase(w);
  return x;
}

} // namespace

TEST_CASE("man page and completions know each command and option of the help, and no other", "[help]") {
  const auto bash = file("config/completion.bash");
  const auto zsh = file("config/completion.zsh");
  const auto fish = file("config/completion.fish");
  const auto man = std::regex_replace(file("docs/tripool.1.in"), std::regex{R"(\\-)"}, "-");
  const auto top = ask({});
  REQUIRE(top.orders.size() >= 12);
  CHECK(without(bash_offers({}), {"--help", "--version"}) == top.orders);
  CHECK(found(between(zsh, "_tripool_commands() {", "\n}\n"), "^    '([a-z-]+):") == top.orders);
  CHECK(found(fish, "^__tripool_command ([a-z-]+) '") == top.orders);
  CHECK(found(man, "^\\.SS ([a-z-]+)") == top.orders);
  for (const auto& name : top.orders) {
    const auto c = ask({name});
    INFO(name);
    const auto section = between(man, "\n.SS " + name, "\n.S");
    if (c.orders.empty()) {
      if (name != "check-config") CHECK(without(bash_offers({name}), {"--help"}) == c.options);
      CHECK(zsh_options(zsh, c) == c.options);
      CHECK(fish_options(fish, c) == c.options);
      CHECK(found(section, "^\\.B (?:-[a-z]\\\\fR, \\\\fB)?(--[a-z-]+)") == c.options);
      continue;
    }
    CHECK(without(bash_offers({name}), {"--help"}) == c.orders);
    CHECK(found(between(zsh, "_tripool_" + name + "() {", "\n  )\n"), "^    '([a-z-]+):") == c.orders);
    CHECK(found(between(fish, "__tripool_orders " + name + " \\\n", "\n__"), "^    ([a-z-]+) '") == c.orders);
    CHECK(found(section, "^\\.B ([a-z][a-z-]*)") == c.orders);
    for (const auto& order : c.orders) {
      const auto o = ask({name, order});
      INFO(order);
      if (order != "log-level") CHECK(without(bash_offers(o.path), {"--help"}) == o.options);
      CHECK(zsh_options(zsh, o) == o.options);
      CHECK(fish_options(fish, o) == o.options);
      for (const auto& x : o.options) CHECK(section.find(x) != std::string::npos);
    }
  }
}
