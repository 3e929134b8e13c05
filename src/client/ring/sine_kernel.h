#pragma once

#include "client/ring/lanes.h"
#include "client/ring/sine_kernels.h"

/// Sines and cosines of the odd harmonics of an angle, in lanes (see lanes.h for how this file is used). Only
/// IEEE additions and multiplications, in a fixed order and never contracted, so every kernel gives the same
/// bits.
namespace pai::client::ring {
namespace {

// Series of sin x / x and cos x in x², enough for 1e-11 where |x| <= π/4.
constexpr double kSine[] = {1.0, -1.0 / 6, 1.0 / 120, -1.0 / 5040, 1.0 / 362880, -1.0 / 39916800};
constexpr double kCosine[] = {1.0,         -1.0 / 2,       1.0 / 24,       -1.0 / 720,
                              1.0 / 40320, -1.0 / 3628800, 1.0 / 479001600};

/// Doubles at and above 2^52 are integers: adding this rounds half to even, and the integer is in the low
/// bits.
constexpr double kMagic = 0x1.8p52;
constexpr std::uint64_t kMagicBits = 0x4338000000000000;

template <class Lanes>
struct Wave {
  using Words = typename Lanes::Words;
  using Doubles = typename Lanes::Doubles;
  Doubles sine, cosine;

  /// sin and cos of 2π · angle / 2^bits.
  PAI_LANES_INLINE static Wave of(const Words& angle, int bits) {
    // The angle is a number of quarter turns and a rest of at most an eighth of a turn either way, all in
    // integers.
    const std::uint64_t eighth = std::uint64_t{1} << (bits - 3);
    const Words shifted = angle + eighth;
    const Words quarters = shifted >> (bits - 2);
    const Words rest = (shifted & (2 * eighth - 1)) - eighth;
    const Doubles x = ((Doubles)(rest + kMagicBits) - kMagic) * turn_fraction(bits);
    const Doubles square = x * x;
    Doubles sine = square * kSine[5] + kSine[4];
    for (int i = 3; i >= 0; --i) sine = sine * square + kSine[i];
    sine = sine * x;
    Doubles cosine = square * kCosine[6] + kCosine[5];
    for (int i = 4; i >= 0; --i) cosine = cosine * square + kCosine[i];
    const Words odd = -(quarters & 1);
    const Words exchange = ((Words)sine ^ (Words)cosine) & odd;
    return {(Doubles)((Words)sine ^ exchange ^ ((quarters & 2) << 62)),
            (Doubles)((Words)cosine ^ exchange ^ (((quarters + 1) & 2) << 62))};
  }

 private:
  /// 2π / 2^bits
  PAI_LANES_INLINE static double turn_fraction(int bits) {
    const std::uint64_t power = static_cast<std::uint64_t>(1023 - bits) << 52;
    double fraction;
    std::memcpy(&fraction, &power, 8);
    return 6.283185307179586 * fraction;
  }
};

/// Goes through the odd harmonics by x_{j+1} = 2 cos(2θ) x_j − x_{j−1}, which holds for sines and cosines
/// alike.
template <class Lanes>
struct OddHarmonics {
  using Doubles = typename Lanes::Doubles;
  Wave<Lanes> now, before;
  Doubles twice_cosine;

  PAI_LANES_INLINE explicit OddHarmonics(const Wave<Lanes>& base)
      : now(base),
        before{-base.sine, base.cosine},
        twice_cosine((base.cosine * base.cosine - base.sine * base.sine) * 2.0) {}

