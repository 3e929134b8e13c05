// Every kernel against the vectors of RFC 9496, and the eight-lane kernel byte for byte against libsodium: on
// random elements and exponents, on exponents whose digits take every value, and on encodings at the edges of
// the field.

#include "client/ristretto/kernel.h"

#include <gtest/gtest.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/text.h"
#include "unit/client/ristretto/rfc9496_vectors.h"

namespace pai::client::ristretto {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Exponent = std::array<std::uint8_t, 32>;

Bytes hex(std::string_view text) {
  return from_hex(text).value();
}

void append(Bytes& to, const Bytes& from) {
  to.insert(to.end(), from.begin(), from.end());
}

Bytes element(const Bytes& all, std::size_t index) {
  return Bytes(all.begin() + 32 * index, all.begin() + 32 * (index + 1));
}

Exponent small_exponent(std::uint8_t value) {
  return {value};
}

/// −value modulo the group order.
Exponent negative(const Exponent& value) {
  Exponent result;
  crypto_core_ristretto255_scalar_negate(result.data(), value.data());
  return result;
}

/// Bytes that look random and are the same in each run.
Bytes noise(std::size_t size, std::uint8_t seed) {
  const std::array<std::uint8_t, randombytes_SEEDBYTES> key = {seed};
  Bytes result(size);
  randombytes_buf_deterministic(result.data(), result.size(), key.data());
  return result;
}

Exponent reduced(const Bytes& wide) {
  Exponent result;
  crypto_core_ristretto255_scalar_reduce(result.data(), wide.data());
  return result;
}

class KernelTest : public ::testing::TestWithParam<std::string_view> {
 protected:
  void SetUp() override {
    ASSERT_GE(sodium_init(), 0);
    kernel_ = GetParam() == "sodium" ? &sodium_kernel() : ifma_kernel();
    if (kernel_ == nullptr) GTEST_SKIP() << "this processor has no AVX-512 IFMA";
  }

  Bytes multiply(const Exponent& exponent, const Bytes& points) const {
    Bytes out(points.size());
    EXPECT_EQ(kernel_->multiply(exponent.data(), points.data(), points.size() / 32, out.data()),
              points.size() / 32);
    return out;
  }

  Bytes map_and_multiply(const Exponent& exponent, const Bytes& uniform) const {
    Bytes out(uniform.size() / 2);
    kernel_->map_and_multiply(exponent.data(), uniform.data(), uniform.size() / 64, out.data());
    return out;
  }

