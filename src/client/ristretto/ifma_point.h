#pragma once

#include <sodium.h>

#include <cstdint>

#include "client/ristretto/ifma_field.h"

/// Points of −x² + y² = 1 + d·x²·y², eight at a time, and their multiplication by one secret exponent. For
/// ifma_kernel.cpp alone. Formulas: Hisil, Wong, Carter, Dawson, "Twisted Edwards curves revisited"
/// (ASIACRYPT 2008), a = −1; they hold for every pair of points, so nothing depends on which points come.
namespace pai::client::ristretto::ifma {

inline constexpr Limbs kD = {
    {0xb4dca135978a3, 0x4d4141d8ab75e, 0x779e89800700a, 0xfe738cc740797, 0x52036cee2b6f}};
inline constexpr Limbs kTwoD = {
    {0x69b9426b2f159, 0x9a8283b156ebd, 0xef3d13000e014, 0xfce7198e80f2e, 0x2406d9dc56df}};

/// x = X/Z, y = Y/Z: what a doubling needs.
struct Projective {
  Field x, y, z;
};

/// The same with T = X·Y/Z, which an addition needs. X and Y come as a product leaves them.
struct Extended {
  Loose x, y;
  Field z, t;
};

/// A sum before its last four products: X = E·F, Y = G·H, Z = F·G, T = E·H.
struct Completed {
  Field e, f, g, h;
};

/// A point as the second summand: Y + X, Y − X, 2·Z, 2·d·T.
struct Cached {
  Field y_plus_x, y_minus_x, z2, t2d;
};

PAI_IFMA_CALLED Projective to_projective(const Completed& c) {
  return {carry(multiply(c.e, c.f)), carry(multiply(c.g, c.h)), carry(multiply(c.f, c.g))};
}

PAI_IFMA_CALLED Extended to_extended(const Completed& c) {
  return {multiply(c.e, c.f), multiply(c.g, c.h), carry(multiply(c.f, c.g)), carry(multiply(c.e, c.h))};
}

PAI_IFMA_CALLED Cached to_cached(const Extended& p) {
  const Loose z = loose(p.z);
  return {carry(add(p.y, p.x)), carry(subtract(p.y, p.x)), carry(add(z, z)),
          carry(multiply(p.t, constant(kTwoD)))};
}

/// Products lie in [0, 2p): so A + B, B − A + 2p and 2·C − (B − A) + 2p stay in range. F and H have the
/// opposite sign of the paper's, which changes the sign of all four coordinates, hence nothing.
PAI_IFMA_CALLED Completed twice(const Projective& p) {
  const Loose a = square(p.x);
  const Loose b = square(p.y);
  const Loose c = square(p.z);
  const Loose xy = multiply(p.x, p.y);
  const Loose g = subtract_limbs(b, a);
  return {carry(add(xy, xy)), carry(raise<1>(subtract_limbs(add(c, c), g))), carry(raise<1>(g)),
          carry(add(a, b))};
}

/// p + q, or p − q where `negative` is set (in all lanes or in none).
PAI_IFMA_CALLED Completed sum(const Extended& p, const Cached& q, __mmask8 negative) {
  const Loose a = multiply(carry(subtract(p.y, p.x)), select(negative, q.y_minus_x, q.y_plus_x));
  const Loose b = multiply(carry(add(p.y, p.x)), select(negative, q.y_plus_x, q.y_minus_x));
  const Loose t = multiply(p.t, q.t2d);
  const Loose d = multiply(p.z, q.z2);
  const __m512i zero = _mm512_setzero_si512();
  const Loose c = {{_mm512_mask_sub_epi64(t.limb[0], negative, zero, t.limb[0]),
                    _mm512_mask_sub_epi64(t.limb[1], negative, zero, t.limb[1]),
                    _mm512_mask_sub_epi64(t.limb[2], negative, zero, t.limb[2]),
                    _mm512_mask_sub_epi64(t.limb[3], negative, zero, t.limb[3]),
                    _mm512_mask_sub_epi64(t.limb[4], negative, zero, t.limb[4])}};
  return {carry(subtract(b, a)), carry(subtract(d, c)), carry(raise<1>(add(d, c))), carry(add(b, a))};
}

/// A secret exponent as 64 digits of −8…7, lowest first: Σ digit[i]·16^i. Wiped at the end.
class Digits {
 public:
  /// `exponent` has 32 bytes, little endian, below 2^253.
  explicit Digits(const std::uint8_t* exponent) {
    int carried = 0;
    for (int i = 0; i < kCount; ++i) {
      const int nibble = ((exponent[i / 2] >> (4 * (i % 2))) & 15) + carried;
      carried = (nibble + 8) >> 4;
      digit_[i] = static_cast<std::int8_t>(nibble - 16 * carried);
    }
  }
  Digits(const Digits&) = delete;
  Digits& operator=(const Digits&) = delete;
  ~Digits() { sodium_memzero(digit_, sizeof digit_); }

  static constexpr int kCount = 64;
  int operator[](int i) const { return digit_[i]; }

 private:
  std::int8_t digit_[kCount];
};

/// 1, 2 … 8 times a point.
struct Table {
  static constexpr int kSize = 8;
  Cached multiple[kSize];
};

/// |digit| times the table's point. All entries are read, whatever the digit: which one is taken shows in no
/// address.
PAI_IFMA_INLINE Field scan(const Field Cached::*part, const Table& table, const __mmask8* is,
                           const Field& neutral) {
  Field r = neutral;
  for (int i = 0; i < Table::kSize; ++i) r = select(is[i], r, table.multiple[i].*part);
  return r;
}

PAI_IFMA_CALLED Cached look_up(const Table& table, int magnitude) {
  const __m512i wanted = splat(static_cast<std::uint64_t>(magnitude));
  __mmask8 is[Table::kSize];
  for (int i = 0; i < Table::kSize; ++i) {
    is[i] = _mm512_cmpeq_epi64_mask(wanted, splat(static_cast<std::uint64_t>(i) + 1));
  }
  return {scan(&Cached::y_plus_x, table, is, small(1)), scan(&Cached::y_minus_x, table, is, small(1)),
          scan(&Cached::z2, table, is, small(2)), scan(&Cached::t2d, table, is, small(0))};
}

PAI_IFMA inline void fill(Table& table, const Extended& p) {
  table.multiple[0] = to_cached(p);
  Extended next = p;
  for (int i = 1; i < Table::kSize; ++i) {
    next = to_extended(sum(next, table.multiple[0], 0));
    table.multiple[i] = to_cached(next);
  }
}

/// exponent·p, before its last products.
PAI_IFMA inline Completed multiply_point(const Digits& exponent, const Extended& p) {
  Table table;
  fill(table, p);
  Extended r = {loose(small(0)), loose(small(1)), small(1), small(0)};
  for (int i = Digits::kCount - 1;; --i) {
    const int digit = exponent[i];
    const int sign = digit >> 31;  // 0 or −1
    Completed c = sum(r, look_up(table, (digit ^ sign) - sign), static_cast<__mmask8>(sign));
    if (i == 0) return c;
    for (int k = 0; k < 4; ++k) c = twice(to_projective(c));
    r = to_extended(c);
  }
}

}  // namespace pai::client::ristretto::ifma
