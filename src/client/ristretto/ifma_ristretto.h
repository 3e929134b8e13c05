#pragma once

#include <cstdint>

#include "client/ristretto/ifma_point.h"

/// ristretto255 (RFC 9496) over arrays of vectors of eight: decoding, the one-way map, encoding. For
/// ifma_kernel.cpp alone. A power is a chain of 254 squarings where each waits for the one before: several
/// vectors go through it side by side to fill the multiplier.
namespace pai::client::ristretto::ifma {

inline constexpr Limbs kSqrtMinusOne = {
    {0xe1b274a0ea0b0, 0x6ad2fe478c4e, 0xdfbd7a72f4318, 0xdf0b2b4d00993, 0x2b8324804fc1}};
inline constexpr Limbs kOneMinusDSquared = {
    {0xc09c1945fc176, 0x38cd5e350fe27, 0xe70dfe42c81a1, 0xe0d79994abddb, 0x29072a8b2b3}};
inline constexpr Limbs kDMinusOneSquared = {
    {0xd5aaa44ed4d20, 0x2cb01e199931a, 0x29b4eebd29e4a, 0x22414cdcd32f5, 0x5968b37af66c}};
inline constexpr Limbs kSqrtAdMinusOne = {
    {0x7f6a0497b2e1b, 0xc1b7854bd7e9, 0x1f5d1fdaf9d8e, 0x48ac0f3cfcc93, 0x376931bf2b83}};
inline constexpr Limbs kInvSqrtAMinusD = {
    {0x8fdaa805d40ea, 0x175a4172be99c, 0xe01d8409d2f16, 0xfca216c27b91f, 0x786c8905cfaf}};

/// Vectors that go through a power together.
inline constexpr int kTogether = 4;

// --- Powers, of n ≤ kTogether vectors ---

PAI_IFMA inline void square_times(Field* x, int n, int times) {
  for (; times > 0; --times) {
    for (int i = 0; i < n; ++i) x[i] = carry(square(x[i]));
  }
}

PAI_IFMA inline void multiply_each(Field* x, const Field* y, int n) {
  for (int i = 0; i < n; ++i) x[i] = mul(x[i], y[i]);
}

PAI_IFMA inline void copy(Field* to, const Field* from, int n) {
  for (int i = 0; i < n; ++i) to[i] = from[i];
}

/// r = x^(2^(k+more) − 1) from r = x^(2^k − 1) and s = x^(2^more − 1).
PAI_IFMA inline void extend(Field* r, const Field* s, int n, int more) {
  square_times(r, n, more);
  multiply_each(r, s, n);
}

/// r = x^(2^250 − 1), x11 = x^11.
PAI_IFMA inline void power_of_ones(const Field* x, int n, Field* r, Field* x11) {
  Field ones5[kTogether], ones10[kTogether], ones50[kTogether], s[kTogether];
  copy(x11, x, n);
  square_times(x11, n, 1);  // 2
  copy(r, x11, n);
  square_times(r, n, 2);     // 8
  multiply_each(r, x, n);    // 9
  multiply_each(x11, r, n);  // 11
  copy(ones5, x11, n);
  square_times(ones5, n, 1);   // 22
  multiply_each(ones5, r, n);  // 31
  copy(ones10, ones5, n);
  extend(ones10, ones5, n, 5);
  copy(s, ones10, n);
  extend(s, ones10, n, 10);  // 20 ones
  copy(ones50, s, n);
  extend(ones50, s, n, 20);  // 40 ones
  extend(ones50, ones10, n, 10);
  copy(s, ones50, n);
  extend(s, ones50, n, 50);  // 100 ones
  copy(r, s, n);
  extend(r, s, n, 100);  // 200 ones
  extend(r, ones50, n, 50);
}

/// 1/x, or 0 for 0.
PAI_IFMA inline Field inverse(const Field& x) {
  Field r, x11;
  power_of_ones(&x, 1, &r, &x11);
  square_times(&r, 1, 5);
  return mul(r, x11);  // x^(2^255 − 21)
}

/// SQRT_RATIO_M1 of RFC 9496 section 4.2: r = |sqrt(u/v)| where u/v is a square, |sqrt(i·u/v)| elsewhere.
PAI_IFMA inline void sqrt_ratio(const Field* u, const Field* v, int n, Field* r, __mmask8* was_square) {
  Field base[kTogether] = {}, power[kTogether], x11[kTogether];
  for (int k = 0; k < n; ++k) {
    const Field v3 = mul(sqr(v[k]), v[k]);
    r[k] = mul(u[k], v3);
    base[k] = mul(r[k], sqr(sqr(v[k])));  // u·v^7
  }
  power_of_ones(base, n, power, x11);
  square_times(power, n, 2);
  multiply_each(power, base, n);  // (u·v^7)^(2^252 − 3)
  multiply_each(r, power, n);
  for (int k = 0; k < n; ++k) {
    const Field i = constant(kSqrtMinusOne);
    const Field check = mul(v[k], sqr(r[k]));
    const Field minus_u = negate(u[k]);
    const __mmask8 correct = equal(check, u[k]);
    const __mmask8 flipped = equal(check, minus_u);
    const __mmask8 flipped_i = equal(check, mul(minus_u, i));
    r[k] = absolute(select(flipped | flipped_i, r[k], mul(r[k], i)));
    was_square[k] = correct | flipped;
  }
}

// --- Decoding (section 4.3.1) ---

/// The points of n encodings; `good[k]` has a bit for each lane that is a canonical encoding of a point other
/// than the identity. The other lanes' points are meaningless.
PAI_IFMA inline void decode(const std::uint8_t* bytes, int n, Extended* points, __mmask8* good) {
  Field s[kTogether], u1[kTogether], u2[kTogether], v[kTogether], root[kTogether];
  Field w[kTogether] = {}, one[kTogether] = {};
  for (int k = 0; k < n; ++k) {
    const std::uint8_t* encodings = bytes + 32 * kLanes * k;
    s[k] = load(encodings, 32);
    const Loose reduced = canonical(s[k]);
    __mmask8 bad = _mm512_movepi64_mask(gather(encodings, 32, 3));  // bit 255
    for (int limb = 0; limb < 5; ++limb) bad |= _mm512_cmpneq_epi64_mask(reduced.limb[limb], s[k].limb[limb]);
    bad |= _mm512_test_epi64_mask(reduced.limb[0], splat(1));
    good[k] = static_cast<__mmask8>(~bad);

    one[k] = small(1);
    const Field ss = sqr(s[k]);
    u1[k] = minus(one[k], ss);
    u2[k] = plus(one[k], ss);
    const Field u2_squared = sqr(u2[k]);
    v[k] = negate(plus(mul(constant(kD), sqr(u1[k])), u2_squared));
    w[k] = mul(v[k], u2_squared);
  }
  __mmask8 was_square[kTogether];
  sqrt_ratio(one, w, n, root, was_square);
  for (int k = 0; k < n; ++k) {
    const Field den_x = mul(root[k], u2[k]);
    const Field den_y = mul(mul(root[k], den_x), v[k]);
    const Field x = absolute(mul(plus(s[k], s[k]), den_x));
    const Field y = mul(u1[k], den_y);
    const Field t = mul(x, y);
    good[k] = static_cast<__mmask8>(good[k] & was_square[k] & ~is_negative(t) & ~is_zero(y) & ~is_zero(s[k]));
    points[k] = {loose(x), loose(y), small(1), t};
  }
}

// --- The one-way map (section 4.3.4) ---

/// MAP of n ≤ kTogether vectors of field elements.
PAI_IFMA inline void map(const Field* t, int n, Completed* points) {
  const Field one = small(1);
  const Field d = constant(kD);
  Field r[kTogether], s[kTogether];
  Field u[kTogether] = {}, v[kTogether] = {};
  for (int k = 0; k < n; ++k) {
    r[k] = mul(constant(kSqrtMinusOne), sqr(t[k]));
    u[k] = mul(plus(r[k], one), constant(kOneMinusDSquared));
    v[k] = negate(mul(plus(one, mul(r[k], d)), plus(r[k], d)));
  }
  __mmask8 was_square[kTogether];
  sqrt_ratio(u, v, n, s, was_square);
  for (int k = 0; k < n; ++k) {
    const Field root = select(was_square[k], negate(absolute(mul(s[k], t[k]))), s[k]);
    const Field c = select(was_square[k], r[k], negate(one));
    const Field many = minus(mul(mul(c, minus(r[k], one)), constant(kDMinusOneSquared)), v[k]);
    const Field root_squared = sqr(root);
    // X = w0·w3, Y = w2·w1, Z = w1·w3, T = w0·w2 in the RFC's names.
    points[k] = {plus(mul(root, v[k]), mul(root, v[k])), plus(one, root_squared),
                 mul(many, constant(kSqrtAdMinusOne)), minus(one, root_squared)};
  }
}

/// The sums of the two halves of n ≤ kTogether / 2 vectors of 64 bytes each.
PAI_IFMA inline void map_uniform(const std::uint8_t* bytes, int n, Extended* points) {
  Field halves[kTogether] = {};
  for (int k = 0; k < n; ++k) {
    halves[2 * k] = load(bytes + 64 * kLanes * k, 64);
    halves[2 * k + 1] = load(bytes + 64 * kLanes * k + 32, 64);
  }
  Completed mapped[kTogether];
  map(halves, 2 * n, mapped);
  for (int k = 0; k < n; ++k) {
    const Cached second = to_cached(to_extended(mapped[2 * k + 1]));
    points[k] = to_extended(sum(to_extended(mapped[2 * k]), second, 0));
  }
}

// --- Encoding of doubles ---

/// What encoding 2·P takes, P = (X : Y : Z : T): 2·P = (e·h : f·g : f·h : e·g).
struct Doubled {
  Field e, f, g, h, eg, fh, product;
};

/// The encodings of 2·P for n points. Encoding P itself takes a square root; that of a double is known, and
/// what is left is a division, which n vectors share (Montgomery's trick). `scratch` and `prefix` have room
/// for n. The idea is curve25519-dalek's; the caller halves its exponent to make up for the doubling.
PAI_IFMA inline void encode_doubles(const Completed* points, int n, Doubled* scratch, Field* prefix,
                                    std::uint8_t* out) {
  const Field one = small(1);
  const Field zero = small(0);
  Field running = one;
  for (int k = 0; k < n; ++k) {
    const Completed& p = points[k];
    const Field x = mul(p.e, p.f), y = mul(p.g, p.h), z = mul(p.f, p.g), t = mul(p.e, p.h);
    Doubled& q = scratch[k];
    const Field zz = sqr(z);
    const Field dtt = mul(sqr(t), constant(kD));
    q.e = mul(x, plus(y, y));
    q.f = plus(zz, dtt);
    q.g = plus(sqr(y), sqr(x));
    q.h = minus(zz, dtt);
    q.eg = mul(q.e, q.g);
    q.fh = mul(q.f, q.h);
    // Zero for the identity only, which must not spoil the others' division.
    const Field product = mul(q.eg, q.fh);
    q.product = select(is_zero(product), product, one);
    prefix[k] = running;
    running = mul(running, q.product);
  }
  Field rest = inverse(running);
  for (int k = n - 1; k >= 0; --k) {
    const Doubled& q = scratch[k];
    const Field inv = mul(rest, prefix[k]);
    rest = mul(rest, q.product);
    const Field z_inverse = mul(q.eg, inv);
    const Field t_inverse = mul(q.fh, inv);
    // Of the four points with this encoding, take the one with x·y and x not negative (section 4.3.2).
    const __mmask8 rotate = is_negative(mul(q.eg, z_inverse));
    const Field e = select(rotate, q.e, q.g);
    const Field h = select(rotate, q.h, mul(q.f, constant(kSqrtMinusOne)));
    const Field magic = select(rotate, constant(kInvSqrtAMinusD), constant(kSqrtMinusOne));
    Field g = select(rotate, q.g, negate(q.e));
    g = select(is_negative(mul(mul(h, e), z_inverse)), g, negate(g));
    Field s = absolute(mul(minus(h, g), mul(magic, mul(g, t_inverse))));
    s = select(is_zero(q.eg), s, zero);  // the identity's representatives (±i, 0) would give another s
    store(s, out + 32 * kLanes * k);
  }
}

}  // namespace pai::client::ristretto::ifma
