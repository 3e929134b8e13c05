#include "client/mpc/owned_product.h"

#include <algorithm>

#include "common/base/check.h"

namespace pai::client::mpc {

using ring::as_matrix;

namespace {

void subtract_mask(std::span<const Word> value, const std::vector<Word>& mask, std::vector<Word>& opened) {
  PAI_CHECK(value.size() == mask.size(), "a product of another shape");
  opened.resize(value.size());
  for (std::size_t i = 0; i < value.size(); ++i) opened[i] = value[i] - mask[i];
}

std::span<const Word> rows_of(const std::vector<Word>& matrix, std::size_t begin, std::size_t rows, std::size_t width) {
  return std::span(matrix).subspan(begin * width, rows * width);
}

}  // namespace

void OwnedProduct::draw(Source& source, const OwnedRows& batch, std::size_t width) {
  use_.draw();
  width_ = width;
  mask_.resize(batch.masked.columns * width);
  source.uniform(mask_);
  draw_product(source, batch);
}

void OwnedProduct::mask(std::span<const Word> w) {
  use_.spend();
  subtract_mask(w, mask_, opened_);
}

void OwnedProduct::draw(Source& source, const OwnedRows& batch, std::size_t width, std::span<const Word> mask) {
  PAI_CHECK(mask.size() == batch.masked.columns * width, "a product of another shape");
  width_ = width;
  mask_.assign(mask.begin(), mask.end());
  draw_product(source, batch);
}

void OwnedProduct::know(std::span<const Word> e) {
  PAI_CHECK(e.size() == mask_.size(), "a product of another shape");
  opened_.assign(e.begin(), e.end());
}

/// C = U·V
void OwnedProduct::draw_product(Source& source, const OwnedRows& batch) {
  product_.resize(batch.masked.rows * width_);
  source.derived(product_, [&](std::span<Word> words) {
    std::fill(words.begin(), words.end(), 0);
    ring::add_product(as_matrix(words, batch.masked.rows, width_), batch.masked,
                      as_matrix(std::span<const Word>(mask_), batch.masked.columns, width_));
  });
}

void OwnedProduct::take(const OwnedRows& batch, std::span<Word> product) const {
  PAI_CHECK(product.size() == product_.size(), "a product of another shape");
  std::copy(product_.begin(), product_.end(), product.begin());
  const auto sum = as_matrix(product, batch.masked.rows, width_);
  ring::add_product(sum, batch.masked, as_matrix(std::span<const Word>(mask_), batch.masked.columns, width_));
  if (batch.own.columns == 0) return;
  ring::add_product(sum, batch.own,
                    as_matrix(rows_of(opened_, batch.own_begin, batch.own.columns, width_), batch.own.columns, width_));
}

void OwnedTransposedProduct::draw(Source& source, const OwnedRows& batch, std::size_t width) {
  use_.draw();
  width_ = width;
  mask_.resize(batch.masked.rows * width);
  product_.resize(batch.masked.columns * width);
  source.uniform(mask_);
  source.derived(product_, [&](std::span<Word> words) {
    std::fill(words.begin(), words.end(), 0);
    ring::add_transposed_product(as_matrix(words, batch.masked.columns, width), batch.masked,
                                 as_matrix(std::span<const Word>(mask_), batch.masked.rows, width));
  });
}

void OwnedTransposedProduct::mask(std::span<const Word> delta) {
  use_.spend();
  subtract_mask(delta, mask_, opened_);
}

void OwnedTransposedProduct::take(const OwnedRows& batch, std::span<Word> product) const {
  PAI_CHECK(product.size() == product_.size(), "a product of another shape");
  std::copy(product_.begin(), product_.end(), product.begin());
  ring::add_transposed_product(as_matrix(product, batch.masked.columns, width_), batch.masked,
                               as_matrix(std::span<const Word>(mask_), batch.masked.rows, width_));
  if (batch.own.columns == 0) return;
  const auto own = product.subspan(batch.own_begin * width_, batch.own.columns * width_);
  ring::add_transposed_product(as_matrix(own, batch.own.columns, width_), batch.own,
                               as_matrix(std::span<const Word>(opened_), batch.masked.rows, width_));
}

}  // namespace pai::client::mpc
