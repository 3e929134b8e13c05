// Sums of waves on shares against double precision: the sigmoid and its slope at the scales of the trainings, and what is on the wire.
#include <cmath>

#include "client/mpc/sigmoid.h"
#include "client/ring/words.h"
#include "integration/mpc/parties.h"
#include "integration/mpc/shares.h"

namespace pai::client::mpc::test {
namespace {

constexpr int kHarmonics = 10;

struct Functions {
  std::vector<double> sines, cosines;  // empty: not asked for
};

const Functions& sigmoid() {
  static const Functions functions = [] {
    auto values = ring::sigmoid_series(kHarmonics);
    auto slopes = ring::sigmoid_slopes(values);
    return Functions{std::move(values), std::move(slopes)};
  }();
  return functions;
}

struct Values {
  std::vector<double> sine_sum, cosine_sum;
};

/// Both sums at z, as the parties compute them together.
Values compute(Parties& parties, const std::vector<double>& z, int scale, int harmonics, const Functions& functions,
               Sharing sharing = Sharing::kRandom) {
  Words words;
  for (const auto value : z) words.push_back(ring::encode(value, scale));
  const auto shares = share(words, parties.data_clients(), sharing);
  Shares sine_sums(shares.size(), Words(functions.sines.empty() ? 0 : z.size()));
  Shares cosine_sums(shares.size(), Words(functions.cosines.empty() ? 0 : z.size()));
  run_operation<Waves>(
      parties, [&](Source& source, Waves& tool) { tool.draw(source, z.size(), scale, harmonics); },
      [&](DataClient& self, Waves& tool) -> Status {
        tool.mask(shares[self.party()]);
        tool.open(self.exchange);
        PAI_TRY(self.exchange.run());
        tool.take(functions.sines, functions.cosines, sine_sums[self.party()], cosine_sums[self.party()]);
        return {};
      });
  Values values;
  for (const auto word : sum(sine_sums)) values.sine_sum.push_back(ring::decode(word, ring::kSigmoidScale));
  for (const auto word : sum(cosine_sums)) values.cosine_sum.push_back(ring::decode(word, ring::kSigmoidScale));
  return values;
}

std::vector<double> grid(double max) {
  std::vector<double> z;
  for (int i = -500; i <= 500; ++i) z.push_back(max * i / 500);
  return z;
}

using Param = std::tuple<int, int>;  // parties, scale
class WavesAt : public testing::TestWithParam<Param> {};

TEST_P(WavesAt, TheSigmoidAndItsSlopeAreWithinTheirBoundUpTo24) {
  const auto [count, scale] = GetParam();
  Parties parties(count);
  const auto z = grid(24);
  const auto values = compute(parties, z, scale, kHarmonics, sigmoid());
  for (std::size_t i = 0; i < z.size(); ++i) {
    const double p = 1 / (1 + std::exp(-z[i]));
    EXPECT_NEAR(values.sine_sum[i] + 0.5, p, 0.0014 + 3e-4) << z[i];  // the series' error, and that of 14 + 14 bits
    EXPECT_NEAR(values.cosine_sum[i], p * (1 - p), 0.004) << z[i];
  }
}

TEST_P(WavesAt, OnSharesIsWhatTheSeriesIsInDoublePrecision) {
  // Any z of the ring: the waves have the period 64 and do not know where z lies in it.
  const auto [count, scale] = GetParam();
  Parties parties(count);
  const auto z = grid(300);
  const auto values = compute(parties, z, scale, kHarmonics, sigmoid(), Sharing::kOneHolds);
  for (std::size_t i = 0; i < z.size(); ++i) {
    double sine_sum = 0, cosine_sum = 0;
    for (int j = 0; j < kHarmonics; ++j) {
      const double frequency = 2 * M_PI * (2 * j + 1) / 64;
      sine_sum += sigmoid().sines[static_cast<std::size_t>(j)] * std::sin(frequency * z[i]);
      cosine_sum += sigmoid().cosines[static_cast<std::size_t>(j)] * std::cos(frequency * z[i]);
    }
    EXPECT_NEAR(values.sine_sum[i], sine_sum, 1e-3) << z[i];
    EXPECT_NEAR(values.cosine_sum[i], cosine_sum, 1e-3) << z[i];
  }
}

TEST_P(WavesAt, SumsModulo32BitsAreTheLowHalvesOfTheSums) {
  // At any angle, for they must fit where |z| has left the period too.
  const auto [count, scale] = GetParam();
  Parties parties(count);
  const auto z = grid(300);
  Words words;
  for (const auto value : z) words.push_back(ring::encode(value, scale));
  const auto shares = share(words, count);
  Shares sines(shares.size(), Words(z.size())), cosines = sines;
  run_operation<Waves>(
      parties, [&](Source& source, Waves& tool) { tool.draw(source, z.size(), scale, kHarmonics, 32); },
      [&](DataClient& self, Waves& tool) -> Status {
        tool.mask(shares[self.party()]);
        tool.open(self.exchange);
        PAI_TRY(self.exchange.run());
        tool.take(sigmoid().sines, sigmoid().cosines, sines[self.party()], cosines[self.party()]);
        return {};
      });
  const auto exact = compute(parties, z, scale, kHarmonics, sigmoid());
  const auto low_half = [](Word word) { return ring::decode(static_cast<Word>(static_cast<std::int32_t>(word)), ring::kSigmoidScale); };
  const auto sine_words = sum(sines), cosine_words = sum(cosines);
  for (std::size_t i = 0; i < z.size(); ++i) {
    EXPECT_NEAR(low_half(sine_words[i]), exact.sine_sum[i], 1e-3);
    EXPECT_NEAR(low_half(cosine_words[i]), exact.cosine_sum[i], 1e-3);
  }
}

TEST_P(WavesAt, OnlyTheBitsOfAnAngleLeaveAParty) {
  const auto [count, scale] = GetParam();
  Parties parties(count);
  // An odd number of words, so that the last byte is not full; the high bits of the shares are all ones.
  const std::vector<double> z(37, -1.0 / 1024);
  compute(parties, z, scale, kHarmonics, sigmoid(), Sharing::kOneHolds);
  const auto openings = parties.sent<v1::Opening>();
  EXPECT_EQ(openings.size(), static_cast<std::size_t>(count * (count - 1)));
  for (const auto& [from, to, opening] : openings) {
    ASSERT_EQ(opening.words().size(), (z.size() * static_cast<std::size_t>(6 + scale) + 7) / 8);
    if (const auto used = z.size() * static_cast<std::size_t>(6 + scale) % 8; used != 0) {
      EXPECT_EQ(static_cast<std::uint8_t>(opening.words().back()) >> used, 0);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Parties, WavesAt,
                         testing::Combine(testing::Values(2, 3, 4), testing::Values(28, 34, 36, 40, 44)));

class WavesOf : public testing::TestWithParam<int> {};

TEST_P(WavesOf, EitherFunctionCanBeLeftOut) {
  Parties parties(GetParam());
  const auto z = grid(20);
  const auto both = compute(parties, z, 34, kHarmonics, sigmoid());
  const auto sines = compute(parties, z, 34, kHarmonics, {sigmoid().sines, {}});
  const auto cosines = compute(parties, z, 34, kHarmonics, {{}, sigmoid().cosines});
  EXPECT_TRUE(sines.cosine_sum.empty());
  EXPECT_TRUE(cosines.sine_sum.empty());
  for (std::size_t i = 0; i < z.size(); ++i) {
    EXPECT_NEAR(sines.sine_sum[i], both.sine_sum[i], 1e-3);  // other random angles, other rounding
    EXPECT_NEAR(cosines.cosine_sum[i], both.cosine_sum[i], 1e-3);
  }
}

TEST_P(WavesOf, FactorsAboveOneStayExact) {
  // The softplus of the log-loss has c/ω, about six; the slopes of a steep series likewise.
  Parties parties(GetParam());
  const auto z = grid(24);
  Functions functions;
  for (int j = 0; j < 16; ++j) functions.sines.push_back(j % 2 == 0 ? 6.5 : -6.5);
  functions.cosines = functions.sines;
  const auto values = compute(parties, z, 36, 16, functions);
  for (std::size_t i = 0; i < z.size(); ++i) {
    double sine_sum = 0, cosine_sum = 0;
    for (std::size_t j = 0; j < 16; ++j) {
      const double angle = 2 * M_PI * static_cast<double>(2 * j + 1) / 64 * z[i];
      sine_sum += functions.sines[j] * std::sin(angle);
      cosine_sum += functions.cosines[j] * std::cos(angle);
    }
    EXPECT_NEAR(values.sine_sum[i], sine_sum, 0.01) << z[i];
    EXPECT_NEAR(values.cosine_sum[i], cosine_sum, 0.01) << z[i];
  }
}

INSTANTIATE_TEST_SUITE_P(Parties, WavesOf, testing::Values(2, 3, 4));

}  // namespace
}  // namespace pai::client::mpc::test
