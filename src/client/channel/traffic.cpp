#include "client/channel/traffic.h"

#include <algorithm>
#include <tuple>

#include <google/protobuf/descriptor.h>

namespace pai::client {

void TrafficCounter::add(int peer, v1::Frame::BodyCase body, std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  auto& sum = sums_[{peer, static_cast<int>(body)}];
  sum.messages += 1;
  sum.bytes += bytes;
}

std::vector<Traffic> TrafficCounter::totals() const {
  std::vector<Traffic> totals;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, sum] : sums_) {
      const auto* field = v1::Frame::descriptor()->FindFieldByNumber(key.second);
      totals.push_back({key.first, field->message_type()->name(), sum.messages, sum.bytes});
    }
  }
  std::sort(totals.begin(), totals.end(), [](const Traffic& a, const Traffic& b) {
    return std::tie(a.peer, a.message_type) < std::tie(b.peer, b.message_type);
  });
  return totals;
}

}  // namespace pai::client
