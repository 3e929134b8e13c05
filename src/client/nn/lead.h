#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "client/nn/plan.h"
#include "client/nn/training_settings.h"
#include "client/runtime/context.h"

/// What main does in every kind of training.
namespace pai::client::nn {

/// Meets the parties and makes the plan with `make_plan`; says what becomes of a resumed training, in batches or whatever the unit is.
Result<Plan> meet_parties(Context& context, const Cast& cast, std::string_view unit, const std::function<Result<Plan>()>& make_plan);

/// Follows the label client's reports, from `done` to at most `total` batches (or whatever the unit is), to the last one; decides about early
/// stopping.
Status follow_training(Context& context, const Cast& cast, std::uint64_t early_stop, std::uint64_t done, std::uint64_t total,
                       std::string_view unit);

/// All parts of the model, or none: they take their places when every party has its own.
Status publish(Context& context, const Cast& cast);

}  // namespace pai::client::nn
