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

/// Opens scores (shares in Z/2^32 at kScoreScale, an output after the other) to the label client. One evaluation, one use.
class Scores {
 public:
  /// rows × outputs
  static std::vector<Word> row_by_row(const std::vector<std::span<const Half>>& scores);

  /// Logits, cut to 10 fractional bits, of an evaluation: rows of scores and labels in an order that nobody knows, cut after they were shuffled (protocols.md section 8).
  void draw_shuffled(mpc::Source& source, const mpc::Group& group, std::size_t rows, std::size_t outputs);
  /// `labels` are rows × outputs.
  Result<nn::Outcome> run_shuffled(const nn::Party& party, std::uint64_t operation, const std::vector<std::span<const Half>>& scores,
                                   std::span<const double> labels);

  /// The sum of losses alone, in parts of at most kPartValues, each an operation, and one operation more: cut before it is opened, so that no low bits of
  /// single rows leave. So memory does not grow with the test set.
  static constexpr std::size_t kPartValues = std::size_t{1} << 16;
  static std::size_t parts(std::size_t values) { return (values + kPartValues - 1) / kPartValues; }
  /// Of classes: log-losses. `labels` are the label client's, values as `scores`.
  void draw_log_losses(mpc::Source& source, std::size_t values);
  Status run_log_losses(const nn::Party& party, std::span<const Word> scores, std::span<const double> labels);
  /// Of a regression: squared errors.
  void draw_squares(mpc::Source& source, std::size_t values);
  Status run_squares(const nn::Party& party, std::span<const Word> scores, std::span<const double> labels);
  /// After the parts; `squared` says of which.
  void draw_sum(mpc::Source& source, bool squared);
  Result<nn::Outcome> run_sum(const nn::Party& party, std::uint64_t operation);

  /// Of a prediction: in the rows' order, rows × outputs; numbers with 16 fractional bits.
  void draw_in_order(mpc::Source& source, std::size_t rows, std::size_t outputs, bool numbers);
  Result<std::vector<double>> run_in_order(const nn::Party& party, std::uint64_t operation,
                                           const std::vector<std::span<const Half>>& scores);

 private:
  void draw_cut(mpc::Source& source, std::size_t size, int scale);
  Status cut(const nn::Party& party, std::vector<Word>& scores);
  int scale_ = 0;
  Word sum_ = 0;
  nn::LogLossSum log_losses_;
  mpc::MaskedTensor errors_;
  mpc::SharedProduct squares_;
  mpc::Shuffle shuffle_;
  mpc::Truncation cut_;
};

}  // namespace pai::client::boost
