#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "client/mpc/group.h"
#include "client/nn/core/model_shape.h"
#include "client/nn/core/settings.h"
#include "common/csv/layout.h"
#include "common/task/task_file.h"

namespace pai::client::nn {

/// Main's settings, which every party has.
struct TrainingSettings {
  bool predict = false;
  ShapeSettings shape;
  TrainingRule rule;  ///< the loss is the label client's, and comes with the plan
  std::size_t batch_size = 64;
  std::size_t test_batch_size = 10'000;
  std::uint64_t test_per_batches = 1001;  ///< 0: at the end only
  std::optional<std::uint64_t> max_iter, epochs;
  std::uint64_t seed = 1;
  std::uint64_t early_stop = 0;              ///< evaluations without improvement; 0: never
  std::uint64_t checkpoint_per_batches = 0;  ///< 0: never
  bool split = false;                        ///< security "split"
  bool export_weights = false;
};

TrainingSettings training_settings(const task::TaskFile& task);

/// Who is who in a task on shares.
struct Cast {
  mpc::Group group;
  int main = 0;
  int dealer = 0;
  int label = 0;
};
/// kInvalid when the task has no dealer or no label client.
Result<Cast> cast_of(const task::TaskFile& task);

/// A data client's own settings.
struct DataSettings {
  std::string data_path;
  std::optional<std::vector<csv::ColumnRequest::Column>> columns;
  std::string normalize = "zscore";
  Loss loss = Loss::kLogloss;           ///< label client
  std::vector<std::string> metrics;     ///< label client
  bool report_roc = false;              ///< label client
};
Result<DataSettings> data_settings(const task::TaskFile& task);

}  // namespace pai::client::nn
