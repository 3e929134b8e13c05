#pragma once

#include <string>
#include <string_view>

#include <google/protobuf/descriptor.h>

#include "common/base/result.h"

namespace pai::client {

/// Checks that every message type that `frame` can carry declares what it discloses (`discloses` with a kind and a
/// sentence). kInternal naming all that don't: a client must not start with a protocol that keeps silent.
Status check_disclosures(const google::protobuf::Descriptor& frame);

/// What a message type declares.
struct Disclosed {
  std::string kind;    ///< "control", "share", "opened", …
  std::string learns;  ///< one sentence
};
/// Of one of Frame's bodies, by its name; "unknown" for any other.
Disclosed disclosure_of(std::string_view message_type);

}  // namespace pai::client
