#include "common/base/time.h"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>

namespace pai {

std::string utc_text(double unix_seconds) {
  const auto whole = static_cast<std::time_t>(std::floor(unix_seconds));
  const int milliseconds = static_cast<int>((unix_seconds - std::floor(unix_seconds)) * 1000);
  std::tm utc{};
  if (gmtime_r(&whole, &utc) == nullptr) return {};
  char text[64];
  const auto length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
  char fraction[16];
  std::snprintf(fraction, sizeof fraction, ".%03dZ", milliseconds);
  return std::string(text, length) + fraction;
}

std::string utc_now() {
  return utc_text(std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count());
}

}  // namespace pai
