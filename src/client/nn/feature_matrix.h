#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "client/mpc/owned_product.h"
#include "client/nn/large_words.h"

namespace pai::client::nn {

/// Who owns which columns of X: the feature clients' columns one after the other, in the order of their ids.
struct ColumnOwners {
  std::vector<std::size_t> begin;    ///< by party; parties without columns have the next one's
  std::vector<std::size_t> columns;  ///< by party
  std::size_t total = 0;

  explicit ColumnOwners(std::vector<std::size_t> columns_of_parties);
};

/// All rows of X in the form that P1 needs: E = X − U with every party's columns, beside a party's own columns of X. At the dealer U stands in
/// the place of E.
class FeatureMatrix {
 public:
  FeatureMatrix(std::size_t rows, ColumnOwners owners, int party, LargeWords masked, LargeWords own);

  std::size_t rows() const { return rows_; }
  const ColumnOwners& owners() const { return owners_; }
  int party() const { return party_; }
  ring::Matrix masked() const { return ring::as_matrix(masked_.words(), rows_, owners_.total); }
  /// rows × own columns of X, at scale 16.
  ring::Matrix own() const { return ring::as_matrix(own_.words(), rows_, own_columns()); }
  std::size_t own_columns() const { return party_ < 0 ? 0 : owners_.columns[static_cast<std::size_t>(party_)]; }

  /// A batch of any rows, copied together; it lives until the next call.
  mpc::OwnedRows gather(std::span<const std::uint32_t> rows);
  /// `count` rows from `first` on, where they stand.
  mpc::OwnedRows slice(std::size_t first, std::size_t count) const;

 private:
  std::size_t own_begin() const { return party_ < 0 ? 0 : owners_.begin[static_cast<std::size_t>(party_)]; }

  std::size_t rows_;
  ColumnOwners owners_;
  int party_;  // −1: the dealer
  LargeWords masked_, own_;
  std::vector<ring::Word> masked_batch_, own_batch_;
};

}  // namespace pai::client::nn
