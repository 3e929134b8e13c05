#pragma once

#include "client/ring/seed_stream.h"
#include "client/runtime/context.h"

namespace pai::client {

/// Main of a boosting or its prediction: brings the parties together, follows the label client's reports, decides about early stopping. Holds
/// no share and sees no data.
Status run_secure_xgboost_main(Context& context);
/// A feature client: trains and predicts with its own columns.
Status run_secure_xgboost_feature(Context& context);
/// The label client: the same with the labels, evaluates, and is the only one who sees scores.
Status run_secure_xgboost_label(Context& context);

namespace boost {

/// The dealer of a boosting; with `fixed_seed` two runs are equal in every bit, for tests alone. Null: fresh seeds.
Status run_dealer(Context& context, const ring::Seed* fixed_seed);

}  // namespace boost
}  // namespace pai::client
