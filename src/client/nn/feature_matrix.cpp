#include "client/nn/feature_matrix.h"

#include "common/base/check.h"

namespace pai::client::nn {

ColumnOwners::ColumnOwners(std::vector<std::size_t> columns_of_parties) : columns(std::move(columns_of_parties)) {
  for (const auto count : columns) {
    begin.push_back(total);
    total += count;
  }
}

FeatureMatrix::FeatureMatrix(std::size_t rows, ColumnOwners owners, int party, LargeWords masked, LargeWords own)
    : rows_(rows), owners_(std::move(owners)), party_(party), masked_(std::move(masked)), own_(std::move(own)) {
  PAI_CHECK(masked_.words().size() == rows_ * owners_.total && own_.words().size() == rows_ * own_columns(),
            "a feature matrix of another size");
}

mpc::OwnedRows FeatureMatrix::gather(std::span<const std::uint32_t> rows) {
  masked_batch_.resize(rows.size() * owners_.total);
  own_batch_.resize(rows.size() * own_columns());
  const auto masked_rows = ring::as_matrix(std::span(masked_batch_), rows.size(), owners_.total);
  const auto own_rows = ring::as_matrix(std::span(own_batch_), rows.size(), own_columns());
  ring::gather_rows(masked_rows, masked(), rows);
  if (own_columns() > 0) ring::gather_rows(own_rows, own(), rows);
  return {masked_rows, own_rows, own_begin()};
}

mpc::OwnedRows FeatureMatrix::slice(std::size_t first, std::size_t count) const {
  const auto part = [&](ring::Matrix all) {
    return ring::ConstMatrix{all.data + first * all.stride, count, all.columns, all.stride};
  };
  return {part(masked()), part(own()), own_begin()};
}

}  // namespace pai::client::nn
