#pragma once

#include <span>
#include <vector>

#include "client/boost/core/bins.h"
#include "client/boost/core/shape.h"
#include "client/mpc/bit_planes.h"

namespace pai::client::boost {

using ring::Word;

/// A party's part of one tree. Nodes level by level: the root, its left and right child, and so on.
struct Tree {
  std::vector<std::size_t> owners;  ///< of each node: a party
  std::vector<Split> splits;        ///< of each node that this party owns
  std::vector<Word> leaves;         ///< shares of the leaves' values, from left to right, at kWeightScale

  bool operator==(const Tree&) const = default;
};

/// Rows of this party's own bins, features after features.
struct BinRows {
  std::span<const std::uint8_t> bins;  ///< rows × features
  std::size_t features = 0;
  std::size_t rows = 0;
};

/// This party's own bits of one level's nodes for all rows: who of them would go right. Zeros for nodes that are not its own.
std::vector<Word> own_bits(const BinRows& rows, std::span<const std::size_t> owners, std::span<const Split> splits, std::size_t party);

/// A node's split as a word: 0 without one, else 1, feature, threshold and direction.
Word packed(const Split& split);
Split unpacked(Word word);

}  // namespace pai::client::boost
