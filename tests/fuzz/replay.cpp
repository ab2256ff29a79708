// Runs a fuzzer without libFuzzer: on every file of the folders that are named, and on what a small, repeatable damage
// makes of it (each prefix, each byte replaced, two halves swapped). What crashes here crashes for a user.
// Linked with one fuzzer where the build has no libFuzzer; ctest runs it on the fuzzer's corpus.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

std::size_t runs = 0;

void run(const std::string& input) {
  // A copy of exactly this size, so that a sanitizer sees any byte read beyond it.
  const auto copy = std::make_unique<std::uint8_t[]>(input.size());
  std::copy(input.begin(), input.end(), copy.get());
  LLVMFuzzerTestOneInput(copy.get(), input.size());
  ++runs;
}

void run_damaged(const std::string& input) {
  constexpr std::size_t damaged_max = 2048;
  const auto size = std::min(input.size(), damaged_max);
  for (std::size_t i = 0; i < size; ++i) {
    run(input.substr(0, i));
    run(input.substr(i) + input.substr(0, i));
    for (const int x : {0x00, 0x01, 0x7F, 0x80, 0xFF}) {
      auto changed = input;
      changed[i] = static_cast<char>(x);
      run(changed);
    }
  }
}

} // namespace

int main(int count, char** arguments) {
  std::size_t files = 0;
  for (int i = 1; i < count; ++i) {
    for (const auto& entry : std::filesystem::directory_iterator{arguments[i]}) {
      std::ifstream file{entry.path(), std::ios::binary};
      const std::string input{std::istreambuf_iterator<char>{file}, {}};
      run(input);
      run_damaged(input);
      ++files;
    }
  }
  std::printf("%zu files, %zu inputs\n", files, runs);
  return files > 0 ? 0 : 1;
}
