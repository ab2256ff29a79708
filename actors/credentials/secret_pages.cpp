// Each secret has its own pages: there are few, and they do not live long.
#include "tripool/actors/credentials/secret_pages.hpp"

#include "tripool/core/ports/secret_memory.hpp"

#include <cstddef>

#include <sys/mman.h>
#include <unistd.h>

namespace tripool {

namespace {

class secret_pages final : public secret_memory {
public:
  char* take(std::size_t size) noexcept override {
    const auto length = whole_pages(size);
    void* at = mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) return nullptr;
    // Each is done as far as the kernel does it: a secret is needed in any case.
    (void)madvise(at, length, MADV_DONTDUMP);
    (void)madvise(at, length, MADV_WIPEONFORK);
    (void)mlock(at, length);
    return static_cast<char*>(at);
  }
  void give_back(char* at, std::size_t size) noexcept override { munmap(at, whole_pages(size)); }

private:
  static std::size_t whole_pages(std::size_t size) noexcept {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    return (size + page - 1) / page * page;
  }
};

} // namespace

void protect_secrets() {
  static secret_pages* const pages = [] {
    auto* made = new secret_pages; // Never deleted: secrets of static storage may outlive everything else.
    keep_secrets_in(*made);
    return made;
  }();
  (void)pages;
}

} // namespace tripool
