// How much memory this process uses, as the kernel counts it. Knows nothing of what uses it. Used by tests that hold a
// bound on memory; sanitizers keep freed memory for long, so that the figures mean nothing under them.
#pragma once

#include <chrono>
#include <cstddef>
#include <fstream>
#include <string>

namespace tripool::test {

// GCC says so by a macro, clang by a feature.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool memory_can_be_measured = false;
#elif defined(__has_feature)
#  if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool memory_can_be_measured = false;
#  else
inline constexpr bool memory_can_be_measured = true;
#  endif
#else
inline constexpr bool memory_can_be_measured = true;
#endif

/// A field of /proc/self/status in bytes: "VmRSS", what is resident; "VmHWM", the peak since the last `reset_peak`.
inline std::size_t resident_bytes(const char* field) {
  std::ifstream status{"/proc/self/status"};
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(field)) return std::stoul(line.substr(line.find(':') + 1)) * 1024;
  return 0;
}

inline void reset_peak() {
  std::ofstream{"/proc/self/clear_refs"} << "5";
}

/// How late an answer may be for the test's own sake: scheduling, and a sanitizer that makes everything slow.
inline constexpr std::chrono::milliseconds lateness_max{memory_can_be_measured ? 500 : 5000};

} // namespace tripool::test
