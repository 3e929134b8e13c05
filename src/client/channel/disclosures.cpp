#include "client/channel/disclosures.h"

#include <string>

#include "pai/v1/disclosure.pb.h"

namespace pai::client {

Status check_disclosures(const google::protobuf::Descriptor& frame) {
  std::string silent;
  for (int i = 0; i < frame.field_count(); ++i) {
    const auto* type = frame.field(i)->message_type();
    const bool declared = type != nullptr && type->options().HasExtension(v1::discloses) &&
                          type->options().GetExtension(v1::discloses).kind() != v1::DISCLOSURE_UNSPECIFIED &&
                          !type->options().GetExtension(v1::discloses).learns().empty();
    if (declared) continue;
    if (!silent.empty()) silent += ", ";
    silent += type != nullptr ? type->full_name() : frame.field(i)->full_name();
  }
  if (silent.empty()) return {};
  return Error(ErrorCode::kInternal, "message types without a declared disclosure: " + silent);
}

}  // namespace pai::client
