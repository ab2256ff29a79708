// Checking names and trace contexts, and the comment.
#include "tripool/core/statement/labels.hpp"

#include "tripool/core/outcome/refusal.hpp"
#include "tripool/core/util/utf8.hpp"

#include <algorithm>
#include <utility>

namespace tripool {

namespace {

bool is_hex(std::string_view x) noexcept {
  return std::all_of(x.begin(), x.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_zero(std::string_view x) noexcept {
  return x.find_first_not_of('0') == std::string_view::npos;
}

} // namespace

bool is_traceparent(std::string_view x) noexcept {
  constexpr std::size_t length = 55; // 2 + 1 + 32 + 1 + 16 + 1 + 2
  constexpr std::size_t length_max = 256;
  if (x.size() < length || x.size() > length_max) return false;
  const auto version = x.substr(0, 2), trace = x.substr(3, 32), parent = x.substr(36, 16), flags = x.substr(53, 2);
  if (x[2] != '-' || x[35] != '-' || x[52] != '-') return false;
  if (!is_hex(version) || !is_hex(trace) || !is_hex(parent) || !is_hex(flags)) return false;
  if (version == "ff" || is_zero(trace) || is_zero(parent)) return false;
  const auto more = x.substr(length);
  if (more.empty()) return true;
  return version != "00" && more.front() == '-' && is_hex(more.substr(1));
}

std::optional<failure> check_labels(std::string_view name, std::string_view traceparent) {
  if (name.size() > name_bytes_max) {
    return refuse("22023",
                  "the statement's name has " + std::to_string(name.size()) + " bytes, more than "
                    + std::to_string(name_bytes_max),
                  "Give it a short name, for example what it is for.");
  }
  if (find_text_fault(name))
    return refuse("22021", "the statement's name is not valid UTF-8", "Names are for people: write them in UTF-8.");
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20u || c == 0x7f; };
  if (std::any_of(name.begin(), name.end(), is_control))
    return refuse("22023", "the statement's name holds a control character", "A name is one line of text.");
  if (!traceparent.empty() && !is_traceparent(traceparent)) {
    return refuse("22023", "the trace context is not a W3C traceparent",
                  "It looks like 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01, in lower case.");
  }
  return std::nullopt;
}

std::string with_trace_comment(std::string_view traceparent, std::string_view text) {
  std::string out;
  out.reserve(text.size() + traceparent.size() + 20);
  return out.append("/*traceparent='").append(traceparent).append("'*/ ").append(text);
}

} // namespace tripool
