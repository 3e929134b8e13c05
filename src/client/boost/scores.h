#pragma once

#include <span>
#include <vector>

#include "client/mpc/shuffle.h"
#include "client/mpc/truncation.h"
#include "client/nn/evaluation.h"
#include "client/nn/party.h"
#include "client/ring/narrow_product.h"

namespace pai::client::boost {

using ring::Half;
using ring::Word;

/// Opens scores (shares in Z/2^32 at kScoreScale) to the label client, cut to 10 fractional bits. One operation, one use.
class Scores {
 public:
  /// Of an evaluation: rows of scores and labels in an order that nobody knows, cut after they were shuffled (protocols.md section 8).
  void draw_shuffled(mpc::Source& source, const mpc::Group& group, std::size_t rows);
  Result<nn::Outcome> run_shuffled(const nn::Party& party, std::uint64_t operation, std::span<const Half> scores,
                                   std::span<const double> labels);

  /// Of a prediction: in the rows' order.
  void draw_in_order(mpc::Source& source, std::size_t rows);
  Result<std::vector<double>> run_in_order(const nn::Party& party, std::uint64_t operation, std::span<const Half> scores);

 private:
  Status cut(const nn::Party& party, std::vector<Word>& scores);
  mpc::Shuffle shuffle_;
  mpc::Truncation cut_;
};

}  // namespace pai::client::boost
