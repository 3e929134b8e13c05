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

  PAI_LANES_INLINE void start(const Wave<Lanes>& base) {
    now = base;
    before = {-base.sine, base.cosine};
    twice_cosine = (base.cosine * base.cosine - base.sine * base.sine) * 2.0;
  }

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

/// Vectors that are worked on side by side, for a harmonic waits for the one before; with AVX2 they are a
/// cache line.
constexpr std::size_t kAbreast = 2;

/// Elements i to i + count of an array, as vectors; all of them when `full`.
template <class Lanes, bool full>
struct Piece {
  using Words = typename Lanes::Words;
  std::size_t count;

  PAI_LANES_INLINE Words get(const std::uint64_t* from, std::size_t v) const {
    if constexpr (full) return load<Lanes>(from + v * Lanes::kCount);
    return load_some<Lanes>(from + v * Lanes::kCount, lanes_of(v));
  }
  PAI_LANES_INLINE void put(std::uint64_t* to, std::size_t v, const Words& words) const {
    if constexpr (full)
      store<Lanes>(to + v * Lanes::kCount, words);
    else
      store_some<Lanes>(to + v * Lanes::kCount, words, lanes_of(v));
  }

 private:
  PAI_LANES_INLINE std::size_t lanes_of(std::size_t v) const {
    const std::size_t before = v * Lanes::kCount;
    if (count <= before) return 0;
    return count - before < Lanes::kCount ? count - before : Lanes::kCount;
  }
};

template <class Lanes, bool full>
PAI_LANES_INLINE void tables_at(const WaveTablesCall& call, std::size_t i, std::size_t count) {
  const Piece<Lanes, full> piece{count};
  OddHarmonics<Lanes> harmonics[kAbreast];
#pragma GCC unroll 2
  for (std::size_t v = 0; v < kAbreast; ++v)
    harmonics[v].start(Wave<Lanes>::of(piece.get(call.angles + i, v), call.bits));
  std::uint64_t* to = call.tables + i;
  for (int j = 0; j < call.harmonics; ++j) {
#pragma GCC unroll 2
    for (std::size_t v = 0; v < kAbreast; ++v) {
      piece.put(to, v, rounded<Lanes>(harmonics[v].now.sine * call.unit));
      piece.put(to + call.count, v, rounded<Lanes>(harmonics[v].now.cosine * call.unit));
      harmonics[v].next();
    }
    to += 2 * call.count;
  }
}

template <class Lanes>
void wave_tables_kernel(const WaveTablesCall& call) {
  constexpr std::size_t kStep = kAbreast * Lanes::kCount;
  std::size_t i = 0;
  for (; i + kStep <= call.count; i += kStep) tables_at<Lanes, true>(call, i, kStep);
  if (i < call.count) tables_at<Lanes, false>(call, i, call.count - i);
}

template <class Lanes, bool full, bool value, bool derivative>
PAI_LANES_INLINE void share_at(const SeriesShareCall& call, std::size_t i, std::size_t count) {
  const Piece<Lanes, full> piece{count};
  OddHarmonics<Lanes> harmonics[kAbreast];
  typename Lanes::Sum value_sums[kAbreast], derivative_sums[kAbreast];
#pragma GCC unroll 2
  for (std::size_t v = 0; v < kAbreast; ++v) {
    harmonics[v].start(Wave<Lanes>::of(piece.get(call.opened + i, v), call.bits));
    value_sums[v] = derivative_sums[v] = Lanes::zero();
  }
  const std::uint64_t* from = call.tables + i;
  for (int j = 0; j < call.harmonics; ++j) {
#pragma GCC unroll 2
    for (std::size_t v = 0; v < kAbreast; ++v) {
      const auto sine_share = Lanes::factor(piece.get(from, v));
      const auto cosine_share = Lanes::factor(piece.get(from + call.count, v));
      const auto &sine = harmonics[v].now.sine, &cosine = harmonics[v].now.cosine;
      if constexpr (value) {  // sin(δ + r) = sin δ cos r + cos δ sin r
        Lanes::add_product(value_sums[v], rounded<Lanes>(sine * call.coefficients[j]), cosine_share);
        Lanes::add_product(value_sums[v], rounded<Lanes>(cosine * call.coefficients[j]), sine_share);
      }
      if constexpr (derivative) {  // cos(δ + r) = cos δ cos r − sin δ sin r
        Lanes::add_product(derivative_sums[v], rounded<Lanes>(cosine * call.slopes[j]), cosine_share);
        Lanes::add_product(derivative_sums[v], rounded<Lanes>(sine * -call.slopes[j]), sine_share);
      }
      harmonics[v].next();
    }
    from += 2 * call.count;
  }
#pragma GCC unroll 2
  for (std::size_t v = 0; v < kAbreast; ++v) {
    if constexpr (value) piece.put(call.value + i, v, Lanes::total(value_sums[v]));
    if constexpr (derivative) piece.put(call.derivative + i, v, Lanes::total(derivative_sums[v]));
  }
}

template <class Lanes, bool value, bool derivative>
void share_all(const SeriesShareCall& call) {
  constexpr std::size_t kStep = kAbreast * Lanes::kCount;
  std::size_t i = 0;
  for (; i + kStep <= call.count; i += kStep) share_at<Lanes, true, value, derivative>(call, i, kStep);
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
