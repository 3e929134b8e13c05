#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "client/align/core/intersect.h"
#include "client/align/core/tag_stream.h"
#include "client/align/core/threshold.h"
#include "client/align/held_answers.h"
#include "client/align/ring.h"
#include "client/runtime/context.h"

namespace pai::client::align {

/// Main's side of psi "ecdh": takes each owner's tags from the client at which that set ended, joins a
/// partition of all at a time, and tells each owner the places of its common rows. No place leaves before the
/// threshold is reached.
class PositionJoin {
 public:
  /// `declared_rows`: of each data client.
  PositionJoin(Context& context, const std::map<int, std::uint64_t>& declared_rows, Threshold threshold);

  /// As TagJoin::run.
  Result<std::uint64_t> run();

 private:
  struct Set {
    int owner;
    int sender;
    std::uint64_t declared_rows;
    std::vector<bool> seen;  ///< places that came
    TagStream stream;
    CheckedBatch batch;
    v1::BlindedTags message;
    std::vector<std::uint64_t> high;
    std::size_t first_position;  ///< of the partition at hand, in the message
    v1::MatchPositions answer;
  };

  Result<PartyTags> next_tags(Set& set, std::uint32_t partition);
  Status answer();
  Status flush(bool last);

  Context& context_;
  Threshold threshold_;
  std::vector<Set> sets_;
  Intersector intersector_;
  HeldAnswers held_;
  std::uint64_t common_rows_ = 0;
  std::size_t gathered_ = 0;
};

}  // namespace pai::client::align
