// The guardian is a shell that runs the script below: after exec it shares nothing with us, no memory, no descriptors
// and no terminal. It needs only programs that are on every Debian system.
#include "service/cluster/guardian.hpp"

#include "service/cluster/process.hpp"
#include "service/cluster/text.hpp"

#include <cerrno>
#include <csignal>
#include <sys/socket.h>
#include <sys/wait.h>

namespace tripool::cluster {

namespace {

constexpr const char* script = R"sh(
tag=$1 folder=$2 leftover=$3
trap '' HUP INT QUIT TERM PIPE
read -r nothing            # Returns when the other end is closed.
servers() {                # Process titles and arguments: see process_table.cpp.
  grep -lszE "^(postgres: |cluster_name=)$tag-" /proc/[0-9]*/cmdline 2>/dev/null | cut -d/ -f3
}
tries=0
while pids=$(servers) && [ -n "$pids" ] && [ $tries -lt 500 ]; do
  kill -KILL $pids 2>/dev/null
  tries=$((tries + 1))
  sleep 0.01
done
initdb_runs() {
  grep -lsz '/initdb$' /proc/[0-9]*/cmdline | xargs -r grep -lszF "$folder/" | grep -q .
}
tries=0
while initdb_runs && [ $tries -lt 1000 ]; do    # Let it end: killed, it would leave shared memory behind.
  tries=$((tries + 1))
  sleep 0.01
done
for file in "$folder"/node*/postmaster.pid; do    # Only a killed server leaves this file, and its memory segment.
  [ -f "$file" ] || continue
  segment=$(sed -n '7s/.* //p' "$file")
  [ -n "$segment" ] && ipcrm -m "$segment" 2>/dev/null
done
tries=0
while [ $tries -lt 50 ]; do    # Again while a dying program still writes.
  case $leftover in
    remove) rm -rf -- "$folder" 2>/dev/null && exit 0 ;;
    empty) rm -rf -- "$folder"/* 2>/dev/null && exit 0 ;;
    *) exit 0 ;;
  esac
  tries=$((tries + 1))
  sleep 0.1
done
exit 1
)sh";

const char* word(leftover what) {
  switch (what) {
    case leftover::remove: return "remove";
    case leftover::empty: return "empty";
    case leftover::keep: break;
  }
  return "keep";
}

} // namespace

result<guardian> guardian::start(const std::string& tag, const std::filesystem::path& folder, leftover what) {
  int ends[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return problem{"Cannot make a socket pair: " + error_text(errno) + ".", {}};
  }
  guardian made;
  made.line_.reset(ends[0]);
  const descriptor its_end{ends[1]};
  const command shell{{"/bin/sh", "-c", script, "tripool-guardian", tag, folder.string(), word(what)},
                      {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"},
                      "/",
                      nullptr,
                      when_orphaned::live};
  const auto process = spawn(shell, {its_end.get(), -1, -1});
  if (!process) return process.error();
  made.process_ = *process;
  return made;
}

guardian::guardian(guardian&& x) noexcept : line_(std::move(x.line_)), process_(std::exchange(x.process_, 0)) {}

guardian& guardian::operator=(guardian&& x) noexcept {
  if (this != &x) {
    finish();
    line_ = std::move(x.line_);
    process_ = std::exchange(x.process_, 0);
  }
  return *this;
}

guardian::~guardian() {
  finish();
}

void guardian::finish() noexcept {
  line_.reset();
  if (process_ == 0) return;
  if (!wait_for_end(process_, std::chrono::seconds{20})) {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  process_ = 0;
}

} // namespace tripool::cluster
