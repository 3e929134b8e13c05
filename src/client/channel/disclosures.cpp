#include "client/channel/disclosures.h"

#include <cctype>
#include <utility>

#include "pai/v1/channel.pb.h"
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

Disclosed disclosure_of(std::string_view message_type) {
  const auto* const frame = v1::Frame::descriptor();
  for (int i = 0; i < frame->field_count(); ++i) {
    const auto* type = frame->field(i)->message_type();
    if (type == nullptr || type->name() != message_type) continue;
    const auto& note = type->options().GetExtension(v1::discloses);
    auto kind = v1::Disclosure_Name(note.kind()).substr(std::string_view("DISCLOSURE_").size());
    for (auto& letter : kind) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    return {std::move(kind), note.learns()};
  }
  return {"unknown", ""};
}

}  // namespace pai::client
