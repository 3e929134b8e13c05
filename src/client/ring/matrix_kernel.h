#pragma once

#include "client/ring/lanes.h"
#include "client/ring/matrix.h"

/// The matrix products in lanes (see lanes.h for how this file is used). A tile of the result, `rows` ×
/// `vectors` · kCount, stays in registers while its factors go by; tiles are taken in an order that keeps the
/// factors in the caches.
namespace pai::client::ring {
namespace {

/// How a kernel cuts its work.
struct Cut {
  std::size_t rows;         ///< of a tile
  std::size_t vectors;      ///< of a tile's row
  std::size_t row_vectors;  ///< of a tile of one row
};

/// So much of the sum over k is taken at once: a panel of b, 128 × 16 words at most, is half a first-level
/// cache.
constexpr std::size_t kDepth = 128;
constexpr std::size_t kPanelBytes = 16384;
/// So many rows of the result share a panel of b while it is in the cache.
constexpr std::size_t kRowsTogether = 128;
/// Fewer when all of b stays there anyway: then the result's rows are written one after the other, as the
/// memory likes it.
constexpr std::size_t kRowsInTurn = 8;

/// The left factor, element (i, k); rows next to each other when it is transposed, else columns.
template <bool transposed>
struct Left {
  const Word* data;
  std::size_t stride;

