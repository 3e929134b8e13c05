#pragma once

#include <span>
#include <vector>

#include "client/mpc/shared_product.h"
#include "client/mpc/shuffle.h"
#include "client/mpc/truncation.h"
#include "client/nn/evaluation.h"
#include "client/nn/log_loss_sum.h"
#include "client/nn/party.h"
#include "client/ring/narrow_product.h"

namespace pai::client::boost {

using ring::Half;
using ring::Word;

/// Opens scores (shares in Z/2^32 at kScoreScale, an output after the other) to the label client. One operation, one use.
class Scores {
 public:
  /// Logits, cut to 10 fractional bits, of an evaluation: rows of scores and labels in an order that nobody knows, cut after they were shuffled (protocols.md section 8).
  void draw_shuffled(mpc::Source& source, const mpc::Group& group, std::size_t rows, std::size_t outputs);
  /// `labels` are rows × outputs.
  Result<nn::Outcome> run_shuffled(const nn::Party& party, std::uint64_t operation, const std::vector<std::span<const Half>>& scores,
                                   std::span<const double> labels);

  /// Of a regression's evaluation: the sum of squared errors alone.
  void draw_squares(mpc::Source& source, std::size_t rows);
  Result<nn::Outcome> run_squares(const nn::Party& party, std::uint64_t operation, std::span<const Half> scores,
                                  std::span<const double> labels);

  /// Of classes: the sum of log-losses alone, cut before it is opened, so that no low bits of single rows leave.
  void draw_log_losses(mpc::Source& source, std::size_t rows, std::size_t outputs);
  /// `labels` are rows × outputs.
  Result<nn::Outcome> run_log_losses(const nn::Party& party, std::uint64_t operation, const std::vector<std::span<const Half>>& scores,
                                     std::span<const double> labels);

  /// Of a prediction: in the rows' order, rows × outputs; numbers with 16 fractional bits.
  void draw_in_order(mpc::Source& source, std::size_t rows, std::size_t outputs, bool numbers);
  Result<std::vector<double>> run_in_order(const nn::Party& party, std::uint64_t operation,
                                           const std::vector<std::span<const Half>>& scores);

 private:
  void draw_cut(mpc::Source& source, std::size_t size, int scale);
  Status cut(const nn::Party& party, std::vector<Word>& scores);
  int scale_ = 0;
  nn::LogLossSum log_losses_;
  mpc::MaskedTensor errors_;
  mpc::SharedProduct squares_;
  mpc::Shuffle shuffle_;
  mpc::Truncation cut_;
};

}  // namespace pai::client::boost
