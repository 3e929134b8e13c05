#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client/boost/core/shape.h"
#include "client/nn/plan.h"
#include "common/task/task_file.h"

namespace pai::client::boost {

/// `objective`: what the trees make small.
enum class Objective {
  kBinary,      ///< log-loss of labels 0 and 1
  kMulti,       ///< a tree a class and iteration, each class against the rest
  kRegression,  ///< squared error of standardised numbers
};

/// Main's settings, which every party has.
struct BoostSettings {
  bool predict = false;
  Objective objective = Objective::kBinary;
  std::size_t classes = 1;  ///< of `multi`
  double learning_rate = 0.1;
  std::uint64_t iterations = 100;
  std::size_t depth = 4;
  double lambda = 1;
  double gamma = 0;
  double child_weight_min = 0;
  double column_ratio = 1, row_ratio = 1;
  std::size_t bins = 32;
  std::uint64_t early_stop = 0;
  std::uint64_t seed = 1;
  std::uint64_t checkpoint_per_trees = 10;
  std::uint64_t test_per_trees = 1;
  std::vector<std::string> metrics;
  bool relaxed = false;  ///< `security`
  bool gains = false;    ///< `importance`

  /// Trees an iteration, scores a row.
  std::size_t outputs() const { return objective == Objective::kMulti ? classes : 1; }
  /// What evaluations open.
  nn::EvaluationKind evaluation() const;
  /// Whether the test set is evaluated after so many iterations;
  bool evaluates_after(std::uint64_t done) const { return done == iterations || (test_per_trees != 0 && done % test_per_trees == 0); }
};

BoostSettings boost_settings(const task::TaskFile& task);

/// A prediction has its model's depth. kProtocol when the plan says none that can be.
Status take_model_shape(const nn::Plan& plan, BoostSettings& settings);

/// What all allocate by; kInvalid when it is more than this release takes, or more rows than a sum has room for.
Result<Shape> shape_of(const BoostSettings& settings, const nn::Plan& plan);

/// Of the objective's gradients.
Scales scales_of(const BoostSettings& settings, const Shape& shape);

}  // namespace pai::client::boost
