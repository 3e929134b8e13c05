#pragma once

#include <cstdint>
#include <vector>

#include "client/boost/core/shape.h"
#include "client/mpc/group.h"
#include "client/mpc/one_use.h"
#include "client/mpc/source.h"
#include "client/nn/large_words.h"
#include "client/ring/narrow_product.h"
#include "client/runtime/context.h"

namespace pai::client::boost {

/// Every owner's one-hot matrix M of its bins on the training rows, under masks: E = M − U in Z/2^32, by party. At a data client those of the
/// others (its own it has in the clear, as bins); at the dealer U, of all.
class MaskedBins {
 public:
  /// Room for all matrices but party `self`'s (−1: the dealer, for all). What does not fit into `memory_bytes_max` is mapped from the folder
  /// of the task, at a data client alone: the dealer's masks never lie on a disk.
  static Result<MaskedBins> make(Context& context, const Shape& shape, int self);

  /// U of one run hides M once: draws it, publishes E, collects the others'. `bins` are the own ones, rows × features, train rows first.
  /// One operation. kProtocol, blaming the peer, for rows that do not fit.
  Status exchange(Channel& channel, const mpc::Group& group, mpc::Source& source, std::span<const std::uint8_t> bins, Reporter& reporter);
  /// The dealer's counterpart.
  Status draw(mpc::Source& source, Reporter& reporter);

  /// E (at the dealer U) of a party; no rows where there is none.
  ring::NarrowMatrix of(std::size_t party) const;

 private:
  explicit MaskedBins(const Shape& shape) : shape_(shape) { use_.draw(); }
  std::size_t row_words(std::size_t party) const { return ring::half_stride(shape_.columns(party)) / 2; }
  std::size_t chunk_rows() const;

  Shape shape_;
  mpc::OneUse use_;
  std::vector<nn::LargeWords> matrices_;
};

/// Column of a bin among its feature's; −1 for the highest bin, which has none.
inline int column_of_bin(std::uint8_t bin, std::size_t bins) {
  if (bin == 0xFF) return static_cast<int>(bins) - 1;
  return bin + std::size_t{1} == bins ? -1 : bin;
}

}  // namespace pai::client::boost
