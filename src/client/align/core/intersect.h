#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace pai::client::align {

/// Tags of one party in one partition: the wire's bytes and, from `unpack_tags`, their leading 64 bits.
struct PartyTags {
  std::span<const std::uint8_t> bytes;
  std::span<const std::uint64_t> high;
};

/// Finds the tags of one partition that all parties have, by merging their sorted lists two at a time without
/// data-dependent branches. Works in memory proportional to one partition.
class Intersector {
 public:
  /// Number of common tags. Afterwards `places(party)[k]` is where the k-th common tag, in tag order, stands
  /// in that party's list.
  std::uint32_t run(std::span<const PartyTags> parties);
  std::span<const std::uint32_t> places(std::size_t party) const { return {places_[party].data(), common_}; }

 private:
  void merge_first(const PartyTags& a, const PartyTags& b);
  void merge_next(const PartyTags& first, const PartyTags& next, std::size_t party);

  std::vector<std::vector<std::uint32_t>> places_;
  std::vector<std::uint32_t> kept_;  ///< which candidates the last merge kept
  std::uint32_t common_ = 0;
};

/// Sets bit `place` for each of the places; `bits` is zeroed and has room for all.
void set_bits(std::span<const std::uint32_t> places, std::uint8_t* bits);

}  // namespace pai::client::align
