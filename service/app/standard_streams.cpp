// Descriptors are filled from the lowest: open() returns the lowest free one.
#include "service/app/standard_streams.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

namespace tripool::service {

void fill_standard_descriptors() noexcept {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
    if (open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY) < 0) return;
  }
}

int finish_output(int code) {
  errno = 0;
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  complain_of_stream("standard output cannot be written", errno);
  return 1;
}

void complain_of_stream(const std::string& what, int error) {
  if (error == 0)
    std::fprintf(stderr, "tripool: %s\n", what.c_str());
  else
    std::fprintf(stderr, "tripool: %s: %s\n", what.c_str(), std::strerror(error));
}

} // namespace tripool::service
