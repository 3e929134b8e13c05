#include "client/mpc/shared_product.h"

#include <algorithm>

#include "client/ring/matrix.h"
#include "client/ring/words.h"
#include "common/base/check.h"

namespace pai::client::mpc {

namespace {

using Kind = SharedProduct::Kind;

std::size_t product_size(const SharedProduct::Shape& shape) {
  return shape.kind == Kind::kInner ? 1 : shape.m * shape.n;
}

}  // namespace

void MaskedTensor::draw(Source& source, std::size_t size) {
  use_.draw();
  mask_.resize(size);
  source.uniform(mask_);
}

void MaskedTensor::mask(std::span<const Word> x) {
  PAI_CHECK(x.size() == mask_.size(), "a tensor of another size");
  use_.spend();
  share_.assign(x.begin(), x.end());
  opened_.resize(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) opened_[i] = x[i] - mask_[i];
}

bool SharedProduct::fits(const Shape& shape, std::size_t x, std::size_t y) {
  const auto [kind, m, k, n] = shape;
  switch (kind) {
    case Kind::kMatrix:
    case Kind::kFirstTransposed:
    case Kind::kSecondTransposed:
      return x == m * k && y == k * n;
    case Kind::kElements:
      return x == m * n && y == m * n;
    case Kind::kInner:
      return x == y;
  }
  return false;
}

void SharedProduct::add(const Shape& shape, std::span<Word> sum, std::span<const Word> x, std::span<const Word> y) {
  const auto [kind, m, k, n] = shape;
  switch (kind) {
    case Kind::kMatrix:
      return ring::add_product(ring::as_matrix(sum, m, n), ring::as_matrix(x, m, k), ring::as_matrix(y, k, n));
    case Kind::kFirstTransposed:
      return ring::add_transposed_product(ring::as_matrix(sum, m, n), ring::as_matrix(x, k, m), ring::as_matrix(y, k, n));
    case Kind::kSecondTransposed:
      return ring::add_product_transposed(ring::as_matrix(sum, m, n), ring::as_matrix(x, m, k), ring::as_matrix(y, n, k));
    case Kind::kElements:
      return ring::add_products(sum, x, y);
    case Kind::kInner:
      for (std::size_t i = 0; i < x.size(); ++i) sum[0] += x[i] * y[i];
      return;
  }
}

void SharedProduct::draw(Source& source, const Shape& shape, const MaskedTensor& x, const MaskedTensor& y) {
  PAI_CHECK(fits(shape, x.mask_share().size(), y.mask_share().size()), "tensors of another shape than their product");
  shape_ = shape;
  product_.resize(product_size(shape));
  source.derived(product_, [&](std::span<Word> words) {
    std::fill(words.begin(), words.end(), 0);
    add(shape, words, x.mask_share(), y.mask_share());
  });
}

void SharedProduct::take(const MaskedTensor& x, const MaskedTensor& y, std::span<Word> product) const {
  PAI_CHECK(product.size() == product_.size() && fits(shape_, x.opened().size(), y.opened().size()),
            "a product of another shape");
  std::copy(product_.begin(), product_.end(), product.begin());
  add(shape_, product, x.opened(), y.share());
  add(shape_, product, x.mask_share(), y.opened());
}

}  // namespace pai::client::mpc
