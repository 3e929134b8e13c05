#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace pai::client::align {

/// Tags are split by their leading bits into partitions, which are sent, joined and answered one after the
/// other.
inline constexpr unsigned kPartitionBits = 10;
inline constexpr std::uint32_t kPartitions = 1U << kPartitionBits;

/// Bytes of a tag on the wire: 96 bits keep the chance of any collision among 2^28 rows under 2^-40.
inline constexpr std::size_t kTagBytes = 12;

/// A tag and the row that it belongs to. `high` and `low` are the tag's bytes as big-endian numbers, so that
/// their order is the order of the bytes.
struct TagRow {
  std::uint64_t high = 0;
  std::uint32_t low = 0;
  std::uint32_t row = 0;

  std::uint32_t partition() const { return static_cast<std::uint32_t>(high >> (64 - kPartitionBits)); }
  bool same_tag(const TagRow& other) const { return high == other.high && low == other.low; }
  bool tag_below(const TagRow& other) const {
    return high != other.high ? high < other.high : low < other.low;
  }
};
static_assert(sizeof(TagRow) == 16);

inline std::uint64_t from_big_endian(std::uint64_t word) {
  return std::endian::native == std::endian::little ? __builtin_bswap64(word) : word;
}
inline std::uint32_t from_big_endian(std::uint32_t word) {
  return std::endian::native == std::endian::little ? __builtin_bswap32(word) : word;
}

inline std::uint64_t load_high(const std::uint8_t* tag) {
  std::uint64_t word;
  std::memcpy(&word, tag, 8);
  return from_big_endian(word);
}
inline std::uint32_t load_low(const std::uint8_t* tag) {
  std::uint32_t word;
  std::memcpy(&word, tag + 8, 4);
  return from_big_endian(word);
}
/// The tag made of a MAC's leading bytes.
inline TagRow tag_row(const std::uint8_t* mac, std::uint32_t row) {
  return {load_high(mac), load_low(mac), row};
}

inline void store_tag(const TagRow& tag, char* out) {
  const std::uint64_t high = from_big_endian(tag.high);
  const std::uint32_t low = from_big_endian(tag.low);
  std::memcpy(out, &high, 8);
  std::memcpy(out + 8, &low, 4);
}

}  // namespace pai::client::align