  const Kernel* kernel_ = nullptr;
};

TEST_P(KernelTest, MultipliesTheGeneratorAsTheRfcDoes) {
  Bytes generators;
  for (int i = 0; i < 11; ++i) append(generators, hex(kMultiples[0]));
  for (std::size_t k = 1; k <= std::size(kMultiples); ++k) {
    const Bytes out = multiply(small_exponent(static_cast<std::uint8_t>(k)), generators);
    for (int i = 0; i < 11; ++i) EXPECT_EQ(to_hex(element(out, i)), kMultiples[k - 1]) << k;
  }
}

TEST_P(KernelTest, RefusesTheRfcsBadEncodingsInEveryLane) {
  const Bytes good = hex(kMultiples[4]);
  const Exponent exponent = reduced(noise(64, 1));
  std::vector<std::string_view> bad(std::begin(kBadEncodings), std::end(kBadEncodings));
  bad.push_back("0000000000000000000000000000000000000000000000000000000000000000");  // the identity
  bad.push_back(
      "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2df6");  // the generator, and bit 255
  for (std::size_t b = 0; b < bad.size(); ++b) {
    const std::size_t at = b % 17;
    Bytes points;
    for (std::size_t i = 0; i < 17; ++i) append(points, i == at ? hex(bad[b]) : good);
    Bytes out(points.size(), 0xaa);
    EXPECT_EQ(kernel_->multiply(exponent.data(), points.data(), 17, out.data()), at) << bad[b];
    const Bytes expected = multiply(exponent, good);
    for (std::size_t i = 0; i < at; ++i) EXPECT_EQ(element(out, i), expected);
  }
}

TEST_P(KernelTest, MapsAsTheRfcDoes) {
  Bytes uniform;
  for (const Derivation& each : kDerivations) append(uniform, hex(each.uniform));
  const Bytes out = map_and_multiply(small_exponent(1), uniform);
  for (std::size_t i = 0; i < std::size(kDerivations); ++i) {
    EXPECT_EQ(to_hex(element(out, i)), kDerivations[i].element) << i;
  }
}

TEST_P(KernelTest, AMapToTheIdentitySpoilsNoNeighbour) {
  for (std::string_view half : kMapsToIdentity) {
    const Bytes both = [&] {
      Bytes b = hex(half);
      append(b, hex(half));
      return b;
    }();
    std::array<std::uint8_t, 32> mapped;
    ASSERT_EQ(crypto_core_ristretto255_from_hash(mapped.data(), both.data()), 0);
    ASSERT_TRUE(sodium_is_zero(mapped.data(), mapped.size()))
        << "the input is not what this test takes it for";
    Bytes uniform = hex(kDerivations[0].uniform);
    append(uniform, both);
    append(uniform, hex(kDerivations[1].uniform));
    const Bytes out = map_and_multiply(small_exponent(1), uniform);
    EXPECT_EQ(to_hex(element(out, 0)), kDerivations[0].element);
    EXPECT_EQ(element(out, 1), Bytes(32, 0));
    EXPECT_EQ(to_hex(element(out, 2)), kDerivations[1].element);
  }
}

TEST_P(KernelTest, AnExponentAndItsInverseCancel) {
  const Bytes points = map_and_multiply(small_exponent(1), noise(64 * 40, 2));
  const Exponent exponent = reduced(noise(64, 3));
  Exponent inverse;
  ASSERT_EQ(crypto_core_ristretto255_scalar_invert(inverse.data(), exponent.data()), 0);
  EXPECT_EQ(multiply(inverse, multiply(exponent, points)), points);
  EXPECT_EQ(multiply(small_exponent(1), points), points);
}

INSTANTIATE_TEST_SUITE_P(Kernels, KernelTest, ::testing::Values("sodium", "ifma"),
                         [](const auto& each) { return std::string(each.param); });

/// The eight-lane kernel beside libsodium.
class DifferentialTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_GE(sodium_init(), 0);
    if (ifma_kernel() == nullptr) GTEST_SKIP() << "this processor has no AVX-512 IFMA";
  }

  static void expect_same_products(const Exponent& exponent, const Bytes& points) {
    Bytes expected(points.size()), out(points.size());
    const std::size_t count = points.size() / 32;
    ASSERT_EQ(sodium_kernel().multiply(exponent.data(), points.data(), count, expected.data()), count);
    ASSERT_EQ(ifma_kernel()->multiply(exponent.data(), points.data(), count, out.data()), count);
    for (std::size_t i = 0; i < count; ++i) {
      ASSERT_EQ(to_hex(element(out, i)), to_hex(element(expected, i)))
          << to_hex(exponent) << " times " << to_hex(element(points, i));
    }
  }

  /// The same verdict on each encoding, and the same product where it is good.
  static void expect_same_verdicts(const Exponent& exponent, const Bytes& encodings) {
    Bytes good;
    std::size_t refused = 0;
    for (std::size_t i = 0; i < encodings.size() / 32; ++i) {
      const std::uint8_t* each = encodings.data() + 32 * i;
      std::uint8_t unused[32];
      const std::size_t verdict = sodium_kernel().multiply(small_exponent(1).data(), each, 1, unused);
      ASSERT_EQ(ifma_kernel()->multiply(small_exponent(1).data(), each, 1, unused), verdict)
          << to_hex(element(encodings, i));
      if (verdict == 1)
        append(good, element(encodings, i));
      else
        ++refused;
    }
    EXPECT_GT(refused, 0u);
    EXPECT_GT(good.size(), 0u);
    expect_same_products(exponent, good);
  }

  static Bytes random_points(std::size_t count, std::uint8_t seed) {
    const Bytes uniform = noise(64 * count, seed);
    Bytes points(32 * count);
    for (std::size_t i = 0; i < count; ++i) {
      (void)crypto_core_ristretto255_from_hash(points.data() + 32 * i, uniform.data() + 64 * i);
    }
    return points;
  }
};

TEST_F(DifferentialTest, RandomElementsAndExponents) {
  const Bytes points = random_points(4000, 10);
  const Bytes wide = noise(64 * 40, 11);
  for (std::size_t i = 0; i < 40; ++i) {
    expect_same_products(reduced(Bytes(wide.begin() + 64 * i, wide.begin() + 64 * (i + 1))),
                         Bytes(points.begin() + 3200 * i, points.begin() + 3200 * (i + 1)));
  }
}

