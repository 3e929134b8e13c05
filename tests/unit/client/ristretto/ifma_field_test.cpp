// The eight-lane field arithmetic against slow arithmetic on 32-bit digits, with factors as full as they may
// be: what random group elements hardly ever produce.

#if defined(__x86_64__)

#include "client/ristretto/ifma_field.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <vector>

#include "client/ristretto/kernel.h"

namespace pai::client::ristretto::ifma {
namespace {

/// A number modulo 2^255 − 19 in eight 32-bit digits, always the least representative.
class Slow {
 public:
  Slow() = default;
  /// Σ limb[i]·2^(52·i), the limbs' low 52 bits.
  explicit Slow(const std::uint64_t* limb) {
    std::array<std::uint64_t, 17> sum{};
    for (int i = 0; i < 5; ++i) {
      for (int bit = 0; bit < 52; ++bit) {
        const int at = 52 * i + bit;
        sum[at / 32] += (limb[i] >> bit & 1) << (at % 32);
      }
    }
    reduce(sum);
  }

  friend Slow operator*(const Slow& a, const Slow& b) {
    std::array<std::uint64_t, 17> sum{};
    for (int i = 0; i < 8; ++i) {
      for (int j = 0; j < 8; ++j) {
        const std::uint64_t product = std::uint64_t{a.digit_[i]} * b.digit_[j];
        sum[i + j] += product & 0xffffffff;
        sum[i + j + 1] += product >> 32;
      }
    }
    return Slow(sum);
  }
  friend Slow operator+(const Slow& a, const Slow& b) {
    std::array<std::uint64_t, 17> sum{};
    for (int i = 0; i < 8; ++i) sum[i] = std::uint64_t{a.digit_[i]} + b.digit_[i];
    return Slow(sum);
  }
  friend bool operator==(const Slow&, const Slow&) = default;

  bool odd() const { return (digit_[0] & 1) != 0; }

 private:
  explicit Slow(std::array<std::uint64_t, 17> sum) { reduce(sum); }

  void reduce(std::array<std::uint64_t, 17> sum) {
    const auto carry_all = [&sum] {
      for (int i = 0; i < 16; ++i) {
        sum[i + 1] += sum[i] >> 32;
        sum[i] &= 0xffffffff;
      }
    };
    for (int round = 0; round < 4; ++round) {
      carry_all();
      for (int i = 8; i < 17; ++i) {  // 2^256 is 38
        const std::uint64_t above = sum[i];
        sum[i] = 0;
        sum[i - 8] += 38 * above;
      }
    }
    carry_all();
    // Below 2^256 now: p goes in at most twice.
    for (int round = 0; round < 2; ++round) {
      std::array<std::uint32_t, 8> less{};
      std::int64_t borrow = 0;
      for (int i = 0; i < 8; ++i) {
        const std::int64_t p = i == 0 ? 0xffffffed : i == 7 ? 0x7fffffff : 0xffffffff;
        const std::int64_t difference = static_cast<std::int64_t>(sum[i]) - p + borrow;
        less[i] = static_cast<std::uint32_t>(difference);
        borrow = difference >> 32;
      }
      if (borrow == 0) {
        for (int i = 0; i < 8; ++i) sum[i] = less[i];
      }
    }
    for (int i = 0; i < 8; ++i) digit_[i] = static_cast<std::uint32_t>(sum[i]);
  }

  std::array<std::uint32_t, 8> digit_{};
};

/// Eight numbers, limb by limb as the vectors hold them.
struct Numbers {
  alignas(64) std::uint64_t limb[5][kLanes];

