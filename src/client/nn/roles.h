#pragma once

#include "client/ring/seed_stream.h"
#include "client/runtime/context.h"

namespace pai::client {

/// Main of a training or prediction: brings the parties together, follows the label client's reports, decides about early stopping. Holds no
/// share and sees no data.
Status run_shared_nn_main(Context& context);
/// A feature client: trains and predicts with its own columns.
Status run_shared_nn_feature(Context& context);
/// The label client: the same with the labels, evaluates, and is the only one who sees scores.
Status run_shared_nn_label(Context& context);
/// The dealer of correlated randomness for tasks on shares.
Status run_triplet_producer(Context& context);

namespace nn {

/// The dealer with seeds made of `fixed_seed`, which makes two runs equal in every bit; for tests alone. Null: fresh seeds.
Status run_dealer(Context& context, const ring::Seed* fixed_seed);

}  // namespace nn
}  // namespace pai::client
