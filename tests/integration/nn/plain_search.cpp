#include "integration/nn/plain_search.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

namespace pai::client::nn::test {

void PlainSearch::add(const std::string& what, std::uint64_t first, std::uint64_t last) {
  if (last < first) {  // around zero
    add(what, first, ~std::uint64_t{0});
    first = 0;
  }
  longest_ = std::max(longest_, last - first);
  ranges_.emplace(first, Range{last, what});
}

void PlainSearch::forbid(const std::string& what, double number, int scale, double tolerance) {
  const auto word = [&](double value) {
    return static_cast<std::uint64_t>(std::llround(std::ldexp(value, scale)));
  };
  add(what, word(number - tolerance), word(number + tolerance));
}

void PlainSearch::forbid_double(const std::string& what, double number) {
  const auto word = std::bit_cast<std::uint64_t>(number);
  add(what, word - 4, word + 4);
}

std::string PlainSearch::find(const std::string& bytes) const {
  for (const auto& text : texts_) {
    if (bytes.find(text) != std::string::npos) return "the text " + text;
  }
  for (std::size_t at = 0; at + 8 <= bytes.size(); ++at) {
    std::uint64_t window = 0;
    std::memcpy(&window, bytes.data() + at, sizeof window);
    // Ranges that begin at most the longest one's length before the window.
    for (auto range = ranges_.lower_bound(window < longest_ ? 0 : window - longest_);
         range != ranges_.end() && range->first <= window; ++range) {
      if (range->second.last >= window) return range->second.what + " at byte " + std::to_string(at);
    }
  }
  return {};
}

}  // namespace pai::client::nn::test
