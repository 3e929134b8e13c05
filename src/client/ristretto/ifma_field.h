#pragma once

#include <immintrin.h>

#include <cstdint>
#include <cstring>

/// Arithmetic modulo p = 2^255 − 19, eight numbers at a time, on AVX-512 IFMA. For ifma_kernel.cpp alone.
///
/// A number is V = Σ limb[i]·2^(52·i), i = 0…4. Radix 2^52 is what the multiplier splits its products at (it
/// reads the low 52 bits of each factor, whatever stands above them), so that no product needs a shift.
/// Everything here runs in constant time: no branch and no address depends on a value.
///
/// Each function states its target, so no code for a newer processor gets into functions that run on any.
/// What makes up a formula is inlined, whole formulas are called: products stay in registers, and the code
/// stays small.
#define PAI_IFMA __attribute__((target("avx512f,avx512vl,avx512dq,avx512ifma")))
#define PAI_IFMA_INLINE __attribute__((target("avx512f,avx512vl,avx512dq,avx512ifma"), always_inline)) inline
#define PAI_IFMA_CALLED __attribute__((target("avx512f,avx512vl,avx512dq,avx512ifma"), noinline)) inline

namespace pai::client::ristretto::ifma {

inline constexpr int kLanes = 8;

/// Limbs as they come out of additions and products: signed, up to 2^62 in size. V lies in [0, 2^260).
struct Loose {
  __m512i limb[5];
};

/// What may be multiplied: every carry has moved up, so V = Σ (limb[i] mod 2^52)·2^(52·i). What stands above
/// bit 52 of a limb is left over from the carry and means nothing. V lies in [0, 2^260).
struct Field {
  __m512i limb[5];
};

/// One number, the same in all lanes.
struct Limbs {
  std::uint64_t limb[5];
};

inline constexpr std::uint64_t kMask52 = (std::uint64_t{1} << 52) - 1;
inline constexpr std::uint64_t kMask47 = (std::uint64_t{1} << 47) - 1;

PAI_IFMA_INLINE __m512i splat(std::uint64_t value) {
  return _mm512_set1_epi64(static_cast<long long>(value));
}

// Shifts of each lane, as vector operators: the intrinsics for them make g++ 12 warn of its own header.
using Unsigned = unsigned long long __attribute__((vector_size(64), may_alias));
template <int bits>
PAI_IFMA_INLINE __m512i right(__m512i a) {
  return (__m512i)((Unsigned)a >> bits);
}
template <int bits>
PAI_IFMA_INLINE __m512i left(__m512i a) {
  return (__m512i)((Unsigned)a << bits);
}
template <int bits>
PAI_IFMA_INLINE __m512i right_signed(__m512i a) {
  return a >> bits;
}

PAI_IFMA_INLINE Field constant(const Limbs& value) {
  return {{splat(value.limb[0]), splat(value.limb[1]), splat(value.limb[2]), splat(value.limb[3]),
           splat(value.limb[4])}};
}

PAI_IFMA_INLINE Field small(std::uint64_t value) {
  const __m512i zero = _mm512_setzero_si512();
  return {{splat(value), zero, zero, zero, zero}};
}

// --- From sums to factors and back ---

/// One pass of carries from the lowest limb to the highest. Shifts are arithmetic: limbs of a difference may
/// be below zero, though V is not.
PAI_IFMA_INLINE Field carry(const Loose& a) {
  Field r;
  r.limb[0] = a.limb[0];
  r.limb[1] = _mm512_add_epi64(a.limb[1], right_signed<52>(r.limb[0]));
  r.limb[2] = _mm512_add_epi64(a.limb[2], right_signed<52>(r.limb[1]));
  r.limb[3] = _mm512_add_epi64(a.limb[3], right_signed<52>(r.limb[2]));
  r.limb[4] = _mm512_add_epi64(a.limb[4], right_signed<52>(r.limb[3]));
  return r;
}

PAI_IFMA_INLINE Loose loose(const Field& a) {
  const __m512i mask = splat(kMask52);
  return {{_mm512_and_si512(a.limb[0], mask), _mm512_and_si512(a.limb[1], mask),
           _mm512_and_si512(a.limb[2], mask), _mm512_and_si512(a.limb[3], mask),
           _mm512_and_si512(a.limb[4], mask)}};
}

/// The same number modulo p, V < 2^255 + 2^18: what lies above bit 255 comes back below as 19 times as much.
PAI_IFMA_INLINE Field fold_top(const Loose& a) {
  Loose r = loose(carry(a));
  const __m512i top = right<47>(r.limb[4]);
  r.limb[4] = _mm512_and_si512(r.limb[4], splat(kMask47));
  r.limb[0] = _mm512_madd52lo_epu64(r.limb[0], top, splat(19));
  return carry(r);
}

// --- Sums, as limbs. The caller keeps V within [0, 2^260) ---

PAI_IFMA_INLINE Loose add(const Loose& a, const Loose& b) {
  return {{_mm512_add_epi64(a.limb[0], b.limb[0]), _mm512_add_epi64(a.limb[1], b.limb[1]),
           _mm512_add_epi64(a.limb[2], b.limb[2]), _mm512_add_epi64(a.limb[3], b.limb[3]),
           _mm512_add_epi64(a.limb[4], b.limb[4])}};
}

PAI_IFMA_INLINE Loose subtract_limbs(const Loose& a, const Loose& b) {
  return {{_mm512_sub_epi64(a.limb[0], b.limb[0]), _mm512_sub_epi64(a.limb[1], b.limb[1]),
           _mm512_sub_epi64(a.limb[2], b.limb[2]), _mm512_sub_epi64(a.limb[3], b.limb[3]),
           _mm512_sub_epi64(a.limb[4], b.limb[4])}};
}

/// a + 2^k·p, which is 0 modulo p but keeps a difference from falling below zero. 2^k·p = 2^(255+k) − 19·2^k
/// touches two limbs only.
template <int k>
PAI_IFMA_INLINE Loose raise(const Loose& a) {
  Loose r = a;
  r.limb[0] = _mm512_sub_epi64(r.limb[0], splat(std::uint64_t{19} << k));
  r.limb[4] = _mm512_add_epi64(r.limb[4], splat(std::uint64_t{1} << (47 + k)));
  return r;
}

/// a − b for b ≤ 2p, as products are.
PAI_IFMA_INLINE Loose subtract(const Loose& a, const Loose& b) {
  return raise<1>(subtract_limbs(a, b));
}

// --- Products ---

/// Adds a·b·2^(52·i) to the ten limbs from z.
PAI_IFMA_INLINE void add_row(__m512i* z, __m512i a, const Field& b) {
  z[0] = _mm512_madd52lo_epu64(z[0], a, b.limb[0]);
  z[1] = _mm512_madd52lo_epu64(z[1], a, b.limb[1]);
  z[2] = _mm512_madd52lo_epu64(z[2], a, b.limb[2]);
  z[3] = _mm512_madd52lo_epu64(z[3], a, b.limb[3]);
  z[4] = _mm512_madd52lo_epu64(z[4], a, b.limb[4]);
  z[1] = _mm512_madd52hi_epu64(z[1], a, b.limb[0]);
  z[2] = _mm512_madd52hi_epu64(z[2], a, b.limb[1]);
  z[3] = _mm512_madd52hi_epu64(z[3], a, b.limb[2]);
  z[4] = _mm512_madd52hi_epu64(z[4], a, b.limb[3]);
  z[5] = _mm512_madd52hi_epu64(z[5], a, b.limb[4]);
}

PAI_IFMA_INLINE void clear(__m512i* z) {
  const __m512i zero = _mm512_setzero_si512();
  z[0] = z[1] = z[2] = z[3] = z[4] = z[5] = z[6] = z[7] = z[8] = z[9] = zero;
}

/// From ten limbs of a product below 2^520, each below 2^57, to V < 2^255 + 2^213 modulo p, limbs below 2^57.
/// 2^260 is 608 = 32·19 modulo p; the last limb's product with it reaches over once more (h), as does what is
/// above bit 255 (top).
PAI_IFMA_INLINE Loose fold(__m512i* z) {
  z[6] = _mm512_add_epi64(z[6], right<52>(z[5]));
  z[7] = _mm512_add_epi64(z[7], right<52>(z[6]));
  z[8] = _mm512_add_epi64(z[8], right<52>(z[7]));
  z[9] = _mm512_add_epi64(z[9], right<52>(z[8]));
  const __m512i wrap = splat(608);
  const __m512i h = _mm512_madd52hi_epu64(_mm512_setzero_si512(), z[9], wrap);
  z[4] = _mm512_madd52lo_epu64(z[4], z[9], wrap);
  z[4] = _mm512_madd52hi_epu64(z[4], z[8], wrap);
  z[0] = _mm512_madd52lo_epu64(z[0], z[5], wrap);
  z[1] = _mm512_madd52lo_epu64(z[1], z[6], wrap);
  z[2] = _mm512_madd52lo_epu64(z[2], z[7], wrap);
  z[3] = _mm512_madd52lo_epu64(z[3], z[8], wrap);
  z[1] = _mm512_madd52hi_epu64(z[1], z[5], wrap);
  z[2] = _mm512_madd52hi_epu64(z[2], z[6], wrap);
  z[3] = _mm512_madd52hi_epu64(z[3], z[7], wrap);
  const __m512i top = right<47>(z[4]);
  z[0] = _mm512_madd52lo_epu64(z[0], h, wrap);
  z[0] = _mm512_madd52lo_epu64(z[0], top, splat(19));
  return {{z[0], z[1], z[2], z[3], _mm512_and_si512(z[4], splat(kMask47))}};
}

PAI_IFMA_INLINE Loose multiply(const Field& a, const Field& b) {
  __m512i z[10];
  clear(z);
  add_row(z, a.limb[0], b);
  add_row(z + 1, a.limb[1], b);
  add_row(z + 2, a.limb[2], b);
  add_row(z + 3, a.limb[3], b);
  add_row(z + 4, a.limb[4], b);
  return fold(z);
}

PAI_IFMA_INLINE void add_product(__m512i* z, __m512i a, __m512i b) {
  z[0] = _mm512_madd52lo_epu64(z[0], a, b);
  z[1] = _mm512_madd52hi_epu64(z[1], a, b);
}

PAI_IFMA_INLINE Loose square(const Field& a) {
  __m512i z[10];
  clear(z);
  add_product(z + 1, a.limb[0], a.limb[1]);
  add_product(z + 2, a.limb[0], a.limb[2]);
  add_product(z + 3, a.limb[0], a.limb[3]);
  add_product(z + 4, a.limb[0], a.limb[4]);
  add_product(z + 3, a.limb[1], a.limb[2]);
  add_product(z + 4, a.limb[1], a.limb[3]);
  add_product(z + 5, a.limb[1], a.limb[4]);
  add_product(z + 5, a.limb[2], a.limb[3]);
  add_product(z + 6, a.limb[2], a.limb[4]);
  add_product(z + 7, a.limb[3], a.limb[4]);
  z[1] = _mm512_add_epi64(z[1], z[1]);
  z[2] = _mm512_add_epi64(z[2], z[2]);
  z[3] = _mm512_add_epi64(z[3], z[3]);
  z[4] = _mm512_add_epi64(z[4], z[4]);
  z[5] = _mm512_add_epi64(z[5], z[5]);
  z[6] = _mm512_add_epi64(z[6], z[6]);
  z[7] = _mm512_add_epi64(z[7], z[7]);
  z[8] = _mm512_add_epi64(z[8], z[8]);
  add_product(z, a.limb[0], a.limb[0]);
  add_product(z + 2, a.limb[1], a.limb[1]);
  add_product(z + 4, a.limb[2], a.limb[2]);
  add_product(z + 6, a.limb[3], a.limb[3]);
  add_product(z + 8, a.limb[4], a.limb[4]);
  return fold(z);
}

// --- The same on carried numbers, for code where a few carries more don't count. Results are below 2^255 +
// 2^213 ---

PAI_IFMA_CALLED Field mul(const Field& a, const Field& b) {
  return carry(multiply(a, b));
}
PAI_IFMA_CALLED Field sqr(const Field& a) {
  return carry(square(a));
}
/// For V < 2^259 both.
PAI_IFMA_CALLED Field plus(const Field& a, const Field& b) {
  return fold_top(add(loose(a), loose(b)));
}
PAI_IFMA_CALLED Field minus(const Field& a, const Field& b) {
  return fold_top(raise<4>(subtract_limbs(loose(a), loose(b))));
}
PAI_IFMA_INLINE Field negate(const Field& a) {
  return minus(small(0), a);
}

PAI_IFMA_INLINE Field select(__mmask8 second, const Field& a, const Field& b) {
  return {{_mm512_mask_mov_epi64(a.limb[0], second, b.limb[0]),
           _mm512_mask_mov_epi64(a.limb[1], second, b.limb[1]),
           _mm512_mask_mov_epi64(a.limb[2], second, b.limb[2]),
           _mm512_mask_mov_epi64(a.limb[3], second, b.limb[3]),
           _mm512_mask_mov_epi64(a.limb[4], second, b.limb[4])}};
}

// --- The one representative in [0, p) ---

PAI_IFMA_CALLED Loose canonical(const Field& a) {
  // Below 2^255 + 2^18 first; then V ≥ p exactly if V + 19 reaches bit 255, and V − q·p is V + 19·q without
  // that bit.
  const Loose v = loose(fold_top(loose(a)));
  Loose t = v;
  t.limb[0] = _mm512_add_epi64(t.limb[0], splat(19));
  const __m512i q = right<47>(carry(t).limb[4]);
  t.limb[0] = _mm512_madd52lo_epu64(v.limb[0], q, splat(19));
  Loose r = loose(carry(t));
  r.limb[4] = _mm512_and_si512(r.limb[4], splat(kMask47));
  return r;
}

PAI_IFMA_INLINE __mmask8 is_zero(const Field& a) {
  const Loose v = canonical(a);
  const __m512i any = _mm512_or_si512(_mm512_or_si512(_mm512_or_si512(v.limb[0], v.limb[1]), v.limb[2]),
                                      _mm512_or_si512(v.limb[3], v.limb[4]));
  return _mm512_testn_epi64_mask(any, any);
}

PAI_IFMA_INLINE __mmask8 equal(const Field& a, const Field& b) {
  return is_zero(minus(a, b));
}

/// RFC 9496's sign: odd representatives are negative.
PAI_IFMA_INLINE __mmask8 is_negative(const Field& a) {
  return _mm512_test_epi64_mask(canonical(a).limb[0], splat(1));
}
PAI_IFMA_INLINE Field absolute(const Field& a) {
  return select(is_negative(a), a, negate(a));
}

// --- Bytes ---

/// Word w of eight numbers, one a lane, from 32 little-endian bytes each, `stride` bytes apart.
PAI_IFMA_INLINE __m512i gather(const std::uint8_t* bytes, int stride, int word) {
  alignas(64) std::uint64_t lane[kLanes];
  for (int i = 0; i < kLanes; ++i) std::memcpy(lane + i, bytes + stride * i + 8 * word, 8);
  return _mm512_load_si512(lane);
}

PAI_IFMA_INLINE void scatter(__m512i value, std::uint8_t* bytes, int word) {
  alignas(64) std::uint64_t lane[kLanes];
  _mm512_store_si512(lane, value);
  for (int i = 0; i < kLanes; ++i) std::memcpy(bytes + 32 * i + 8 * word, lane + i, 8);
}

/// Lane i from the 32 bytes at bytes + i·stride. Bit 255 is left out.
PAI_IFMA_INLINE Field load(const std::uint8_t* bytes, int stride) {
  const __m512i w0 = gather(bytes, stride, 0);
  const __m512i w1 = gather(bytes, stride, 1);
  const __m512i w2 = gather(bytes, stride, 2);
  const __m512i w3 = gather(bytes, stride, 3);
  const __m512i mask = splat(kMask52);
  return {{_mm512_and_si512(w0, mask), _mm512_and_si512(_mm512_or_si512(right<52>(w0), left<12>(w1)), mask),
           _mm512_and_si512(_mm512_or_si512(right<40>(w1), left<24>(w2)), mask),
           _mm512_and_si512(_mm512_or_si512(right<28>(w2), left<36>(w3)), mask),
           _mm512_and_si512(right<16>(w3), splat(kMask47))}};
}

/// Lane i's canonical 32 bytes to bytes + 32·i.
PAI_IFMA_INLINE void store(const Field& a, std::uint8_t* bytes) {
  const Loose v = canonical(a);
  scatter(_mm512_or_si512(v.limb[0], left<52>(v.limb[1])), bytes, 0);
  scatter(_mm512_or_si512(right<12>(v.limb[1]), left<40>(v.limb[2])), bytes, 1);
  scatter(_mm512_or_si512(right<24>(v.limb[2]), left<28>(v.limb[3])), bytes, 2);
  scatter(_mm512_or_si512(right<36>(v.limb[3]), left<16>(v.limb[4])), bytes, 3);
}

}  // namespace pai::client::ristretto::ifma
