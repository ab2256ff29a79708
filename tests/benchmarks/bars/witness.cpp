// Watching sockets.
#include "tests/benchmarks/bars/witness.hpp"

#include <array>

#include <poll.h>

namespace tripool::bars {

witnesses::witnesses(const cluster::endpoint& to, std::size_t count, const cluster::endpoint& other) {
  for (std::size_t i = 0; i < count && problem_.empty(); ++i) all_.push_back(open(to, "select pg_sleep(20)"));
  if (problem_.empty()) other_ = open(other, nullptr);
  if (problem_.empty()) thread_ = std::thread{[this] { watch(); }};
}

witnesses::~witnesses() {
  join();
}

witnesses::moment witnesses::first_end() {
  join();
  return ended_;
}

witnesses::moment witnesses::answered() {
  join();
  return answered_;
}

witnesses::connection witnesses::open(const cluster::endpoint& to, const char* statement) {
  const auto port = std::to_string(to.port);
  const std::array<const char*, 6> names{"host", "port", "dbname", "user", "password", nullptr};
  const std::array<const char*, 6> values{to.host.c_str(), port.c_str(),        to.database.c_str(),
                                          to.user.c_str(), to.password.c_str(), nullptr};
  connection out{PQconnectdbParams(names.data(), values.data(), 0)};
  const bool well = PQstatus(out.get()) == CONNECTION_OK && (!statement || PQsendQuery(out.get(), statement) == 1);
  if (!well) problem_ = PQerrorMessage(out.get());
  return out;
}

void witnesses::watch() {
  std::vector<pollfd> sockets;
  for (const auto& x : all_) sockets.push_back({PQsocket(x.get()), POLLIN, 0});
  if (poll(sockets.data(), sockets.size(), 30'000) <= 0) return;
  ended_ = std::chrono::steady_clock::now();
  const std::unique_ptr<PGresult, void (*)(PGresult*)> x{PQexec(other_.get(), "select 1"), &PQclear};
  if (PQresultStatus(x.get()) == PGRES_TUPLES_OK) answered_ = std::chrono::steady_clock::now();
}

void witnesses::join() {
  if (thread_.joinable()) thread_.join();
}

} // namespace tripool::bars