TEST_F(DifferentialTest, RandomHashes) {
  for (std::uint8_t round = 0; round < 8; ++round) {
    const Exponent exponent = reduced(noise(64, static_cast<std::uint8_t>(20 + round)));
    const Bytes uniform = noise(64 * 300, static_cast<std::uint8_t>(30 + round));
    Bytes expected(32 * 300), out(32 * 300);
    sodium_kernel().map_and_multiply(exponent.data(), uniform.data(), 300, expected.data());
    ifma_kernel()->map_and_multiply(exponent.data(), uniform.data(), 300, out.data());
    EXPECT_EQ(out, expected);
  }
}

TEST_F(DifferentialTest, ExponentsOfEveryDigitAndSign) {
  const Bytes points = random_points(9, 12);
  for (int i = 1; i <= 40; ++i) {
    expect_same_products(small_exponent(static_cast<std::uint8_t>(i)), points);
    expect_same_products(negative(small_exponent(static_cast<std::uint8_t>(i))), points);
  }
  for (int digit = 1; digit < 16;
       ++digit) {  // the kernel halves its exponent, so both with and without a last bit
    Exponent all;
    all.fill(static_cast<std::uint8_t>(digit * 17));
    all[31] &= 0x0f;
    expect_same_products(all, points);
    all[0] ^= 1;
    expect_same_products(all, points);
  }
  for (int bit = 1; bit < 253; bit += 3) {
    Exponent one_bit = {};
    one_bit[bit / 8] = static_cast<std::uint8_t>(1 << (bit % 8));
    expect_same_products(one_bit, Bytes(points.begin(), points.begin() + 32));
  }
}

TEST_F(DifferentialTest, RandomBytesGetTheSameVerdict) {
  Bytes encodings = noise(32 * 3000, 13);
  for (std::size_t i = 0; i < 3000; ++i) {
    encodings[32 * i] &= 0xfe;  // half of them would fail for the sign alone
    if (i % 8 != 0) encodings[32 * i + 31] &= 0x7f;
  }
  expect_same_verdicts(reduced(noise(64, 14)), encodings);
}

TEST_F(DifferentialTest, EncodingsAtTheEdgesOfTheFieldGetTheSameVerdict) {
  Bytes encodings;
  for (int i = 0; i < 300; ++i) {
    Bytes low(32, 0), high(32, 0xff);  // 0 …, and down from 2^255 − 1 by way of p
    low[0] = static_cast<std::uint8_t>(i);
    low[1] = static_cast<std::uint8_t>(i >> 8);
    high[31] = 0x7f;
    high[0] = static_cast<std::uint8_t>(0xff - (i & 0xff));
    high[1] = static_cast<std::uint8_t>(0xff - (i >> 8));
    append(encodings, low);
    append(encodings, high);
  }
  for (int bit = 1; bit < 256; ++bit) {  // a single bit, and all but one: every limb empty or full
    Bytes one(32, 0), rest(32, 0xff);
    one[bit / 8] = static_cast<std::uint8_t>(1 << (bit % 8));
    rest[bit / 8] = static_cast<std::uint8_t>(~one[bit / 8]);
    rest[0] &= 0xfe;
    append(encodings, one);
    append(encodings, rest);
    rest[31] &= 0x7f;
    append(encodings, rest);
  }
  expect_same_verdicts(reduced(noise(64, 15)), encodings);
}

TEST_F(DifferentialTest, HalvesOfAHashAtTheEdgesOfTheField) {
  std::vector<Bytes> halves;
  for (int i = 0; i < 24; ++i) {
    Bytes low(32, 0), high(32, 0xff), high_bit(32, 0);
    low[0] = static_cast<std::uint8_t>(i);
    high[0] = static_cast<std::uint8_t>(0xff - i);
    high_bit[0] = static_cast<std::uint8_t>(i);
    high_bit[31] = 0x80;
    for (const Bytes& each : {low, high, high_bit}) halves.push_back(each);
  }
  for (std::string_view each : kMapsToIdentity) halves.push_back(hex(each));
  Bytes uniform;
  for (std::size_t i = 0; i < halves.size(); ++i) {
    for (std::size_t step : {0, 1, 7}) {
      append(uniform, halves[i]);
      append(uniform, halves[(i + step) % halves.size()]);
    }
  }
  const std::size_t count = uniform.size() / 64;
  for (const Exponent& exponent : {small_exponent(1), reduced(noise(64, 16))}) {
    Bytes expected(32 * count), out(32 * count);
    sodium_kernel().map_and_multiply(exponent.data(), uniform.data(), count, expected.data());
    ifma_kernel()->map_and_multiply(exponent.data(), uniform.data(), count, out.data());
    for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(element(out, i), element(expected, i)) << i;
  }
}

}  // namespace
}  // namespace pai::client::ristretto
