#include "common/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace pai {

void check_failed(std::string_view condition, std::string_view message, const char* file, int line) {
  // <2> is systemd's prefix for "critical": journald files the line by it.
  std::fprintf(stderr, "<2>%s:%d: check failed: %.*s (%.*s)\n", file, line,
               static_cast<int>(message.size()), message.data(), static_cast<int>(condition.size()),
               condition.data());
  std::fflush(stderr);
  std::abort();
}

}  // namespace pai
