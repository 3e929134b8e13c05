#include "ctl/pki/times.h"

#include <ctime>

#include "common/base/time.h"

namespace pai::ctl::pki {

std::int64_t unix_seconds(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return 0;
  return timegm(&parts);
}

std::string day_text(std::int64_t unix_seconds) {
  return utc_text(static_cast<double>(unix_seconds)).substr(0, 10);
}

std::int64_t days_left(std::int64_t not_after, std::int64_t now) {
  constexpr std::int64_t kDay = 86'400;
  const std::int64_t seconds = not_after - now;
  return seconds >= 0 ? seconds / kDay : -((-seconds + kDay - 1) / kDay);
}

}  // namespace pai::ctl::pki
