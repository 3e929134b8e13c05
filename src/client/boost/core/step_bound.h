#pragma once

#include <span>

#include "common/base/result.h"

namespace pai::client::boost {

/// Whether one leaf can carry a score out of the range in which the shared sigmoid is right. A pure leaf of a class that p of the rows have
/// moves by up to learning_rate/(p + 2⁻⁸), for h ≥ 2⁻⁸; beyond 28 the second derivatives turn negative in the next tree and leaves are noise.
/// `labels` are the training rows' of one output, 0 or 1. kInvalid; the sentence does not say how rare the class is, for it reaches the master.
Status check_step(double learning_rate, std::span<const double> labels);

}  // namespace pai::client::boost
