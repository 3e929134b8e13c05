#include "client/mpc/cut_product.h"

#include <algorithm>

#include "client/ring/words.h"
#include "common/base/check.h"

namespace pai::client::mpc {

using Kind = SharedProduct::Kind;

bool CutProduct::fits(const CutTensor& x, std::size_t y) const {
  return (shape_.kind == Kind::kMatrix || shape_.kind == Kind::kFirstTransposed) && SharedProduct::fits(shape_, x.size(), y);
}

void CutProduct::draw(Source& source, const SharedProduct::Shape& shape, const CutTensor& x,
                      const MaskedTensor& y) {
  shape_ = shape;
  const auto mask = y.mask_share();
  PAI_CHECK(fits(x, mask.size()), "tensors of another shape than their product");
  product_.resize(shape.m * shape.n);
  source.derived(product_, [&](std::span<Word> words) {
    std::fill(words.begin(), words.end(), 0);
    SharedProduct::add(shape_, words, x.dealt_shifted(), mask);
    for (auto& word : words) word = Word{0} - word;
  });
  tops_.resize(shape.n * x.size());
  source.derived(tops_, x.top_bits(), [&](std::span<Word> words) {
    const auto top = x.dealt_top();
    const bool inner_last = shape_.kind == Kind::kMatrix;  // x's columns are the inner dimension
    const auto columns = inner_last ? shape_.k : shape_.m;
    for (std::size_t j = 0; j < shape_.n; ++j) {
      Word* const to = words.data() + j * top.size();
      for (std::size_t at = 0, row = 0; at < top.size(); at += columns, ++row) {
        for (std::size_t i = 0; i < columns; ++i)
          to[at + i] = top[at + i] * mask[(inner_last ? i : row) * shape_.n + j];
      }
    }
  });
}

void CutProduct::take(const CutTensor& x, const MaskedTensor& y, std::span<Word> product) const {
  PAI_CHECK(product.size() == product_.size() && fits(x, y.opened().size()), "a product of another shape");
  std::copy(product_.begin(), product_.end(), product.begin());
  SharedProduct::add(shape_, product, x.opened(), y.share());
  SharedProduct::add(shape_, product, x.mask_share(), y.opened());
  add_wraps(x, product);
}

/// product += 2^(w−t) Σ c [b S]
void CutProduct::add_wraps(const CutTensor& x, std::span<Word> product) const {
  const auto [kind, m, k, n] = shape_;
  const auto wraps = x.wraps();
  std::vector<Word> sums(m);
  for (std::size_t j = 0; j < n; ++j) {
    const Word* const tops = tops_.data() + j * wraps.size();
    std::fill(sums.begin(), sums.end(), 0);
    if (kind == Kind::kMatrix) {
      for (std::size_t i = 0; i < m; ++i) {
        for (std::size_t at = i * k; at < (i + 1) * k; ++at) sums[i] += wraps[at] & tops[at];
      }
    } else {
      for (std::size_t at = 0; at < wraps.size(); at += m) {
        for (std::size_t i = 0; i < m; ++i) sums[i] += wraps[at + i] & tops[at + i];
      }
    }
    for (std::size_t i = 0; i < m; ++i) product[i * n + j] += sums[i] << x.wrap_bits();
  }
}

void CutElements::draw(Source& source, const CutTensor& x, const CutTensor& y) {
  const auto size = x.size();
  PAI_CHECK(y.size() == size, "tensors of another shape than their product");
  const auto deal = [&](std::vector<Word>& product, int bits, std::span<const Word> a,
                        std::span<const Word> b) {
    product.resize(size);
    source.derived(product, bits, [&](std::span<Word> words) {
      for (std::size_t i = 0; i < size; ++i) words[i] = a[i] * b[i];
    });
  };
  deal(shifted_, 64, x.dealt_shifted(), y.dealt_shifted());
  deal(by_top_of_y_, y.top_bits(), x.dealt_shifted(), y.dealt_top());
  deal(by_top_of_x_, x.top_bits(), y.dealt_shifted(), x.dealt_top());
  const int left = 64 - x.wrap_bits() - y.wrap_bits();
  tops_.clear();
  if (left > 0) deal(tops_, ring::whole_bytes(left), x.dealt_top(), y.dealt_top());
}

void CutElements::take(const CutTensor& x, const CutTensor& y, std::span<Word> product) const {
  const auto size = shifted_.size();
  PAI_CHECK(product.size() == size && x.wraps().size() == size && y.wraps().size() == size,
            "a product of another shape");
  const auto of_x = x.wraps(), of_y = y.wraps();
  const int bits_of_x = x.wrap_bits(), bits_of_y = y.wrap_bits();
  for (std::size_t i = 0; i < size; ++i) {
    product[i] =
        shifted_[i] - ((of_y[i] & by_top_of_y_[i]) << bits_of_y) - ((of_x[i] & by_top_of_x_[i]) << bits_of_x);
  }
  for (std::size_t i = 0; i < tops_.size(); ++i)
    product[i] += (of_x[i] & of_y[i] & tops_[i]) << (bits_of_x + bits_of_y);
  ring::add_products(product, x.opened(), y.share());
  ring::add_products(product, x.mask_share(), y.opened());
}

}  // namespace pai::client::mpc
