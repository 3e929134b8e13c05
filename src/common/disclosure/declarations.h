#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"

namespace google::protobuf {
class Descriptor;
}

namespace pai::disclosure {

/// Checks that every message type that `frame` can carry declares what it discloses, and who may send it to whom (`discloses` with a
/// kind, a sentence and passages). kInternal naming all that don't: a client must not start with a protocol that keeps
/// silent.
Status check_declarations(const google::protobuf::Descriptor& frame);
/// The same for the protocol's own Frame.
Status check_declarations();

/// What a message type declares.
struct Disclosed {
  std::string kind;    ///< "control", "share", "opened", …
  std::string learns;  ///< one sentence
};
/// Of one of Frame's bodies, by its name; "unknown" for any other.
Disclosed disclosed_by(std::string_view message_type);

}  // namespace pai::disclosure
