#pragma once

#include <vector>

#include "client/channel/channel.h"
#include "client/mpc/group.h"
#include "client/mpc/one_use.h"
#include "client/mpc/source.h"

namespace pai::client::mpc {

/// P5 (protocols.md section 5): puts the rows of a shared table in an order that no party knows, unless all others told it theirs: each party
/// in turn applies a permutation of its own seed. One use; N hops.
class Shuffle {
 public:
  void draw(Source& source, const Group& group, std::size_t rows, std::size_t width);
  /// `table` is rows × width, this party's share, before and after.
  Status run(Channel& channel, const Group& group, std::uint64_t operation, std::vector<Word>& table);

 private:
  struct Hop {
    std::vector<Word> sent_mask;      // a_q: own, at all but the one that permutes
    std::vector<Word> kept;           // b_q
    std::vector<std::uint32_t> order;  // ρ_p: at the one that permutes (and the dealer)
    std::vector<Word> correction;     // ρ_p(Σ a_q) − Σ b_q: there likewise
  };
  OneUse use_;
  std::size_t rows_ = 0;
  std::size_t width_ = 0;
  std::vector<Hop> hops_;  // by party
};

}  // namespace pai::client::mpc
