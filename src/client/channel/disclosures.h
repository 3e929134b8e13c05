#pragma once

#include <google/protobuf/descriptor.h>

#include "common/base/result.h"

namespace pai::client {

/// Checks that every message type that `frame` can carry declares what it discloses (`discloses` with a kind and a
/// sentence). kInternal naming all that don't: a client must not start with a protocol that keeps silent.
Status check_disclosures(const google::protobuf::Descriptor& frame);

}  // namespace pai::client
