// libpq's pipeline, used as directly as it can be.
#include "tests/benchmarks/raw/raw_connection.hpp"

#include <cstdio>
#include <cstdlib>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace tripool::raw {

raw_connection::raw_connection(const std::string& dsn, policy how, const plan& what)
  : connection_(PQconnectdb(dsn.c_str())), how_(how), plan_(what) {
  auto* c = connection_.get();
  if (PQstatus(c) != CONNECTION_OK) die("connect");
  const auto prepare = [&](const char* name, const char* text) {
    auto* r = PQprepare(c, name, text, 0, nullptr);
    if (PQresultStatus(r) != PGRES_COMMAND_OK) die("prepare");
    PQclear(r);
  };
  for (const auto& s : plan_.statements) prepare(s.name, s.text);
  prepare("begin", "begin");
  prepare("commit", "commit");
  if (PQsetnonblocking(c, 1) != 0) die("nonblocking");
  // A transaction of two statements without a pipeline would cost two trips: it has a pipeline in every policy.
  if (PQenterPipelineMode(c) != 1) die("pipeline mode");
}

void raw_connection::ask(caller& who) {
  if (how_ == policy::single && !expected_.empty()) {
    waiting_.push_back(&who);
    return;
  }
  send(who);
}

void raw_connection::send(caller& who) {
  draw(who, plan_);
  if (how_ == policy::framed) send_frame("begin", who);
  for (std::size_t i = 0; i < plan_.statements.size(); ++i) {
    const auto& s = plan_.statements[i];
    const char* one = "1";
    const char* const values[2] = {s.parameters == 2 ? one : who.text.data(), who.text.data()};
    if (PQsendQueryPrepared(connection_.get(), s.name, s.parameters, values, nullptr, nullptr, 1) != 1) die("send");
    const bool last = i + 1 == plan_.statements.size() && how_ != policy::framed;
    expected_.push_back({last ? part::last : part::middle, &who, i});
  }
  if (how_ == policy::framed) {
    send_frame("commit", who);
    expected_.back().what = part::last;
    expected_.back().index = plan_.statements.size();
  }
  if (how_ == policy::framed || how_ == policy::shared)
    sync_due_ = true;
  else
    sync();
}

void raw_connection::send_frame(const char* name, caller& who) {
  if (PQsendQueryPrepared(connection_.get(), name, 0, nullptr, nullptr, nullptr, 1) != 1) die("send");
  expected_.push_back({part::frame, &who, 0});
}

void raw_connection::sync() {
  if (how_ == policy::cork && syncs_ == 0) {
    const int on = 1;
    setsockopt(socket(), IPPROTO_TCP, TCP_CORK, &on, sizeof on);
  }
  if (PQpipelineSync(connection_.get()) != 1) die("sync");
  ++syncs_;
}

void raw_connection::flush() {
  if (sync_due_) sync();
  sync_due_ = false;
  const int left = PQflush(connection_.get());
  if (left < 0) die("flush");
  wants_to_write_ = left == 1;
  if (how_ != policy::cork) return;
  for (const int x : {0, 1}) setsockopt(socket(), IPPROTO_TCP, TCP_CORK, &x, sizeof x);
}

void raw_connection::consume() {
  if (PQconsumeInput(connection_.get()) != 1) die("read");
}

/// Returns the next caller whose answer is complete; null: nothing more has come.
caller* raw_connection::next_answered() {
  while (!expected_.empty() || syncs_ > 0) {
    if (PQisBusy(connection_.get()) == 1) return nullptr;
    auto* r = PQgetResult(connection_.get());
    if (r == nullptr) continue; // Between two statements.
    if (PQresultStatus(r) == PGRES_PIPELINE_SYNC) {
      PQclear(r);
      --syncs_;
      if (how_ == policy::single && expected_.empty() && !waiting_.empty()) {
        auto* next = waiting_.front();
        waiting_.pop_front();
        send(*next);
      }
      continue;
    }
    auto* who = take(r);
    PQclear(r);
    if (who != nullptr) return who;
  }
  return nullptr;
}

caller* raw_connection::take(PGresult* r) {
  const auto status = PQresultStatus(r);
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) die(PQresultErrorMessage(r));
  const auto x = expected_.front();
  expected_.pop_front();
  if (x.what == part::frame) return nullptr;
  if (x.index < plan_.statements.size())
    x.who->right = x.who->right && is_right(plan_, x.index, *x.who, r);
  else
    x.who->right = x.who->right && std::string_view{PQcmdStatus(r)} == "COMMIT";
  return x.what == part::last ? x.who : nullptr;
}

void raw_connection::die(const char* what) const {
  std::fprintf(stderr, "raw: %s: %s\n", what, PQerrorMessage(connection_.get()));
  std::exit(1);
}

} // namespace tripool::raw
