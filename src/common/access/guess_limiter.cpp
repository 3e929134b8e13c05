#include "common/access/guess_limiter.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

namespace pai::access {

double GuessLimiter::wait(std::string_view address, double now) const {
  const auto found = by_address_.find(std::string(address));
  if (found == by_address_.end()) return 0;
  return std::max(0.0, found->second->until - now);
}

void GuessLimiter::wrong(std::string_view address, double now) {
  const auto [at, fresh] = by_address_.try_emplace(std::string(address));
  if (fresh) {
    entries_.push_front({.address = std::string(address)});
    at->second = entries_.begin();
  } else {
    entries_.splice(entries_.begin(), entries_, at->second);
  }
  Entry& entry = entries_.front();
  if (!fresh && now - entry.last > options_.forgiven_after_s) entry.wrong = 0;
  entry.last = now;
  ++entry.wrong;
  if (const int beyond = entry.wrong - options_.free_guesses; beyond >= 0) {
    constexpr int kDoublingsMax = 30;
    entry.until = now + std::min(options_.longest_wait_s, std::ldexp(options_.first_wait_s, std::min(beyond, kDoublingsMax)));
  }
  if (entries_.size() <= options_.addresses_max) return;
  by_address_.erase(entries_.back().address);
  entries_.pop_back();
}

std::string guesser_of(std::string_view remote) {
  const auto colon = remote.rfind(':');
  std::string host(remote.substr(0, colon));
  if (!host.starts_with('[')) return host;
  host = host.substr(1, host.size() - (host.ends_with(']') ? 2 : 1));
  host = host.substr(0, host.find('%'));
  std::array<std::uint8_t, 16> address{};
  if (::inet_pton(AF_INET6, host.c_str(), address.data()) != 1) return host;
  constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (!std::equal(kMapped.begin(), kMapped.end(), address.begin())) std::fill(address.begin() + 8, address.end(), 0);
  std::array<char, INET6_ADDRSTRLEN> text{};
  return ::inet_ntop(AF_INET6, address.data(), text.data(), text.size()) == nullptr ? host : std::string(text.data());
}

}  // namespace pai::access