  PAI_LANES_INLINE const Word& at(std::size_t i, std::size_t k) const {
    return transposed ? data[k * stride + i] : data[i * stride + k];
  }
  PAI_LANES_INLINE Left from(std::size_t i, std::size_t k) const { return {&at(i, k), stride}; }
};

/// c[rows][vectors · kCount] += Σ_k a(·, k) · b[k]; of the columns only the first `width` when `partial`.
template <class Lanes, bool transposed, std::size_t rows, std::size_t vectors, bool partial>
void tile(std::size_t depth, Left<transposed> a, const Word* b, std::size_t b_stride, Word* c,
          std::size_t c_stride, std::size_t width) {
  constexpr std::size_t kCount = Lanes::kCount;
  typename Lanes::Sum sums[rows][vectors];
#pragma GCC unroll 8
  for (std::size_t i = 0; i < rows; ++i) {
#pragma GCC unroll 8
    for (std::size_t v = 0; v < vectors; ++v) sums[i][v] = Lanes::zero();
  }
  for (std::size_t k = 0; k < depth; ++k) {
    typename Lanes::Factor factors[vectors];
#pragma GCC unroll 8
    for (std::size_t v = 0; v < vectors; ++v) factors[v] = Lanes::factor(load<Lanes>(b + v * kCount));
    b += b_stride;
#pragma GCC unroll 8
    for (std::size_t i = 0; i < rows; ++i) {
      const auto left = Lanes::broadcast(a.at(i, 0));
#pragma GCC unroll 8
      for (std::size_t v = 0; v < vectors; ++v) Lanes::add_product(sums[i][v], left, factors[v]);
    }
    a.data += transposed ? a.stride : 1;
  }
#pragma GCC unroll 8
  for (std::size_t i = 0; i < rows; ++i) {
    Word* to = c + i * c_stride;
    if constexpr (partial) {
      static_assert(vectors == 1);
      Word row[kCount];
      store<Lanes>(row, Lanes::total(sums[i][0]));
      for (std::size_t j = 0; j < width; ++j) to[j] += row[j];
    } else {
#pragma GCC unroll 8
      for (std::size_t v = 0; v < vectors; ++v)
        store<Lanes>(to + v * kCount, load<Lanes>(to + v * kCount) + Lanes::total(sums[i][v]));
    }
  }
}

/// One panel of columns: as many tiles as `rows` takes, the last with fewer rows.
template <class Lanes, bool transposed, std::size_t tile_rows, std::size_t vectors, bool partial>
void panel(std::size_t rows, std::size_t depth, Left<transposed> a, const Word* b, std::size_t b_stride,
           Word* c, std::size_t c_stride, std::size_t width) {
  std::size_t i = 0;
  for (; i + tile_rows <= rows; i += tile_rows) {
    tile<Lanes, transposed, tile_rows, vectors, partial>(depth, a.from(i, 0), b, b_stride, c + i * c_stride,
                                                         c_stride, width);
  }
  if constexpr (tile_rows > 1) {
    if (i < rows) {
      panel<Lanes, transposed, tile_rows / 2, vectors, partial>(rows - i, depth, a.from(i, 0), b, b_stride,
                                                                c + i * c_stride, c_stride, width);
    }
  }
}

/// b as it stands (k×n), or transposed (n×k).
struct Right {
  const Word* data;
  std::size_t stride;
  bool transposed;
};

/// buffer[k][j] = b(k0 + k, j0 + j), zero from column `width` on.
template <std::size_t columns>
void copy_panel(const Right& b, std::size_t k0, std::size_t depth, std::size_t j0, std::size_t width,
                Word* buffer) {
  if (!b.transposed && width == columns) {
    for (std::size_t k = 0; k < depth; ++k)
      std::memcpy(buffer + k * columns, b.data + (k0 + k) * b.stride + j0, columns * sizeof(Word));
    return;
  }
  const std::size_t row_step = b.transposed ? 1 : b.stride, column_step = b.transposed ? b.stride : 1;
  const Word* from = b.data + k0 * row_step + j0 * column_step;
  for (std::size_t k = 0; k < depth; ++k) {
    for (std::size_t j = 0; j < columns; ++j) buffer[k * columns + j] = j < width ? from[j * column_step] : 0;
    from += row_step;
  }
}

/// All columns of c from j on, for one block of rows and of depth: in panels of `vectors`, the rest in
/// narrower ones.
template <class Lanes, bool transposed, std::size_t tile_rows, std::size_t vectors>
void panels(std::size_t rows, std::size_t k0, std::size_t depth, Left<transposed> a, const Right& b, Word* c,
            std::size_t c_stride, std::size_t j, std::size_t columns) {
  constexpr std::size_t kWidth = vectors * Lanes::kCount;
  // Rows of b that are far apart fall on few lines of a cache; a panel that is used often is worth a copy.
  const bool copy = b.transposed || (rows >= 16 && depth * b.stride * sizeof(Word) > kPanelBytes);
  for (; j + kWidth <= columns; j += kWidth) {
    if (copy) {
      alignas(64) Word buffer[kDepth * kWidth];
      copy_panel<kWidth>(b, k0, depth, j, kWidth, buffer);
      panel<Lanes, transposed, tile_rows, vectors, false>(rows, depth, a, buffer, kWidth, c + j, c_stride,
                                                          kWidth);
    } else {
      panel<Lanes, transposed, tile_rows, vectors, false>(rows, depth, a, b.data + k0 * b.stride + j,
                                                          b.stride, c + j, c_stride, kWidth);
    }
  }
  if constexpr (vectors > 1) {
    panels<Lanes, transposed, tile_rows, vectors - 1>(rows, k0, depth, a, b, c, c_stride, j, columns);
  } else if constexpr (Lanes::kCount > 1) {
    if (j == columns) return;
    alignas(64) Word buffer[kDepth * Lanes::kCount];
    copy_panel<Lanes::kCount>(b, k0, depth, j, columns - j, buffer);
    panel<Lanes, transposed, tile_rows, 1, true>(rows, depth, a, buffer, Lanes::kCount, c + j, c_stride,
                                                 columns - j);
  }
}

template <class Lanes, Cut cut, bool transposed>
void multiply(Matrix sum, Left<transposed> a, std::size_t depth_total, const Right& b) {
  for (std::size_t k = 0; k < depth_total; k += kDepth) {
    const std::size_t depth = depth_total - k < kDepth ? depth_total - k : kDepth;
    const bool in_place = !b.transposed && sum.columns % Lanes::kCount == 0;
    const std::size_t together =
        in_place && depth * b.stride * sizeof(Word) <= kPanelBytes ? kRowsInTurn : kRowsTogether;
    for (std::size_t i = 0; i < sum.rows; i += together) {
      const std::size_t rows = sum.rows - i < together ? sum.rows - i : together;
      if (rows == 1) {
        panels<Lanes, transposed, 1, cut.row_vectors>(rows, k, depth, a.from(i, k), b, sum.row(i), sum.stride,
                                                      0, sum.columns);
      } else {
        panels<Lanes, transposed, cut.rows, cut.vectors>(rows, k, depth, a.from(i, k), b, sum.row(i),
                                                         sum.stride, 0, sum.columns);
      }
    }
  }
}

/// Lane l of the result is the sum of all lanes of vectors[l].
template <class Lanes, std::size_t block = 1>
PAI_LANES_INLINE typename Lanes::Words sums_across(const typename Lanes::Words* vectors) {
  if constexpr (block == Lanes::kCount) {
    return vectors[0];
  } else {
    typename Lanes::Words halves[Lanes::kCount / block / 2];
#pragma GCC unroll 8
    for (std::size_t i = 0; i < Lanes::kCount / block / 2; ++i)
      halves[i] = Lanes::template add_across<block>(vectors[2 * i], vectors[2 * i + 1]);
    return sums_across<Lanes, 2 * block>(halves);
  }
}

/// How multiply_by_vector takes a row: in whole vectors, and one more that ends with the row. What that has
/// in common with the ones before is multiplied by zero.
template <class Lanes>
struct RowVector {
  static constexpr std::size_t kTogether = Lanes::kCount < 4 ? 4 : Lanes::kCount;  // rows at a time
  const Word* words;
  std::size_t size;
  std::size_t whole;  // not zero
  Word last[Lanes::kCount];

