// The replaced operators: malloc and free with a count in front. The other forms end in these.
#include "tests/performance/allocation_count.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::uint64_t> calls{0};
std::atomic<std::uint64_t> bytes_asked{0};

void* count(std::size_t size, void* got) {
  calls.fetch_add(1, std::memory_order_relaxed);
  bytes_asked.fetch_add(size, std::memory_order_relaxed);
  if (!got) throw std::bad_alloc{};
  return got;
}

} // namespace

void* operator new(std::size_t size) {
  return count(size, std::malloc(size == 0 ? 1 : size));
}

void* operator new(std::size_t size, std::align_val_t alignment) {
  const auto to = static_cast<std::size_t>(alignment);
  return count(size, std::aligned_alloc(to, (size + to - 1) / to * to));
}

void operator delete(void* x) noexcept {
  std::free(x);
}

void operator delete(void* x, std::size_t) noexcept {
  std::free(x);
}

void operator delete(void* x, std::align_val_t) noexcept {
  std::free(x);
}

void operator delete(void* x, std::size_t, std::align_val_t) noexcept {
  std::free(x);
}

namespace tripool::performance {

allocation_count allocations() noexcept {
  return {calls.load(std::memory_order_relaxed), bytes_asked.load(std::memory_order_relaxed)};
}

} // namespace tripool::performance
