#include "common/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace pai {

void check_failed(std::string_view condition, std::string_view message, std::source_location where) {
  // <2> is systemd's prefix for "critical": journald files the line by it.
  std::fprintf(stderr, "<2>%s:%u: check failed: %.*s (%.*s)\n", where.file_name(), where.line(),
               static_cast<int>(message.size()), message.data(), static_cast<int>(condition.size()),
               condition.data());
  std::fflush(stderr);
  std::abort();
}

}  // namespace pai
