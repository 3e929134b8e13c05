#include "client/runtime/registry.h"

#include "client/align/roles.h"

namespace pai::client {

Role role_of(task::ClientType type) {
  switch (type) {
    case task::ClientType::kAlignmentMain: return run_alignment_main;
    case task::ClientType::kAlignmentData: return run_alignment_data;
    case task::ClientType::kTripletProducer:
    case task::ClientType::kSharedNnMain:
    case task::ClientType::kSharedNnFeature:
    case task::ClientType::kSharedNnLabel:
    case task::ClientType::kSecureXgboostMain:
    case task::ClientType::kSecureXgboostFeature:
    case task::ClientType::kSecureXgboostLabel: return nullptr;
  }
  return nullptr;
}

}  // namespace pai::client
