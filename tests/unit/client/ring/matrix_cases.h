#pragma once

#include <gtest/gtest.h>
#include <ostream>
#include <random>
#include <vector>

#include "client/ring/matrix.h"

namespace pai::client::ring {

/// sum m×n, k products an element; `gap` words lie between the rows of every matrix.
struct Shape {
  std::size_t m, k, n, gap;
};

inline std::ostream& operator<<(std::ostream& out, const Shape& shape) {
  return out << shape.m << "x" << shape.k << "x" << shape.n << " gap " << shape.gap;
}

inline std::vector<Shape> shapes() {
  std::vector<Shape> list{{1, 1, 1, 0},     {256, 24, 1, 0},  {64, 24, 1, 0},   {1, 24, 256, 0},
                          {24, 256, 1, 0},  {64, 24, 64, 0},  {100, 64, 32, 0}, {64, 1, 64, 0},
                          {33, 700, 40, 2}, {300, 23, 64, 0}, {23, 900, 64, 1}, {5, 600, 1, 3},
                          {600, 5, 3, 1}};
  for (std::size_t m = 1; m <= 19; ++m) {
    for (std::size_t n = 1; n <= 35; ++n) list.push_back({m, 1 + (m * 7 + n * 5) % 37, n, (m + n) % 3});
  }
  for (std::size_t k = 1; k <= 70; ++k) list.push_back({1 + k % 13, k, 1 + k % 3, k % 2});
  return list;
}

/// A matrix with gaps between its rows, all of it random.
class Block {
 public:
  Block(std::size_t rows, std::size_t columns, std::size_t gap, std::mt19937_64& generator)
      : rows_(rows), columns_(columns), stride_(columns + gap), words(rows * (columns + gap)) {
    for (Word& word : words) word = generator();
  }
  Matrix view() { return {words.data(), rows_, columns_, stride_}; }
  Word& at(std::size_t i, std::size_t j) { return words[i * stride_ + j]; }

 private:
  std::size_t rows_, columns_, stride_;

 public:
  std::vector<Word> words;
};

inline void check_products(const Kernel& kernel, const Shape& shape) {
  std::mt19937_64 generator(shape.m * 1000003 + shape.k * 1009 + shape.n);
  Block a(shape.m, shape.k, shape.gap, generator), b(shape.k, shape.n, shape.gap, generator);
  Block a_transposed(shape.k, shape.m, shape.gap, generator),
      b_transposed(shape.n, shape.k, shape.gap, generator);
  Block sum(shape.m, shape.n, shape.gap, generator);
  for (std::size_t i = 0; i < shape.m; ++i) {
    for (std::size_t k = 0; k < shape.k; ++k) a_transposed.at(k, i) = a.at(i, k);
  }
  for (std::size_t j = 0; j < shape.n; ++j) {
    for (std::size_t k = 0; k < shape.k; ++k) b_transposed.at(j, k) = b.at(k, j);
  }
  Block plain = sum, transposed = sum, right_transposed = sum, expected = sum;
  for (std::size_t i = 0; i < shape.m; ++i) {
    for (std::size_t j = 0; j < shape.n; ++j) {
      for (std::size_t k = 0; k < shape.k; ++k) expected.at(i, j) += a.at(i, k) * b.at(k, j);
    }
  }
  kernel.add_product(plain.view(), a.view(), b.view());
  kernel.add_transposed_product(transposed.view(), a_transposed.view(), b.view());
  kernel.add_product_transposed(right_transposed.view(), a.view(), b_transposed.view());
  ASSERT_EQ(plain.words, expected.words) << kernel.name << " a·b " << shape;
  ASSERT_EQ(transposed.words, expected.words) << kernel.name << " aT·b " << shape;
  ASSERT_EQ(right_transposed.words, expected.words) << kernel.name << " a·bT " << shape;
}

}  // namespace pai::client::ring
