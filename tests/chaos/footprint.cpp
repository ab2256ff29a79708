// Reading /proc, and medians.
// Used through footprint.hpp only.
#include "tests/chaos/footprint.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <malloc.h>
#include <unistd.h>

namespace tripool::chaos {

namespace {

template <class Get>
double median(std::vector<footprint>::const_iterator from, std::vector<footprint>::const_iterator to, Get get) {
  std::vector<double> all;
  std::transform(from, to, std::back_inserter(all), [&](const footprint& x) { return static_cast<double>(get(x)); });
  std::sort(all.begin(), all.end());
  return all.empty() ? 0 : all[all.size() / 2];
}

} // namespace

footprint look_at_process() {
  ::malloc_trim(0);
  footprint out;
  std::ifstream file{"/proc/self/statm"};
  double all = 0;
  double resident = 0;
  file >> all >> resident;
  out.megabytes = resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1024 * 1024);
  const auto heap = ::mallinfo2();
  out.in_use = static_cast<double>(heap.uordblks + heap.hblkhd) / (1024 * 1024);
  std::error_code ignored;
  for (std::filesystem::directory_iterator i{"/proc/self/fd", ignored}, end; i != end; ++i) ++out.descriptors;
  return out;
}

growth growth_of(const std::vector<footprint>& rounds) {
  growth out;
  if (rounds.size() < growth::warm_up_rounds + 2) return out;
  out.judged = true;
  const auto begin = rounds.begin() + growth::warm_up_rounds;
  const auto third = std::max<std::ptrdiff_t>(1, (rounds.end() - begin) / 3);
  const auto grown = [&](auto get) {
    return median(rounds.end() - third, rounds.end(), get) - median(begin, begin + third, get);
  };
  out.megabytes = grown([](const footprint& x) { return x.megabytes; });
  out.part = out.megabytes / std::max(1.0, median(begin, begin + third, [](const auto& x) { return x.megabytes; }));
  out.descriptors =
    grown([](const footprint& x) { return static_cast<double>(x.descriptors) - static_cast<double>(x.connected); });
  return out;
}

} // namespace tripool::chaos
