#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "client/align/core/intersect.h"
#include "client/align/core/tag_stream.h"
#include "client/align/core/threshold.h"
#include "client/align/held_answers.h"
#include "client/runtime/context.h"

namespace pai::client::align {

/// Main's side of psi "prf": takes the parties' tags, one partition of all of them at a time, and answers
/// each party which of its tags are common. Holds a batch per party and the answers that may not leave yet.
/// No answer leaves before the threshold is reached.
class TagJoin {
 public:
  /// `declared_rows`: of each data client.
  TagJoin(Context& context, const std::map<int, std::uint64_t>& declared_rows, Threshold threshold);

  /// The number of common rows, which is at least the threshold's. Reports the phase "match". Errors:
  /// kInvalid when there are too few; kProtocol blaming a party whose tags are not as the protocol says; the
  /// channel's; kIo.
  Result<std::uint64_t> run();

 private:
  struct Party {
    int id;
    TagStream stream;
    CheckedBatch batch;
    std::string tags;                 ///< of the batch
    std::vector<std::uint64_t> high;  ///< of the partition at hand
    v1::MatchBits answer;             ///< being gathered
  };

  Result<PartyTags> next_tags(Party& party, std::uint32_t partition);
  Status answer(std::uint32_t partition);
  Status flush(std::uint32_t next_partition);

  Context& context_;
  Threshold threshold_;
  std::vector<Party> parties_;
  Intersector intersector_;
  HeldAnswers held_;
  std::uint64_t common_rows_ = 0;
  std::size_t gathered_bytes_ = 0;
};

}  // namespace pai::client::align
