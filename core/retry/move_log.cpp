// The ring of moves.
#include "tripool/core/retry/move_log.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace tripool {

std::string to_string(const move_note& x) {
  std::string out = "request " + std::to_string(x.request);
  if (!x.name.empty()) out += " (" + x.name + ")";
  out += " went from " + (x.from.empty() ? std::string{"an actor that died"} : x.from);
  out += " to " + (x.to.empty() ? std::string{"wherever the routing sends it"} : x.to);
  out += " after " + std::to_string(x.attempts) + (x.attempts == 1 ? " attempt: " : " attempts: ");
  out.append(to_string(x.why));
  if (!x.sqlstate.empty()) out += " " + x.sqlstate;
  if (!x.message.empty()) out += ": " + x.message;
  return out.append("; no harm, by ").append(to_string(x.proved));
}

void move_log::add(move_note x) {
  x.serial = ++count_;
  notes_.push_back(std::move(x));
  if (notes_.size() > size_max_) notes_.pop_front();
}

std::vector<move_note> move_log::all() const {
  return {notes_.begin(), notes_.end()};
}

std::vector<move_note> move_log::of(std::uint64_t request) const {
  std::vector<move_note> out;
  std::ranges::copy_if(notes_, std::back_inserter(out), [&](const move_note& x) { return x.request == request; });
  return out;
}

std::uint64_t move_log::count() const {
  return count_;
}

} // namespace tripool
