#pragma once

#include <cstdint>
#include <string_view>

#include "client/nn/training_settings.h"
#include "client/runtime/context.h"

/// What main does in every kind of training.
namespace pai::client::nn {

/// Follows the label client's reports, from `done` to at most `total` batches (or whatever the unit is), to the last one; decides about early
/// stopping.
Status follow_training(Context& context, const Cast& cast, std::uint64_t early_stop, std::uint64_t done, std::uint64_t total,
                       std::string_view unit);

/// All parts of the model, or none: they take their places when every party has its own.
Status publish(Context& context, const Cast& cast);

}  // namespace pai::client::nn
