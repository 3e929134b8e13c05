#include "client/ring/words.h"

#include <bit>
#include <cmath>
#include <cstring>

#include "common/base/check.h"

namespace pai::client::ring {
namespace {

static_assert(std::endian::native == std::endian::little, "packed words are little-endian");

Word low_bits(int bits) {
  return ~Word{0} >> (64 - bits);
}

double power_of_two(int exponent) {
  return std::bit_cast<double>(static_cast<std::uint64_t>(1023 + exponent) << 52);
}

}  // namespace

void add(std::span<Word> sum, std::span<const Word> a) {
  PAI_CHECK(sum.size() == a.size(), "sizes differ");
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += a[i];
}

void subtract(std::span<Word> difference, std::span<const Word> a) {
  PAI_CHECK(difference.size() == a.size(), "sizes differ");
  for (std::size_t i = 0; i < difference.size(); ++i) difference[i] -= a[i];
}

void add_scaled(std::span<Word> sum, Word factor, std::span<const Word> a) {
  PAI_CHECK(sum.size() == a.size(), "sizes differ");
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += factor * a[i];
}

void add_products(std::span<Word> sum, std::span<const Word> a, std::span<const Word> b) {
  PAI_CHECK(sum.size() == a.size() && sum.size() == b.size(), "sizes differ");
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += a[i] * b[i];
}

void pack(std::span<const Word> words, int bits, std::span<std::uint8_t> bytes) {
  PAI_CHECK(bits >= 1 && bits <= 64, "a word has 1 to 64 bits");
  PAI_CHECK(bytes.size() == packed_bytes(words.size(), bits), "the packed words have another size");
  if (words.empty()) return;
  if (bits == 64) {
    std::memcpy(bytes.data(), words.data(), bytes.size());
    return;
  }
  std::uint8_t* to = bytes.data();
  Word pending = 0;  // the lowest `filled` bits are not written yet; 0 <= filled < 64
  int filled = 0;
  for (Word word : words) {
    word &= low_bits(bits);
    pending |= word << filled;
    if (filled + bits < 64) {
      filled += bits;
      continue;
    }
    std::memcpy(to, &pending, 8);
    to += 8;
    const int used = 64 - filled;
    pending = used == 64 ? 0 : word >> used;
    filled = bits - used;
  }
  std::memcpy(to, &pending, static_cast<std::size_t>(filled + 7) / 8);
}

void unpack(std::span<const std::uint8_t> bytes, int bits, std::span<Word> words) {
  PAI_CHECK(bits >= 1 && bits <= 64, "a word has 1 to 64 bits");
  PAI_CHECK(bytes.size() == packed_bytes(words.size(), bits), "the packed words have another size");
  if (words.empty()) return;
  if (bits == 64) {
    std::memcpy(words.data(), bytes.data(), bytes.size());
    return;
  }
  const std::uint8_t* from = bytes.data();
  std::size_t left = bytes.size();
  Word pending = 0;
  int filled = 0;
  for (Word& word : words) {
    if (filled >= bits) {
      word = pending & low_bits(bits);
      pending >>= bits;
      filled -= bits;
      continue;
    }
    Word next = 0;
    const std::size_t count = left < 8 ? left : 8;
    std::memcpy(&next, from, count);
    from += count;
    left -= count;
    word = (pending | next << filled) & low_bits(bits);
    const int used = bits - filled;
    pending = used == 64 ? 0 : next >> used;
    filled = static_cast<int>(count) * 8 - used;
  }
}

Word encode(double value, int scale) {
  const double scaled = value * power_of_two(scale);
  PAI_CHECK(std::fabs(scaled) < 0x1p63, "a number is too large for its fixed point");
  return static_cast<Word>(std::llrint(scaled));
}

double decode(Word word, int scale) {
  return static_cast<double>(static_cast<std::int64_t>(word)) * power_of_two(-scale);
}

}  // namespace pai::client::ring
