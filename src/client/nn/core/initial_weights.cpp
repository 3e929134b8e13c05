#include "client/nn/core/initial_weights.h"

#include <bit>
#include <cmath>

#include "client/nn/core/public_random.h"

// Compiled with -ffp-contract=off: a fused multiply-add would give another last bit than a machine without
// one.
namespace pai::client::nn {
namespace {

constexpr double kOne = 1 << kWeightScale;

/// Numerator and denominator of one of AS 241's rational functions, the highest power first.
struct Rational {
  double above[8];
  double below[8];

  double operator()(double r) const {
    double numerator = above[0], denominator = below[0];
    for (int i = 1; i < 8; ++i) {
      numerator = numerator * r + above[i];
      denominator = denominator * r + below[i];
    }
    return numerator / denominator;
  }
};

constexpr Rational kMiddle = {
    {2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4, 4.5921953931549871457e4,
     1.3731693765509461125e4, 1.9715909503065514427e3, 1.3314166789178437745e2, 3.3871328727963666080e0},
    {5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4, 2.1213794301586595867e4,
     5.3941960214247511077e3, 6.8718700749205790830e2, 4.2313330701600911252e1, 1.0}};
constexpr Rational kOuter = {{7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1,
                              1.27045825245236838258e0, 3.64784832476320460504e0, 5.76949722146069140550e0,
                              4.63033784615654529590e0, 1.42343711074968357734e0},
                             {1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2,
                              1.48103976427480074590e-1, 6.89767334985100004550e-1, 1.67638483018380384940e0,
                              2.05319162663775882187e0, 1.0}};
constexpr Rational kTail = {{2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3,
                             2.65321895265761230930e-2, 2.96560571828504891230e-1, 1.78482653991729133580e0,
                             5.46378491116411436990e0, 6.65790464350110377720e0},
                            {2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5,
                             7.86869131145613259100e-4, 1.48753612908506148525e-2, 1.36929880922735805310e-1,
                             5.99832206555887937690e-1, 1.0}};

}  // namespace

double deterministic_log(double x) {
  // x = m · 2^e with m in [√½, √2); log m = 2 artanh((m−1)/(m+1)), a series that 0.172^25 ends.
  const auto bits = std::bit_cast<std::uint64_t>(x);
  int exponent = static_cast<int>(bits >> 52) - 1023;
  double mantissa = std::bit_cast<double>((bits & 0xFFFFFFFFFFFFF) | std::uint64_t{1023} << 52);
  if (mantissa > 1.4142135623730951) {
    mantissa = mantissa / 2;
    ++exponent;
  }
  const double s = (mantissa - 1) / (mantissa + 1);
  const double square = s * s;
  double series = 0;
  for (int odd = 23; odd >= 1; odd -= 2) series = series * square + 1 / static_cast<double>(odd);
  return 2 * s * series + static_cast<double>(exponent) * 0.6931471805599453;
}

double inverse_normal(double u) {
  const double q = u - 0.5;
  if (q >= -0.425 && q <= 0.425) return q * kMiddle(0.180625 - q * q);
  const double r = std::sqrt(-deterministic_log(q < 0 ? u : 1 - u));
  const double size = r <= 5 ? kOuter(r - 1.6) : kTail(r - 5);
  return q < 0 ? -size : size;
}

std::vector<double> initial_weights_plain(std::uint64_t seed, std::size_t layer, std::size_t fan_in,
                                          std::size_t fan_out) {
  std::vector<double> weights(fan_in * fan_out);
  PublicRandom random(seed, "weights", layer);
  const double root = std::sqrt(static_cast<double>(fan_in));
  for (double& weight : weights) {
    const double u = (static_cast<double>(random.next_u64() >> 12) + 0.5) / 0x1p52;
    weight = std::floor(inverse_normal(u) / root * kOne + 0.5) / kOne;
  }
  return weights;
}

std::vector<ring::Word> initial_weights(std::uint64_t seed, std::size_t layer, std::size_t fan_in,
                                        std::size_t fan_out) {
  const auto plain = initial_weights_plain(seed, layer, fan_in, fan_out);
  std::vector<ring::Word> words(plain.size());
  for (std::size_t i = 0; i < plain.size(); ++i) {
    words[i] = static_cast<ring::Word>(static_cast<std::int64_t>(plain[i] * kOne));
  }
  return words;
}

}  // namespace pai::client::nn
