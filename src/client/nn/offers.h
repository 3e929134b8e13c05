#pragma once

#include <map>

#include "client/channel/channel.h"
#include "client/nn/training_settings.h"
#include "pai/v1/training.pb.h"

/// How main brings the parties together, in every kind of training.
namespace pai::client::nn {

using Offers = std::map<int, v1::TrainingOffer>;  ///< by client

/// Takes every data client's offer. kInvalid, naming the clients, for offers that do not fit together.
Result<Offers> collect_offers(Channel& channel, const Cast& cast, bool predicts);
/// The plan that they make; resumed, it goes on from the newest checkpoint that all have.
v1::TrainingPlan plan_message(const Offers& offers, const Cast& cast, bool resume, bool predicts);
/// Tells the dealer, and with the alignment id the data clients.
Status tell_plan(Channel& channel, const Cast& cast, const Offers& offers, v1::TrainingPlan message);

}  // namespace pai::client::nn