  Slow slow(int lane) const {
    std::uint64_t one[5];
    for (int i = 0; i < 5; ++i) one[i] = limb[i][lane] & kMask52;
    return Slow(one);
  }
};

PAI_IFMA Field field(const Numbers& n) {
  Field f;
  for (int i = 0; i < 5; ++i) f.limb[i] = _mm512_load_si512(n.limb[i]);
  return f;
}

PAI_IFMA void put(const Field& f, Numbers& n) {
  for (int i = 0; i < 5; ++i) _mm512_store_si512(n.limb[i], f.limb[i]);
}

struct Results {
  Numbers product, square, sum, difference, negated, canonical;
  unsigned zero, negative, same, itself;
};

PAI_IFMA void compute(const Numbers& a, const Numbers& b, Results& r) {
  const Field x = field(a), y = field(b);
  put(mul(x, y), r.product);
  put(sqr(x), r.square);
  const Field u = fold_top(loose(x)), v = fold_top(loose(y));
  put(plus(u, v), r.sum);
  put(minus(u, v), r.difference);
  put(negate(u), r.negated);
  const Loose least = canonical(x);
  for (int i = 0; i < 5; ++i) _mm512_store_si512(r.canonical.limb[i], least.limb[i]);
  r.zero = is_zero(x);
  r.negative = is_negative(x);
  r.same = equal(u, v);
  r.itself = equal(u, u);
}

void check(const Numbers& a, const Numbers& b) {
  Results r;
  compute(a, b, r);
  for (int lane = 0; lane < kLanes; ++lane) {
    const Slow x = a.slow(lane), y = b.slow(lane);
    EXPECT_EQ(r.product.slow(lane), x * y);
    EXPECT_EQ(r.square.slow(lane), x * x);
    EXPECT_EQ(r.sum.slow(lane), x + y);
    EXPECT_EQ(r.difference.slow(lane) + y, x);
    EXPECT_EQ(r.negated.slow(lane) + x, Slow());
    EXPECT_EQ(r.canonical.slow(lane), x);
    EXPECT_EQ(r.zero >> lane & 1, x == Slow() ? 1u : 0u);
    EXPECT_EQ(r.negative >> lane & 1, x.odd() ? 1u : 0u);
    EXPECT_EQ(r.same >> lane & 1, x == y ? 1u : 0u);
    EXPECT_EQ(r.itself >> lane & 1, 1u);
    // The least representative, limb by limb: below p, nothing above a limb's 52 bits.
    for (int i = 0; i < 4; ++i) EXPECT_LE(r.canonical.limb[i][lane], kMask52);
    EXPECT_LE(r.canonical.limb[4][lane], kMask47);
    EXPECT_FALSE(r.canonical.limb[4][lane] == kMask47 && r.canonical.limb[3][lane] == kMask52 &&
                 r.canonical.limb[2][lane] == kMask52 && r.canonical.limb[1][lane] == kMask52 &&
                 r.canonical.limb[0][lane] >= kMask52 - 18);
  }
}

class IfmaFieldTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (ifma_kernel() == nullptr) GTEST_SKIP() << "this processor has no AVX-512 IFMA";
  }
};

TEST_F(IfmaFieldTest, FullAndEmptyLimbsInEveryCombination) {
  const std::uint64_t values[] = {0, 1, kMask52, kMask52 - 18, kMask47, kMask52 << 1};
  constexpr std::size_t kValues = std::size(values);
  std::vector<std::array<std::uint64_t, 5>> all;
  for (std::size_t code = 0; code < kValues * kValues * kValues * kValues * kValues; ++code) {
    std::array<std::uint64_t, 5> limbs;
    std::size_t rest = code;
    for (auto& limb : limbs) limb = values[rest % kValues], rest /= kValues;
    all.push_back(limbs);
  }
  while (all.size() % kLanes != 0) all.push_back(all.front());
  for (std::size_t first = 0; first < all.size(); first += kLanes) {
    Numbers a, b;
    for (int lane = 0; lane < kLanes; ++lane) {
      for (int i = 0; i < 5; ++i) {
        a.limb[i][lane] = all[first + lane][i];
        b.limb[i][lane] = all[(first * 7 + lane * 1013 + 5) % all.size()][i];
      }
    }
    ASSERT_NO_FATAL_FAILURE(check(a, b));
    ASSERT_FALSE(HasFailure()) << "at " << first;
  }
}

TEST_F(IfmaFieldTest, MultiplesOfThePrimeAndTheirNeighbours) {
  // k·p + j for small k and j: V is far above p, its representative 0, 1 … or p − 1, p − 2 ….
  for (std::uint64_t k = 1; k < 32; ++k) {
    Numbers a, b;
    for (int lane = 0; lane < kLanes; ++lane) {
      const std::int64_t low =
          -19 * static_cast<std::int64_t>(k) + lane - 4;  // plus k·2^255, below 0 for all lanes
      const std::uint64_t limbs[5] = {(static_cast<std::uint64_t>(low)) & kMask52, low < 0 ? kMask52 : 0,
                                      low < 0 ? kMask52 : 0, low < 0 ? kMask52 : 0,
                                      (k << 47) - (low < 0 ? 1 : 0)};
      for (int i = 0; i < 5; ++i) a.limb[i][lane] = b.limb[i][kLanes - 1 - lane] = limbs[i];
    }
    ASSERT_NO_FATAL_FAILURE(check(a, b));
    ASSERT_FALSE(HasFailure()) << k;
  }
}

TEST_F(IfmaFieldTest, RandomNumbersWithLeftoversAboveTheLimbs) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 2000; ++round) {
    Numbers a, b;
    for (auto* n : {&a, &b}) {
      for (auto& limb : n->limb) {
        for (auto& lane : limb) lane = random() & 0xfffffffffffffff;
      }
    }
    ASSERT_NO_FATAL_FAILURE(check(a, b));
    ASSERT_FALSE(HasFailure()) << round;
  }
}

}  // namespace
}  // namespace pai::client::ristretto::ifma

#endif
