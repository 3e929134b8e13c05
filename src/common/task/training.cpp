#include "common/task/training.h"

namespace pai::task {

bool is_prediction(const TaskSpec& spec) {
  const auto& settings = spec.main_client().settings;
  const auto mode = settings.find("mode");
  return mode != settings.end() && *mode == "predict";
}

Status check_resumable(const TaskSpec& spec) {
  const auto refused = [&](const std::string& why) {
    return Error(ErrorCode::kConflict,
                 "resume=true continues a training from its checkpoint; task '" + spec.name + "' " + why)
        .with_hint("retry it without resume: it begins again");
  };
  if (spec.family() == Family::kAlignment) return refused("is an alignment, which has none");
  if (is_prediction(spec)) return refused("is a prediction, which has none");
  const auto& settings = spec.main_client().settings;
  const std::string name = spec.family() == Family::kSecureXgboost ? "checkpoint_per_trees" : "checkpoint_per_batches";
  const auto every = settings.find(name);
  if (every == settings.end() || *every == 0) return refused("has " + name + " 0, so that it keeps none");
  return {};
}

}  // namespace pai::task
