// The program `rag`: retrieval over the PostgreSQL manual, as a client of Tripool. Reads command line and file, and
// runs one command. Knows no SQL.
#include "rag/program.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>

namespace {

constexpr auto usage = R"(Usage: rag [--config-file=FILE] [--rag.KEY=VALUE ...] COMMAND

  ingest        bring the manual into the store; again: only what has changed
  ask QUESTION  show the five best passages
  measure       ask all questions of the question file by text, by vector and fused: recall@5 and mean reciprocal rank
  audit         compare the store with the manual
  run           ingest, and ask all the time meanwhile; then audit

The file is CAF's: groups `rag` and `tripool`. Without --config-file it is rag.conf. All keys: rag --help
Exit codes: 0 done, 1 failed, 2 wrong usage or configuration.
)";

int run(rag::program& all, const std::string& command, const std::string& rest) {
  if (command == "ingest") return all.ingest();
  if (command == "ask") return all.ask(rest);
  if (command == "measure") return all.measure();
  if (command == "audit") return all.audit();
  return all.run();
}

} // namespace

int main(int argc, char** argv) {
  rag::settings cfg;
  if (const auto e = cfg.parse(argc, argv, "rag.conf")) {
    std::fprintf(stderr, "rag: %s\n", cfg.render(e).c_str());
    return 2;
  }
  if (cfg.cli_helptext_printed) return 0;
  const auto command = cfg.remainder.empty() ? std::string{} : cfg.remainder.front();
  std::string rest;
  for (std::size_t i = 1; i < cfg.remainder.size(); ++i) rest += (i > 1 ? " " : "") + cfg.remainder[i];
  constexpr std::array<std::string_view, 5> commands{"ask", "audit", "ingest", "measure", "run"};
  if (std::find(commands.begin(), commands.end(), command) == commands.end() || (command == "ask") == rest.empty()) {
    std::fputs(usage, stderr);
    return 2;
  }
  try {
    rag::program all{cfg};
    try {
      return run(all, command, rest);
    } catch (const std::exception& e) {
      std::fprintf(stderr, "rag: %s\n", e.what());
      return 1;
    }
  } catch (const std::exception& e) {
    std::fprintf(stderr, "rag: %s\n", e.what());
    return 2;
  }
}
