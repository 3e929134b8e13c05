#include "client/runtime/registry.h"

#include "client/align/roles.h"
#include "client/nn/roles.h"

namespace pai::client {

Role role_of(task::ClientType type) {
  switch (type) {
    case task::ClientType::kAlignmentMain: return run_alignment_main;
    case task::ClientType::kAlignmentData: return run_alignment_data;
    case task::ClientType::kTripletProducer: return run_triplet_producer;
    case task::ClientType::kSharedNnMain: return run_shared_nn_main;
    case task::ClientType::kSharedNnFeature: return run_shared_nn_feature;
    case task::ClientType::kSharedNnLabel: return run_shared_nn_label;
    case task::ClientType::kSecureXgboostMain:
    case task::ClientType::kSecureXgboostFeature:
    case task::ClientType::kSecureXgboostLabel: return nullptr;
  }
  return nullptr;
}

}  // namespace pai::client
