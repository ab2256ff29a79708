// The bounded cache of prepared statements.
#include "tripool/core/pipeline/statement_cache.hpp"

#include "tripool/core/util/text_hash.hpp"

#include <algorithm>
#include <utility>

namespace tripool {

bool statement_cache::key::operator==(const key& other) const noexcept {
  return text == other.text && std::equal(types.begin(), types.end(), other.types.begin(), other.types.end());
}

std::size_t statement_cache::key_hash::operator()(const key& x) const noexcept {
  std::size_t out = hash_text(x.text);
  for (const auto type : x.types) out = out * 31 + type;
  return out;
}

statement_plan statement_cache::plan(const std::string& text, types_view types) {
  if (capacity_ == 0) return {};
  if (auto i = by_key_.find({text, types}); i != by_key_.end()) {
    auto& e = *i->second;
    entries_.splice(entries_.begin(), entries_, i->second);
    if (!e.name.empty()) {
      ++hits_;
      return {statement_plan::action::run_prepared, &e.name};
    }
    ++misses_;
    e.name = "tp_" + std::to_string(++next_name_);
    ++prepared_;
    return {statement_plan::action::prepare, &e.name};
  }
  ++misses_;
  entries_.push_front(entry{text, {types.begin(), types.end()}, {}});
  by_key_.emplace(key{entries_.front().text, entries_.front().types}, entries_.begin());
  shrink();
  return {};
}

const std::string* statement_cache::find(const std::string& text, types_view types) const {
  auto i = by_key_.find({text, types});
  if (i == by_key_.end() || i->second->name.empty()) return nullptr;
  return &i->second->name;
}

bool statement_cache::has_name(const std::string& name) const {
  if (name.empty()) return false;
  return std::any_of(entries_.begin(), entries_.end(), [&](const entry& e) { return e.name == name; });
}

void statement_cache::drop(const std::string& text) {
  for (auto& e : entries_) {
    if (e.name.empty() || e.text != text) continue;
    --prepared_;
    evicted_.push_back(std::exchange(e.name, {})); // It stays as "seen", so that the next use prepares it anew.
  }
}

void statement_cache::drop_name(const std::string& name) {
  for (auto& e : entries_) {
    if (e.name.empty() || e.name != name) continue;
    e.name.clear();
    --prepared_;
    return;
  }
}

std::optional<std::string> statement_cache::take_evicted() {
  if (evicted_.empty()) return std::nullopt;
  auto out = std::move(evicted_.front());
  evicted_.pop_front();
  return out;
}

void statement_cache::clear() {
  by_key_.clear();
  entries_.clear();
  evicted_.clear();
  prepared_ = 0;
}

void statement_cache::shrink() {
  while (entries_.size() > capacity_) {
    auto& oldest = entries_.back();
    if (!oldest.name.empty()) {
      --prepared_;
      evicted_.push_back(std::move(oldest.name));
    }
    by_key_.erase({oldest.text, oldest.types});
    entries_.pop_back();
  }
}

} // namespace tripool
