// One thread, one socket. An answer is the question's own bytes with another header and, perhaps, one address.
// Used through name_server.hpp only.
#include "tests/chaos/name_server.hpp"

#include "tests/chaos/stage.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <poll.h>
#include <string_view>
#include <sys/socket.h>

namespace tripool::chaos {

namespace {

constexpr std::size_t header = 12;
constexpr auto slowness = 3s;
constexpr int look_every_ms = 50;

/// The end of the only question in a query: behind its name, type and class.
std::optional<std::size_t> end_of_question(const std::string& x) {
  auto at = header;
  while (at < x.size() && x[at] != '\0') at += static_cast<unsigned char>(x[at]) + 1u;
  at += 5;
  return at <= x.size() ? std::optional{at} : std::nullopt;
}

bool knows(const std::string& question) {
  return question.find(std::string_view{"\5chaos\4test", 11}) != std::string::npos;
}

std::string with_header(const std::string& question, std::size_t end, char code, char answers) {
  auto out = question.substr(0, end);
  out[2] = static_cast<char>(0x84 | (question[2] & 0x01)); // An answer with authority; recursion as desired.
  out[3] = static_cast<char>(0x80 | code);
  out[7] = answers;
  for (const std::size_t i : {6, 8, 9, 10, 11}) out[i] = '\0';
  return out;
}

} // namespace

std::optional<std::string> answer_to(const std::string& question, naming how) {
  if (question.size() < header || how == naming::silent) return std::nullopt;
  const auto end = end_of_question(question);
  if (!end || question[4] != '\0' || question[5] != '\1') return std::nullopt;
  if (how == naming::garbage) return question.substr(0, 2) + std::string(40, '\xff');
  if (how == naming::failing) return with_header(question, *end, 2, 0);
  if (how == naming::unknown || !knows(question)) return with_header(question, *end, 3, 0);
  const bool wants_ipv4 = question[*end - 4] == '\0' && question[*end - 3] == '\1';
  auto out = with_header(question, *end, 0, wants_ipv4 ? 1 : 0);
  // The name of the question, type A, class IN, no time to live, four bytes.
  if (wants_ipv4)
    out += std::string{"\xc0\x0c\0\1\0\1\0\0\0\0\0\4\x7f\0\0", 15} + (how == naming::wrong ? '\x4d' : '\1');
  return out;
}

name_server::name_server() : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(53);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0)
    throw stage_error{"There is no port 53 for a name server."};
  thread_ = std::thread{[this] { run(); }};
}

name_server::~name_server() {
  ending_ = true;
  thread_.join();
}

void name_server::take_in() {
  std::array<char, 512> buffer{};
  sockaddr_in from{};
  socklen_t size = sizeof from;
  const auto n = ::recvfrom(socket_.get(), buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
  if (n <= 0) return;
  ++asked_;
  const naming how = how_;
  auto bytes = answer_to({buffer.data(), static_cast<std::size_t>(n)}, how);
  if (!bytes) return;
  late_.push_back({std::move(*bytes), from, clock::now() + (how == naming::slow ? slowness : 0s)});
  std::ranges::stable_sort(late_, {}, &answer::due);
}

void name_server::send_due() {
  while (!late_.empty() && late_.front().due <= clock::now()) {
    const auto& x = late_.front();
    ::sendto(socket_.get(), x.bytes.data(), x.bytes.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&x.to),
             sizeof x.to);
    late_.pop_front();
  }
}

void name_server::run() {
  while (!ending_) {
    pollfd x{socket_.get(), POLLIN, 0};
    if (::poll(&x, 1, look_every_ms) > 0) take_in();
    send_due();
  }
}

} // namespace tripool::chaos
