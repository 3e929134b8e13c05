// Compiled for processors with AMX, whose tiles multiply bytes: the product of narrow_product.h in bytes, each half a sum of four times a power of 256. Of the
// sixteen products of two halves' bytes the ten below 2^32 count; those of one power are added up in one tile, which wraps as Z/2^32 does.
//
// A tile takes 64 rows of a and b together: of b (transposed) 16 columns, 64 rows' bytes in each line; of a 16 columns, 4 rows' bytes side by side in
// each word. So bytes are put in that order first, which costs as much as the products do; it is still several times as fast as 32-bit products.
#if defined(__x86_64__)

#include <immintrin.h>

#include "client/ring/kernel_tables.h"

namespace pai::client::ring {
namespace {

constexpr std::size_t kLines = 16;       // of a tile
constexpr std::size_t kLineBytes = 64;
constexpr std::size_t kInner = 64;       // rows of a and b that one tile takes
constexpr std::size_t kBlocks = 1;       // so many times these rows before sums leave their tiles
constexpr std::size_t kRowsAtATime = kInner * kBlocks;
constexpr std::size_t kColumnBlocks = 4;  // of 16 columns of b, for which a is put in order once
constexpr std::size_t kBytes = 4;         // of a half

struct Tile {
  alignas(64) std::uint8_t bytes[kLines * kLineBytes];
};

struct Scratch {
  Tile b[kColumnBlocks][kBlocks][kBytes];
  Tile a[kBlocks][kBytes];
  Tile sums[kBytes];
};

void configure() {
  struct alignas(64) {
    std::uint8_t palette = 1, start = 0, reserved[14] = {};
    std::uint16_t line_bytes[16] = {};
    std::uint8_t lines[16] = {};
  } config;
  for (int tile = 0; tile < 8; ++tile) {
    config.line_bytes[tile] = kLineBytes;
    config.lines[tile] = kLines;
  }
  _tile_loadconfig(&config);
}

typedef std::uint32_t Halves __attribute__((vector_size(64)));
typedef std::uint16_t Quarters __attribute__((vector_size(64)));

/// Sixteen words of four rows each to four vectors, of the rows' lowest bytes in each word, of their second, and so on.
[[gnu::always_inline]] inline void by_bytes(const __m512i (&rows)[4], __m512i (&bytes)[4]) {
  const __mmask32 odd_quarters = 0xAAAAAAAA;
  const __mmask64 odd_bytes = 0xAAAAAAAAAAAAAAAA;
  const auto low02 = _mm512_mask_blend_epi16(odd_quarters, rows[0], (__m512i)((Halves)rows[2] << 16));
  const auto high02 = _mm512_mask_blend_epi16(odd_quarters, (__m512i)((Halves)rows[0] >> 16), rows[2]);
  const auto low13 = _mm512_mask_blend_epi16(odd_quarters, rows[1], (__m512i)((Halves)rows[3] << 16));
  const auto high13 = _mm512_mask_blend_epi16(odd_quarters, (__m512i)((Halves)rows[1] >> 16), rows[3]);
  bytes[0] = _mm512_mask_blend_epi8(odd_bytes, low02, (__m512i)((Quarters)low13 << 8));
  bytes[1] = _mm512_mask_blend_epi8(odd_bytes, (__m512i)((Quarters)low02 >> 8), low13);
  bytes[2] = _mm512_mask_blend_epi8(odd_bytes, high02, (__m512i)((Quarters)high13 << 8));
  bytes[3] = _mm512_mask_blend_epi8(odd_bytes, (__m512i)((Quarters)high02 >> 8), high13);
}

[[gnu::always_inline]] inline std::size_t row_of(const NarrowCall& call, std::size_t k) { return call.rows == nullptr ? k : call.rows[k]; }

/// Four rows of 16 words at `from` + row · stride, zeros from row `end` on and of the words that `words` leaves out.
[[gnu::always_inline]] inline void load_rows(const NarrowCall& call, const HalfOfWord* from, std::size_t stride, std::size_t k, std::size_t end,
                                             __mmask16 words, __m512i (&rows)[4]) {
  for (std::size_t i = 0; i < 4; ++i) {
    rows[i] = k + i < end ? _mm512_maskz_loadu_epi32(words, from + row_of(call, k + i) * stride) : _mm512_setzero_si512();
  }
}

/// Columns `column` to `column` + 16 of a.
void put_a(const NarrowCall& call, std::size_t first, std::size_t end, std::size_t column, Tile (&tiles)[kBytes]) {
  for (std::size_t line = 0; line < kLines; ++line) {
    __m512i rows[4], bytes[4];
    load_rows(call, call.a + column, call.stride, first + 4 * line, end, 0xFFFF, rows);
    by_bytes(rows, bytes);
    for (std::size_t i = 0; i < kBytes; ++i) _mm512_store_si512(tiles[i].bytes + line * kLineBytes, bytes[i]);
  }
}

/// Columns of b from `column` on, transposed.
void put_b(const NarrowCall& call, std::size_t first, std::size_t end, std::size_t column, std::size_t columns, Tile (&tiles)[kBytes]) {
  const auto lines = _mm512_mullo_epi32(_mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0), _mm512_set1_epi32(kLineBytes));
  const auto words = static_cast<__mmask16>((1U << columns) - 1);
  for (std::size_t four = 0; four < kInner / 4; ++four) {
    __m512i rows[4], bytes[4];
    load_rows(call, call.b + column, call.width, first + 4 * four, end, words, rows);
    by_bytes(rows, bytes);
    for (std::size_t i = 0; i < kBytes; ++i) _mm512_i32scatter_epi32(tiles[i].bytes + 4 * four, lines, bytes[i], 1);
  }
}

/// Tiles 0 to 3 += the ten products, by their power of 256.
[[gnu::always_inline]] inline void multiply(const Tile (&b)[kBytes], const Tile (&a)[kBytes]) {
  _tile_loadd(4, a[3].bytes, kLineBytes);
  _tile_loadd(7, b[0].bytes, kLineBytes);
  _tile_dpbuud(3, 7, 4);
  _tile_loadd(4, a[0].bytes, kLineBytes);
  _tile_dpbuud(0, 7, 4);
  _tile_loadd(5, a[1].bytes, kLineBytes);
  _tile_dpbuud(1, 7, 5);
  _tile_loadd(6, a[2].bytes, kLineBytes);
  _tile_dpbuud(2, 7, 6);
  _tile_loadd(7, b[1].bytes, kLineBytes);
  _tile_dpbuud(1, 7, 4);
  _tile_dpbuud(2, 7, 5);
  _tile_dpbuud(3, 7, 6);
  _tile_loadd(7, b[2].bytes, kLineBytes);
  _tile_dpbuud(2, 7, 4);
  _tile_dpbuud(3, 7, 5);
  _tile_loadd(7, b[3].bytes, kLineBytes);
  _tile_dpbuud(3, 7, 4);
}

/// Rows `first` to `end` (at most kRowsAtATime), columns of b from `of_b` on (at most kColumnBlocks · 16).
void run_rows(const NarrowCall& call, std::size_t first, std::size_t end, std::size_t of_b, std::size_t width, Scratch& scratch) {
  const auto blocks = (end - first + kInner - 1) / kInner, column_blocks = (width + kLines - 1) / kLines;
  const auto columns_of = [&](std::size_t block) { return width - kLines * block < kLines ? width - kLines * block : kLines; };
  for (std::size_t v = 0; v < column_blocks; ++v) {
    for (std::size_t k = 0; k < blocks; ++k) put_b(call, first + k * kInner, end, of_b + v * kLines, columns_of(v), scratch.b[v][k]);
  }
  for (std::size_t column = 0; column < call.stride; column += kLines) {
    for (std::size_t k = end; k < end + kRowsAtATime && k < call.count; ++k) {
      _mm_prefetch(reinterpret_cast<const char*>(call.a + row_of(call, k) * call.stride + column), _MM_HINT_T1);
    }
    for (std::size_t k = 0; k < blocks; ++k) put_a(call, first + k * kInner, end, column, scratch.a[k]);
    for (std::size_t v = 0; v < column_blocks; ++v) {
      _tile_zero(0);
      _tile_zero(1);
      _tile_zero(2);
      _tile_zero(3);
      for (std::size_t k = 0; k < blocks; ++k) multiply(scratch.b[v][k], scratch.a[k]);
      _tile_stored(0, scratch.sums[0].bytes, kLineBytes);
      _tile_stored(1, scratch.sums[1].bytes, kLineBytes);
      _tile_stored(2, scratch.sums[2].bytes, kLineBytes);
      _tile_stored(3, scratch.sums[3].bytes, kLineBytes);
      const auto columns = columns_of(v);
      for (std::size_t i = 0; i < columns; ++i) {
        auto* const sum = call.sum + (of_b + v * kLines + i) * call.stride + column;
        const auto of_power = [&](std::size_t power) { return (Halves)_mm512_load_si512(scratch.sums[power].bytes + i * kLineBytes); };
        const Halves total = (Halves)_mm512_loadu_si512(sum) + of_power(0) + (of_power(1) << 8) + (of_power(2) << 16) + (of_power(3) << 24);
        _mm512_storeu_si512(sum, (__m512i)total);
      }
    }
  }
}

void add_product(const NarrowCall& call) {
  constexpr std::size_t kWidthMax = kColumnBlocks * kLines;
  Scratch scratch;
  configure();
  for (std::size_t of_b = 0; of_b < call.width; of_b += kWidthMax) {
    const auto width = call.width - of_b < kWidthMax ? call.width - of_b : kWidthMax;
    for (std::size_t first = 0; first < call.count; first += kRowsAtATime) {
      run_rows(call, first, call.count - first < kRowsAtATime ? call.count : first + kRowsAtATime, of_b, width, scratch);
    }
  }
  _tile_release();
}

}  // namespace

const NarrowKernel kNarrowAmx{"amx", false, add_product};

}  // namespace pai::client::ring

#endif