  PAI_LANES_INLINE void next() {
    const Wave<Lanes> after{twice_cosine * now.sine - before.sine, twice_cosine * now.cosine - before.cosine};
    before = now;
    now = after;
  }
};

/// Rounded half to even, as two's complement words; |value| below 2^51.
template <class Lanes>
PAI_LANES_INLINE typename Lanes::Words rounded(const typename Lanes::Doubles& value) {
  return (typename Lanes::Words)(value + kMagic) - kMagicBits;
}

template <class Lanes, bool full>
PAI_LANES_INLINE void tables_at(const WaveTablesCall& call, std::size_t i, std::size_t count) {
  const auto get = [&](const std::uint64_t* from) [[gnu::always_inline]] {
    return full ? load<Lanes>(from) : load_some<Lanes>(from, count);
  };
  const auto put = [&](std::uint64_t* to, const typename Lanes::Words& words) [[gnu::always_inline]] {
    if (full)
      store<Lanes>(to, words);
    else
      store_some<Lanes>(to, words, count);
  };
  OddHarmonics<Lanes> harmonics(Wave<Lanes>::of(get(call.angles + i), call.bits));
  std::uint64_t* to = call.tables + i;
  for (int j = 0; j < call.harmonics; ++j) {
    put(to, rounded<Lanes>(harmonics.now.sine * call.unit));
    put(to + call.count, rounded<Lanes>(harmonics.now.cosine * call.unit));
    to += 2 * call.count;
    harmonics.next();
  }
}

template <class Lanes>
void wave_tables_kernel(const WaveTablesCall& call) {
  std::size_t i = 0;
  for (; i + Lanes::kCount <= call.count; i += Lanes::kCount) tables_at<Lanes, true>(call, i, Lanes::kCount);
  if (i < call.count) tables_at<Lanes, false>(call, i, call.count - i);
}

template <class Lanes, bool full, bool value, bool derivative>
PAI_LANES_INLINE void share_at(const SeriesShareCall& call, std::size_t i, std::size_t count) {
  using Words = typename Lanes::Words;
  using Doubles = typename Lanes::Doubles;
  const auto get = [&](const std::uint64_t* from) [[gnu::always_inline]] {
    return full ? load<Lanes>(from) : load_some<Lanes>(from, count);
  };
  OddHarmonics<Lanes> harmonics(Wave<Lanes>::of(get(call.opened + i), call.bits));
  typename Lanes::Sum value_sum = Lanes::zero();
  typename Lanes::Sum derivative_sum = Lanes::zero();
  const std::uint64_t* from = call.tables + i;
  for (int j = 0; j < call.harmonics; ++j) {
    const auto sine_share = Lanes::factor(get(from));
    const auto cosine_share = Lanes::factor(get(from + call.count));
    from += 2 * call.count;
    const Doubles sine = harmonics.now.sine, cosine = harmonics.now.cosine;
    if (value) {  // sin(δ + r) = sin δ cos r + cos δ sin r
      Lanes::add_product(value_sum, rounded<Lanes>(sine * call.coefficients[j]), cosine_share);
      Lanes::add_product(value_sum, rounded<Lanes>(cosine * call.coefficients[j]), sine_share);
    }
    if (derivative) {  // cos(δ + r) = cos δ cos r − sin δ sin r
      Lanes::add_product(derivative_sum, rounded<Lanes>(cosine * call.slopes[j]), cosine_share);
      Lanes::add_product(derivative_sum, rounded<Lanes>(sine * -call.slopes[j]), sine_share);
    }
    harmonics.next();
  }
  const auto put = [&](std::uint64_t* to, const Words& words) [[gnu::always_inline]] {
    if (full)
      store<Lanes>(to, words);
    else
      store_some<Lanes>(to, words, count);
  };
  if (value) put(call.value + i, Lanes::total(value_sum));
  if (derivative) put(call.derivative + i, Lanes::total(derivative_sum));
}

template <class Lanes, bool value, bool derivative>
void share_all(const SeriesShareCall& call) {
  std::size_t i = 0;
  for (; i + Lanes::kCount <= call.count; i += Lanes::kCount)
    share_at<Lanes, true, value, derivative>(call, i, Lanes::kCount);
  if (i < call.count) share_at<Lanes, false, value, derivative>(call, i, call.count - i);
}

template <class Lanes>
void series_share_kernel(const SeriesShareCall& call) {
  if (call.value != nullptr && call.derivative != nullptr)
    share_all<Lanes, true, true>(call);
  else if (call.value != nullptr)
    share_all<Lanes, true, false>(call);
  else if (call.derivative != nullptr)
    share_all<Lanes, false, true>(call);
}

}  // namespace
}  // namespace pai::client::ring
