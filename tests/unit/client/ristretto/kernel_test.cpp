// Every kernel against the vectors of RFC 9496, and the eight-lane kernel byte for byte against libsodium: on random
// elements and exponents, on exponents whose digits take every value, and on encodings at the edges of the field.

#include "client/ristretto/kernel.h"

#include <gtest/gtest.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/text.h"

namespace pai::client::ristretto {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Exponent = std::array<std::uint8_t, 32>;

// RFC 9496 appendix A.1: 1, 2 … 15 times the generator.
constexpr std::string_view kMultiples[] = {
    "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76",
    "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919",
    "94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259",
    "da80862773358b466ffadfe0b3293ab3d9fd53c5ea6c955358f568322daf6a57",
    "e882b131016b52c1d3337080187cf768423efccbb517bb495ab812c4160ff44e",
    "f64746d3c92b13050ed8d80236a7f0007c3b3f962f5ba793d19a601ebb1df403",
    "44f53520926ec81fbd5a387845beb7df85a96a24ece18738bdcfa6a7822a176d",
    "903293d8f2287ebe10e2374dc1a53e0bc887e592699f02d077d5263cdd55601c",
    "02622ace8f7303a31cafc63f8fc48fdc16e1c8c8d234b2f0d6685282a9076031",
    "20706fd788b2720a1ed2a5dad4952b01f413bcf0e7564de8cdc816689e2db95f",
    "bce83f8ba5dd2fa572864c24ba1810f9522bc6004afe95877ac73241cafdab42",
    "e4549ee16b9aa03099ca208c67adafcafa4c3f3e4e5303de6026e3ca8ff84460",
    "aa52e000df2e16f55fb1032fc33bc42742dad6bd5a8fc0be0167436c5948501f",
    "46376b80f409b29dc2b5f6f0c52591990896e5716f41477cd30085ab7f10301e",
    "e0c418f7c8d9c4cdd7395b93ea124f3ad99021bb681dfc3302a9d99a2e53e64e"};

// Appendix A.2.
constexpr std::string_view kBadEncodings[] = {
    // not canonical
    "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    // negative
    "0100000000000000000000000000000000000000000000000000000000000000",
    "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ed57ffd8c914fb201471d1c3d245ce3c746fcbe63a3679d51b6a516ebebe0e20",
    "c34c4e1826e5d403b78e246e88aa051c36ccf0aafebffe137d148a2bf9104562",
    "c940e5a4404157cfb1628b108db051a8d439e1a421394ec4ebccb9ec92a8ac78",
    "47cfc5497c53dc8e61c91d17fd626ffb1c49e2bca94eed052281b510b1117a24",
    "f1c6165d33367351b0da8f6e4511010c68174a03b6581212c71c0e1d026c3c72",
    "87260f7a2f12495118360f02c26a470f450dadf34a413d21042b43b9d93e1309",
    // x^2 is no square
    "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
    "4eac077a713c57b4f4397629a4145982c661f48044dd3f96427d40b147d9742f",
    "de6a7b00deadc788eb6b6c8d20c0ae96c2f2019078fa604fee5b87d6e989ad7b",
    "bcab477be20861e01e4a0e295284146a510150d9817763caf1a6f4b422d67042",
    "2a292df7e32cababbd9de088d1d1abec9fc0440f637ed2fba145094dc14bea08",
    "f4a9e534fc0d216c44b218fa0c42d99635a0127ee2e53c712f70609649fdff22",
    "8268436f8c4126196cf64b3c7ddbda90746a378625f9813dd9b8457077256731",
    "2810e5cbc2cc4d4eece54f61c6f69758e289aa7ab440b3cbeaa21995c2f4232b",
    // x·y is negative
    "3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e",
    "a45fdc55c76448c049a1ab33f17023edfb2be3581e9c7aade8a6125215e04220",
    "d483fe813c6ba647ebbfd3ec41adca1c6130c2beeee9d9bf065c8d151c5f396e",
    "8a2e1d30050198c65a54483123960ccc38aef6848e1ec8f5f780e8523769ba32",
    "32888462f8b486c68ad7dd9610be5192bbeaf3b443951ac1a8118419d9fa097b",
    "227142501b9d4355ccba290404bde41575b037693cef1f438c47f8fbf35d1165",
    "5c37cc491da847cfeb9281d407efc41e15144c876e0170b499a96a22ed31e01e",
    "445425117cb8c90edcbc7c1cc0e74f747f2c1efa5630a967c64f287792a48a4b",
    // s = −1, so y = 0
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"};

struct Derivation {
  std::string_view uniform, element;
};

// Appendix A.3; the last four differ only in what the map must leave out of account.
constexpr Derivation kDerivations[] = {
    {"5d1be09e3d0c82fc538112490e35701979d99e06ca3e2b5b54bffe8b4dc772c1"
     "4d98b696a1bbfb5ca32c436cc61c16563790306c79eaca7705668b47dffe5bb6",
     "3066f82a1a747d45120d1740f14358531a8f04bbffe6a819f86dfe50f44a0a46"},
    {"f116b34b8f17ceb56e8732a60d913dd10cce47a6d53bee9204be8b44f6678b27"
     "0102a56902e2488c46120e9276cfe54638286b9e4b3cdb470b542d46c2068d38",
     "f26e5b6f7d362d2d2a94c5d0e7602cb4773c95a2e5c31a64f133189fa76ed61b"},
    {"8422e1bbdaab52938b81fd602effb6f89110e1e57208ad12d9ad767e2e25510c"
     "27140775f9337088b982d83d7fcf0b2fa1edffe51952cbe7365e95c86eaf325c",
     "006ccd2a9e6867e6a2c5cea83d3302cc9de128dd2a9a57dd8ee7b9d7ffe02826"},
    {"ac22415129b61427bf464e17baee8db65940c233b98afce8d17c57beeb7876c2"
     "150d15af1cb1fb824bbd14955f2b57d08d388aab431a391cfc33d5bafb5dbbaf",
     "f8f0c87cf237953c5890aec3998169005dae3eca1fbb04548c635953c817f92a"},
    {"165d697a1ef3d5cf3c38565beefcf88c0f282b8e7dbd28544c483432f1cec767"
     "5debea8ebb4e5fe7d6f6e5db15f15587ac4d4d4a1de7191e0c1ca6664abcc413",
     "ae81e7dedf20a497e10c304a765c1767a42d6e06029758d2d7e8ef7cc4c41179"},
    {"a836e6c9a9ca9f1e8d486273ad56a78c70cf18f0ce10abb1c7172ddd605d7fd2"
     "979854f47ae1ccf204a33102095b4200e5befc0465accc263175485f0e17ea5c",
     "e2705652ff9f5e44d3e841bf1c251cf7dddb77d140870d1ab2ed64f1a9ce8628"},
    {"2cdc11eaeb95daf01189417cdddbf95952993aa9cb9c640eb5058d09702c7462"
     "2c9965a697a3b345ec24ee56335b556e677b30e6f90ac77d781064f866a3c982",
     "80bd07262511cdde4863f8a7434cef696750681cb9510eea557088f76d9e5065"},
    {"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
     "1200000000000000000000000000000000000000000000000000000000000000",
     "304282791023b73128d277bdcb5c7746ef2eac08dde9f2983379cb8e5ef0517f"},
    {"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
     "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
     "304282791023b73128d277bdcb5c7746ef2eac08dde9f2983379cb8e5ef0517f"},
    {"0000000000000000000000000000000000000000000000000000000000000080"
     "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
     "304282791023b73128d277bdcb5c7746ef2eac08dde9f2983379cb8e5ef0517f"},
    {"0000000000000000000000000000000000000000000000000000000000000000"
     "1200000000000000000000000000000000000000000000000000000000000080",
     "304282791023b73128d277bdcb5c7746ef2eac08dde9f2983379cb8e5ef0517f"}};

// Solutions of i·t² = −d and i·t² = −1/d: there the map's denominator is 0, and the point is the identity.
constexpr std::string_view kMapsToIdentity[] = {
    "45e4a3b534d5cf8a559215f1d2564332ea91148c66abcb8a6814840ba7aa4c7a",
    "40256ac5e4c73af6057c6d5120f90c4362ab4ad9015bc365598daca048bac400"};

Bytes hex(std::string_view text) { return from_hex(text).value(); }

void append(Bytes& to, const Bytes& from) { to.insert(to.end(), from.begin(), from.end()); }

Bytes element(const Bytes& all, std::size_t index) {
  return Bytes(all.begin() + 32 * index, all.begin() + 32 * (index + 1));
}

Exponent small_exponent(std::uint8_t value) { return {value}; }

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
    EXPECT_EQ(kernel_->multiply(exponent.data(), points.data(), points.size() / 32, out.data()), points.size() / 32);
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
  bad.push_back("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2df6");  // the generator, and bit 255
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
    const Bytes both = [&] { Bytes b = hex(half); append(b, hex(half)); return b; }();
    std::array<std::uint8_t, 32> mapped;
    ASSERT_EQ(crypto_core_ristretto255_from_hash(mapped.data(), both.data()), 0);
    ASSERT_TRUE(sodium_is_zero(mapped.data(), mapped.size())) << "the input is not what this test takes it for";
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
      if (verdict == 1) append(good, element(encodings, i));
      else ++refused;
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
  for (int digit = 1; digit < 16; ++digit) {  // the kernel halves its exponent, so both with and without a last bit
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
