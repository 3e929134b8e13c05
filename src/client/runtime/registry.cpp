#include "client/runtime/registry.h"

#include "client/align/roles.h"
#include "client/boost/roles.h"
#include "client/nn/roles.h"

namespace pai::client {

namespace {

/// The dealer deals what the family computes with.
Status run_dealer_of_family(Context& context) {
  if (context.task.spec.family() == task::Family::kSecureXgboost) return boost::run_dealer(context, nullptr);
  return run_triplet_producer(context);
}

}  // namespace

Role role_of(task::ClientType type) {
  switch (type) {
    case task::ClientType::kAlignmentMain: return run_alignment_main;
    case task::ClientType::kAlignmentData: return run_alignment_data;
    case task::ClientType::kTripletProducer: return run_dealer_of_family;
    case task::ClientType::kSharedNnMain: return run_shared_nn_main;
    case task::ClientType::kSharedNnFeature: return run_shared_nn_feature;
    case task::ClientType::kSharedNnLabel: return run_shared_nn_label;
    case task::ClientType::kSecureXgboostMain: return run_secure_xgboost_main;
    case task::ClientType::kSecureXgboostFeature: return run_secure_xgboost_feature;
    case task::ClientType::kSecureXgboostLabel: return run_secure_xgboost_label;
  }
  return nullptr;
}

}  // namespace pai::client