  RowVector(const Word* v, std::size_t count)
      : words(v), size(count), whole(count / Lanes::kCount * Lanes::kCount), last{} {
    for (std::size_t k = whole; k < size; ++k) last[k + Lanes::kCount - size] = v[k];
  }

  /// totals[r] = rows r of a · v; those beyond the `count` that there are give anything.
  PAI_LANES_INLINE void multiply(const Word* a, std::size_t stride, std::size_t count, Word* totals) const {
    constexpr std::size_t kCount = Lanes::kCount;
    const Word* rows[kTogether];
    typename Lanes::Sum sums[kTogether];
#pragma GCC unroll 8
    for (std::size_t r = 0; r < kTogether; ++r) {
      rows[r] = a + (r < count ? r : 0) * stride;
      sums[r] = Lanes::zero();
    }
    for (std::size_t k = 0; k < whole; k += kCount) {
      const auto factor = Lanes::factor(load<Lanes>(words + k));
#pragma GCC unroll 8
      for (std::size_t r = 0; r < kTogether; ++r)
        Lanes::add_product(sums[r], load<Lanes>(rows[r] + k), factor);
    }
    if (whole < size) {
      const auto factor = Lanes::factor(load<Lanes>(last));
#pragma GCC unroll 8
      for (std::size_t r = 0; r < kTogether; ++r)
        Lanes::add_product(sums[r], load<Lanes>(rows[r] + size - kCount), factor);
    }
    typename Lanes::Words vectors[kTogether];
#pragma GCC unroll 8
    for (std::size_t r = 0; r < kTogether; ++r) vectors[r] = Lanes::total(sums[r]);
#pragma GCC unroll 8
    for (std::size_t r = 0; r < kTogether; r += kCount)
      store<Lanes>(totals + r, sums_across<Lanes>(vectors + r));
  }
};

/// sum[i] += a.row(i) · v
template <class Lanes>
void multiply_by_vector(Word* sum, std::size_t sum_stride, ConstMatrix a, const Word* v) {
  if (a.columns < Lanes::kCount) {
    for (std::size_t i = 0; i < a.rows; ++i) {
      for (std::size_t k = 0; k < a.columns; ++k) sum[i * sum_stride] += a.data[i * a.stride + k] * v[k];
    }
    return;
  }
  constexpr std::size_t kTogether = RowVector<Lanes>::kTogether;
  const RowVector<Lanes> vector(v, a.columns);
  Word totals[kTogether];
  std::size_t i = 0;
  for (; i + kTogether <= a.rows; i += kTogether) {
    vector.multiply(a.data + i * a.stride, a.stride, kTogether, totals);
#pragma GCC unroll 8
    for (std::size_t r = 0; r < kTogether; ++r) sum[(i + r) * sum_stride] += totals[r];
  }
  if (i == a.rows) return;
  vector.multiply(a.data + i * a.stride, a.stride, a.rows - i, totals);
  for (std::size_t r = 0; i + r < a.rows; ++r) sum[(i + r) * sum_stride] += totals[r];
}

template <class Lanes>
void multiply_by_strided_vector(Matrix sum, ConstMatrix a, const Word* v, std::size_t v_stride) {
  if (v_stride == 1) {
    multiply_by_vector<Lanes>(sum.data, sum.stride, a, v);
    return;
  }
  Word piece[kDepth];
  for (std::size_t k = 0; k < a.columns; k += kDepth) {
    const std::size_t count = a.columns - k < kDepth ? a.columns - k : kDepth;
    for (std::size_t i = 0; i < count; ++i) piece[i] = v[(k + i) * v_stride];
    multiply_by_vector<Lanes>(sum.data, sum.stride, {a.data + k, a.rows, count, a.stride}, piece);
  }
}

template <class Lanes, Cut cut>
void add_product_kernel(Matrix sum, ConstMatrix a, ConstMatrix b) {
  if (sum.columns == 1) {
    multiply_by_strided_vector<Lanes>(sum, a, b.data, b.stride);
  } else {
    multiply<Lanes, cut>(sum, Left<false>{a.data, a.stride}, a.columns, {b.data, b.stride, false});
  }
}

template <class Lanes, Cut cut>
void add_transposed_product_kernel(Matrix sum, ConstMatrix a, ConstMatrix b) {
  if (sum.columns > 1) {
    multiply<Lanes, cut>(sum, Left<true>{a.data, a.stride}, a.rows, {b.data, b.stride, false});
    return;
  }
  // aᵀ b is (bᵀ a)ᵀ: a row of weights goes over the rows of a, which lie as the memory has them.
  const Left<true> weights{b.data, b.stride};
  const Right rows{a.data, a.stride, false};
  if (sum.stride == 1) {
    multiply<Lanes, cut>({sum.data, 1, sum.rows, sum.rows}, weights, a.rows, rows);
    return;
  }
  for (std::size_t i = 0; i < sum.rows; i += kDepth) {
    const std::size_t count = sum.rows - i < kDepth ? sum.rows - i : kDepth;
    Word piece[kDepth] = {};
    multiply<Lanes, cut>({piece, 1, count, count}, weights, a.rows, {a.data + i, a.stride, false});
    for (std::size_t j = 0; j < count; ++j) *sum.row(i + j) += piece[j];
  }
}

template <class Lanes, Cut cut>
void add_product_transposed_kernel(Matrix sum, ConstMatrix a, ConstMatrix b) {
  if (sum.columns == 1) {
    multiply_by_vector<Lanes>(sum.data, sum.stride, a, b.data);
  } else if (sum.rows == 1) {
    multiply_by_vector<Lanes>(sum.data, 1, b, a.data);
  } else {
    multiply<Lanes, cut>(sum, Left<false>{a.data, a.stride}, a.columns, {b.data, b.stride, true});
  }
}

/// A kernel's functions, for matrices that are not empty.
template <class Lanes, Cut cut>
constexpr Kernel matrix_kernel(const char* name) {
  return {name, false, add_product_kernel<Lanes, cut>, add_transposed_product_kernel<Lanes, cut>,
          add_product_transposed_kernel<Lanes, cut>};
}

}  // namespace
}  // namespace pai::client::ring
