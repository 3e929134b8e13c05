#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "client/boost/boost_model.h"
#include "client/boost/boost_settings.h"
#include "client/boost/masked_bins.h"
#include "client/boost/scores.h"
#include "client/boost/tree_paths.h"
#include "client/boost/tree_step.h"
#include "client/mpc/client_source.h"
#include "client/nn/checkpoint.h"
#include "client/nn/evaluation.h"
#include "client/nn/model_files.h"
#include "client/runtime/context.h"

namespace pai::client::boost {

/// What only the label client adds to a boosting.
class LabelSide {
 public:
  virtual ~LabelSide() = default;
  /// Of an output: 0 and 1, or standardised numbers.
  virtual std::span<const double> train_labels(std::size_t output) const = 0;
  /// rows × outputs
  virtual std::span<const double> test_labels() const = 0;
  /// Of every row before the first tree, by output: the logarithm of the odds, or 0.
  virtual std::vector<double> base_scores() const = 0;
  virtual Status progressed(std::uint64_t iterations) = 0;
  virtual Status evaluated(std::uint64_t iterations, nn::Outcome outcome) = 0;
  virtual Status ended(std::uint64_t iterations) = 0;
};

/// Scores of all rows, by output.
using OutputScores = std::vector<std::vector<Half>>;

/// Whether trees are saved after this iteration.
inline bool saves_after(const BoostSettings& settings, std::uint64_t done) {
  return settings.checkpoint_per_trees != 0 && done % settings.checkpoint_per_trees == 0 && done != settings.iterations;
}

/// A data client once the parties have met.
class BoostSession {
 public:
  /// `bins` are this party's own, rows × features, train rows first; empty at the label client. Receives this run's seed; a training
  /// exchanges masked bins. The context outlives it.
  static Result<std::unique_ptr<BoostSession>> start(Context& context, const BoostSettings& settings, const nn::Cast& cast,
                                                     const nn::Plan& plan, std::vector<std::uint8_t> bins);

  /// What a training leaves at a party.
  struct Trained {
    std::vector<Tree> trees;
    std::vector<double> gains;  ///< of this party's features, when the settings want them
  };
  /// Tree after tree, from the plan's first. `label` is null elsewhere than at the label client.
  Result<Trained> train(LabelSide* label);
  /// Scores of all rows, rows × outputs, at the label client; `base_scores` are its own, elsewhere empty.
  Result<std::vector<double>> predict(const std::vector<Tree>& trees, std::span<const double> base_scores);

  /// Stores this party's part, and moves it to its place when main says that all have theirs.
  Status store(std::vector<Tree> trees, nlohmann::json own, const std::vector<nn::ModelWriter::Extra>& extras = {});
  Status end_source() { return source_.drain(); }

 private:
  BoostSession(Context& context, const BoostSettings& settings, const nn::Cast& cast, const nn::Plan& plan, Shape shape,
               mpc::ClientSource source, MaskedBins masked, std::vector<std::uint8_t> bins);
  OutputScores first_scores(std::span<const double> base_scores) const;
  Status run_tree(TreeStep& step, const Sample& sample, std::span<const double> labels, std::vector<Half>& scores);
  Status evaluate(std::uint64_t done, LabelSide* label, const OutputScores& scores);
  Status add_losses(Scores& opening, std::size_t operation, std::span<const Word> scores, std::span<const double> labels);
  /// What a training goes on from.
  struct State {
    std::vector<Tree> trees;
    OutputScores scores;
    std::vector<Word> gains;  // shares, by feature of all parties; empty when nobody wants them
  };
  Status save(std::uint64_t done, const State& state) const;
  Status load(State& state) const;
  Result<std::vector<double>> open_gains(std::span<const Word> shares);
  void warn_of_what_relaxed_opens() const;
  void note_end(std::uint64_t trees, double seconds, std::uint64_t rounds) const;

  Context& context_;
  const BoostSettings settings_;
  const nn::Cast cast_;
  const nn::Plan plan_;
  const Shape shape_;
  mpc::ClientSource source_;
  MaskedBins masked_;
  const std::vector<std::uint8_t> bins_;
  mpc::Exchange exchange_;
  const nn::Party party_;
  nn::Checkpoints checkpoints_;
};

/// Operations of an iteration's evaluation, and their draws.
std::size_t evaluation_operations(const BoostSettings& settings, std::size_t test_rows);
void draw_evaluation(mpc::Source& source, Scores& opening, const BoostSettings& settings, const mpc::Group& group, std::size_t test_rows,
                     std::size_t operation);

/// The operations of a prediction's tree: its levels, then its values.
Status draw_prediction_tree(mpc::Source& source, TreePaths& paths, std::size_t depth, std::size_t operation);

}  // namespace pai::client::boost
