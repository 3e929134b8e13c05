#include "client/align/core/intersect.h"

#include <algorithm>

#include "client/align/core/tags.h"

namespace pai::client::align {
namespace {

std::uint32_t low_of(const PartyTags& tags, std::size_t place) {
  return load_low(tags.bytes.data() + place * kTagBytes);
}

}  // namespace

std::uint32_t Intersector::run(std::span<const PartyTags> parties) {
  places_.resize(parties.size());
  common_ = 0;
  if (parties.size() < 2) return 0;
  // One slot beyond the end: a merge writes its candidate before it knows whether that counts.
  const std::size_t room = std::min(parties[0].high.size(), parties[1].high.size()) + 1;
  for (auto& places : places_) {
    if (places.size() < room) places.resize(room);
  }
  if (kept_.size() < room) kept_.resize(room);
  merge_first(parties[0], parties[1]);
  for (std::size_t party = 2; party < parties.size() && common_ > 0; ++party)
    merge_next(parties[0], parties[party], party);
  return common_;
}

void Intersector::merge_first(const PartyTags& a, const PartyTags& b) {
  const std::size_t a_size = a.high.size(), b_size = b.high.size();
  const std::uint64_t* a_high = a.high.data();
  const std::uint64_t* b_high = b.high.data();
  std::uint32_t* a_places = places_[0].data();
  std::uint32_t* b_places = places_[1].data();
  std::size_t i = 0, j = 0, common = 0;
  while (i < a_size && j < b_size) {
    const std::uint64_t x = a_high[i], y = b_high[j];
    const std::uint32_t x_low = low_of(a, i), y_low = low_of(b, j);
    a_places[common] = static_cast<std::uint32_t>(i);
    b_places[common] = static_cast<std::uint32_t>(j);
    // Equal leading 64 bits with different rests: the tag with the lower rest is passed over.
    const bool a_passes = (x < y) | ((x == y) & (x_low <= y_low));
    const bool b_passes = (y < x) | ((x == y) & (y_low <= x_low));
    common += a_passes & b_passes;
    i += a_passes;
    j += b_passes;
  }
  common_ = static_cast<std::uint32_t>(common);
}

void Intersector::merge_next(const PartyTags& first, const PartyTags& next, std::size_t party) {
  const std::size_t size = common_, next_size = next.high.size();
  const std::uint64_t* first_high = first.high.data();
  const std::uint64_t* next_high = next.high.data();
  std::uint32_t* first_places = places_[0].data();
  std::uint32_t* next_places = places_[party].data();
  std::uint32_t* kept = kept_.data();
  std::size_t i = 0, j = 0, common = 0;
  while (i < size && j < next_size) {
    const std::uint32_t place = first_places[i];
    const std::uint64_t x = first_high[place], y = next_high[j];
    const std::uint32_t x_low = low_of(first, place), y_low = low_of(next, j);
    kept[common] = static_cast<std::uint32_t>(i);
    next_places[common] = static_cast<std::uint32_t>(j);
    const bool first_passes = (x < y) | ((x == y) & (x_low <= y_low));
    const bool next_passes = (y < x) | ((x == y) & (y_low <= x_low));
    common += first_passes & next_passes;
    i += first_passes;
    j += next_passes;
  }
  if (common < size) {
    for (std::size_t earlier = 0; earlier < party; ++earlier) {
      std::uint32_t* places = places_[earlier].data();
      for (std::size_t k = 0; k < common; ++k) places[k] = places[kept[k]];
    }
  }
  common_ = static_cast<std::uint32_t>(common);
}

void set_bits(std::span<const std::uint32_t> places, std::uint8_t* bits) {
  for (const auto place : places)
    bits[place / 8] = static_cast<std::uint8_t>(bits[place / 8] | 1U << place % 8);
}

}  // namespace pai::client::align
