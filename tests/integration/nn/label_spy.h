#pragma once

#include <vector>

#include "client/nn/evaluation.h"
#include "client/runtime/context.h"

namespace pai::client::nn::test {

/// The label client's role in a training that tells what it saw: `outcomes` gets what each evaluation opened
/// to it.
Status run_spying_label(Context& context, std::vector<Outcome>& outcomes);

}  // namespace pai::client::nn::test
