// Packing is shown against a plain loop over bits, for every width and around every size at which a kernel
// changes its step.

#include "client/ring/words.h"

#include <gtest/gtest.h>
#include <cmath>
#include <random>
#include <vector>

#include "client/ring/words_kernels.h"

namespace pai::client::ring {
namespace {

std::vector<Word> random_words(std::size_t count, unsigned seed) {
  std::mt19937_64 generator(seed);
  std::vector<Word> words(count);
  for (Word& word : words) word = generator();
  return words;
}

std::vector<std::uint8_t> packed_bit_by_bit(const std::vector<Word>& words, int bits) {
  std::vector<std::uint8_t> bytes(packed_bytes(words.size(), bits));
  std::size_t at = 0;
  for (const Word word : words) {
    for (int bit = 0; bit < bits; ++bit, ++at)
      bytes[at / 8] = static_cast<std::uint8_t>(bytes[at / 8] | (word >> bit & 1) << (at % 8));
  }
  return bytes;
}

TEST(WordsTest, PacksEveryWidthLowestBitFirst) {
  for (int bits = 1; bits <= 64; ++bits) {
    for (const std::size_t count : {0, 1, 2, 3, 7, 8, 9, 31, 63, 64, 65, 127, 131, 300}) {
      const auto words = random_words(count, static_cast<unsigned>(bits));
      std::vector<std::uint8_t> bytes(packed_bytes(count, bits));
      pack(words, bits, bytes);
      ASSERT_EQ(bytes, packed_bit_by_bit(words, bits)) << bits << " bits, " << count << " words";
    }
  }
}

TEST(WordsTest, UnpacksWhatWasPackedAndNoHigherBit) {
  for (int bits = 1; bits <= 64; ++bits) {
    for (const std::size_t count : {0, 1, 2, 3, 7, 8, 9, 31, 63, 64, 65, 127, 131, 300}) {
      auto words = random_words(count, static_cast<unsigned>(bits) + 100);
      const auto bytes = packed_bit_by_bit(words, bits);
      for (Word& word : words) word &= ~Word{0} >> (64 - bits);
      std::vector<Word> unpacked(count, 0x5555);
      unpack(bytes, bits, unpacked);
      ASSERT_EQ(unpacked, words) << bits << " bits, " << count << " words";
    }
  }
}

TEST(WordsTest, UnusedBitsOfTheLastByteAreNotPartOfAWord) {
  const std::vector<std::uint8_t> bytes{0xFF};
  std::vector<Word> words(1);
  unpack(bytes, 3, words);
  EXPECT_EQ(words[0], 7U);
}

TEST(WordsTest, ElementWiseFormsWrapModulo2To64) {
  for (const std::size_t count : {0, 1, 3, 4, 5, 8, 17, 64, 1001}) {
    const auto start = random_words(count, 1), a = random_words(count, 2), b = random_words(count, 3);
    auto sum = start, difference = start, scaled = start, products = start;
    add(sum, a);
    subtract(difference, a);
    add_scaled(scaled, 0xFEDCBA9876543210, a);
    add_products(products, a, b);
    for (std::size_t i = 0; i < count; ++i) {
      ASSERT_EQ(sum[i], start[i] + a[i]);
      ASSERT_EQ(difference[i], start[i] - a[i]);
      ASSERT_EQ(scaled[i], start[i] + 0xFEDCBA9876543210 * a[i]);
      ASSERT_EQ(products[i], start[i] + a[i] * b[i]);
    }
  }
}

TEST(WordsTest, EveryKernelGivesTheSame) {
  for (const WordsKernel& kernel : words_kernels()) {
    if (!kernel.available) continue;
    for (std::size_t count = 0; count < 40; ++count) {
      const auto start = random_words(count, 1), a = random_words(count, 2), b = random_words(count, 3);
      auto sum = start, difference = start, scaled = start, products = start;
      kernel.add(sum.data(), a.data(), count);
      kernel.subtract(difference.data(), a.data(), count);
      kernel.add_scaled(scaled.data(), 0xFEDCBA9876543210, a.data(), count);
      kernel.add_products(products.data(), a.data(), b.data(), count);
      for (std::size_t i = 0; i < count; ++i) {
        ASSERT_EQ(sum[i], start[i] + a[i]) << kernel.name;
        ASSERT_EQ(difference[i], start[i] - a[i]) << kernel.name;
        ASSERT_EQ(scaled[i], start[i] + 0xFEDCBA9876543210 * a[i]) << kernel.name;
        ASSERT_EQ(products[i], start[i] + a[i] * b[i]) << kernel.name;
      }
    }
  }
}

TEST(WordsTest, FixedPointRoundsToTheNearest) {
  EXPECT_EQ(encode(1.5, 16), Word{3} << 15);
  EXPECT_EQ(encode(-1, 20), ~Word{0} << 20);
  EXPECT_EQ(encode(0.7, 0), 1U);
  EXPECT_EQ(encode(-0.7, 0), ~Word{0});
  EXPECT_NEAR(decode(encode(-3.141592653589793, 40), 40), -3.141592653589793, 0x1p-41);
  EXPECT_DOUBLE_EQ(decode(~Word{0}, 2), -0.25);
}

TEST(WordsDeathTest, ANumberOutOfRangeAborts) {
  EXPECT_DEATH((void)encode(8, 60), "too large");
  EXPECT_DEATH((void)encode(std::nan(""), 0), "too large");
}

TEST(WordsDeathTest, SizesThatDifferAbort) {
  std::vector<Word> two(2), three(3);
  std::vector<std::uint8_t> bytes(2);
  EXPECT_DEATH(add(two, three), "sizes");
  EXPECT_DEATH(pack(two, 9, bytes), "size");
}

}  // namespace
}  // namespace pai::client::ring
