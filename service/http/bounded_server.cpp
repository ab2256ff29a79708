// The library between a whole request and a whole answer.
#include "service/http/bounded_server.hpp"

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/socket.h>

namespace tripool::service {

namespace {

/// Connections that the kernel holds for who accepts: the library's five are gone in a moment.
constexpr int backlog = 256;

/// Accepting only hands the connection on, so it needs no thread of its own.
class handing_on final : public httplib::TaskQueue {
public:
  explicit handing_on(std::unique_ptr<connections>& to) : to_(to) {}
  void enqueue(std::function<void()> job) override { job(); }
  void shutdown() override { to_.reset(); }

private:
  std::unique_ptr<connections>& to_;
};

class whole_request final : public httplib::Stream {
public:
  explicit whole_request(std::string x) : request_(std::move(x)), rest_(request_) {}

  std::string answer;

  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  ssize_t read(char* to, size_t size) override {
    const auto n = std::min(size, rest_.size());
    std::copy_n(rest_.data(), n, to);
    rest_.remove_prefix(n);
    return static_cast<ssize_t>(n);
  }
  ssize_t write(const char* from, size_t size) override {
    answer.append(from, size);
    return static_cast<ssize_t>(size);
  }
  // Nothing here asks who it was; and the library's limit on the number of a socket is one of select(2).
  void get_remote_ip_and_port(std::string&, int& port) const override { port = 0; }
  void get_local_ip_and_port(std::string&, int& port) const override { port = 0; }
  socket_t socket() const override { return INVALID_SOCKET; }

private:
  std::string request_;
  std::string_view rest_;
};

/// The body is there already, or will never be; and parts are not given: a header could ask for thousands of copies.
void as_a_whole(httplib::Request& x) {
  x.headers.erase("Expect");
  x.ranges.clear();
}

} // namespace

bounded_server::bounded_server(const connection_bounds& bounds) {
  new_task_queue = [this, bounds] {
    (void)::listen(svr_sock_, backlog);
    connections_ = std::make_unique<connections>(bounds, [this](std::string x) { return answer(std::move(x)); });
    return new handing_on{connections_};
  };
}

bool bounded_server::process_and_close_socket(socket_t sock) {
  (void)::fcntl(sock, F_SETFD, FD_CLOEXEC);
  connections_->take(sock);
  return true;
}

std::string bounded_server::answer(std::string request) {
  whole_request stream{std::move(request)};
  bool closed = false;
  try {
    process_request(stream, true, closed, as_a_whole);
  } catch (...) {
    return {}; // Without a word: saying it is what failed.
  }
  return std::move(stream.answer);
}

} // namespace tripool::service
