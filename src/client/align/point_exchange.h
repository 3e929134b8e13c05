#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <span>

#include "client/align/awaited.h"
#include "client/align/counter.h"
#include "client/align/duplicates.h"
#include "client/align/outbox.h"
#include "client/align/ring.h"
#include "client/align/rows_writer.h"
#include "client/align/tag_table.h"
#include "client/crypto/primitives.h"
#include "client/ristretto/group_cipher.h"
#include "client/runtime/context.h"

namespace pai::client::align {

/// A data client's side of psi "ecdh". Its own set goes round the ring in an order that only this party
/// knows; the others' sets are blinded as they pass. The set that ends here goes to main as sorted tags; main
/// answers with places in the own order.
class PointExchange {
 public:
  /// The order of the own set is that of `tagged`'s tags, which were made under a key that never leaves this
  /// party. The table is held.
  PointExchange(Context& context, Ring ring, int main, ristretto::GroupCipher cipher, const Table& table,
                TaggedTable& tagged);

  /// Settles the own order: sorts, applies the policy; then the key of the tags is wiped.
  Status shuffle(DuplicatePolicy& duplicates);
  std::uint64_t rows() const { return order_.size(); }

  /// Tells the other data clients the own set's size and learns theirs, which bound what passes here. Comes
  /// before `run_ring`.
  Status exchange_sizes();
  /// Sends the own set round and blinds what passes, until every other set has passed. Reports the phase
  /// "blind". The exponent is wiped then.
  Status run_ring();
  /// Sends the tags of the set that ended here and writes the rows whose places main answers; returns how
  /// many. Reports the phases "send" and "match". Main's first answer is waited for already.
  Result<std::uint64_t> match(RowsWriter& writer, Awaited<v1::MatchPositions>& first_answer);
  /// SHA-256 of the common rows' IDs in aligned order, the length before each: the same at parties that were
  /// given the same rows. It tells of the IDs and never leaves this party as it is. After `match`.
  const crypto::Hash32& common_digest() const { return common_digest_; }

 private:
  struct Place {
    std::uint32_t partition;
    std::uint32_t row;
  };
  /// What has passed of one owner's set.
  struct Passing {
    std::uint64_t done = 0;
    std::uint64_t total = 0;
  };

  Status generate(Outbox<v1::BlindedPoints>& outbox);
  Status relay(Outbox<v1::BlindedPoints>& outbox);
  Status check(const v1::BlindedPoints& message);
  Status keep_tags(const std::string& points, std::uint64_t first);
  bool all_passed() const;
  Status send_tags();
  Status receive_places(RowsWriter& writer, Awaited<v1::MatchPositions>& first_answer, Counter& placed);
  std::vector<std::string_view> ids_of(std::span<const Place> places, std::string& pool);
  Error protocol_error(int peer, const std::string& what) const;

  Context& context_;
  Ring ring_;
  int main_;
  std::optional<ristretto::GroupCipher> cipher_;
  const Table& table_;
  TaggedTable& tagged_;
  std::vector<Place> order_;
  std::map<int, Passing> passing_;  ///< by owner
  crypto::Hash32 common_digest_{};
  PartitionStore last_tags_;  ///< of the set that ends here; rows are places in its owner's order
};

}  // namespace pai::client::align
