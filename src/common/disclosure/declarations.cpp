#include "common/disclosure/declarations.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "pai/v1/channel.pb.h"
#include "pai/v1/disclosure.pb.h"

namespace pai::disclosure {

namespace {

bool is_whole(const v1::Passage& passage) {
  return passage.family() != v1::TASK_FAMILY_UNSPECIFIED && passage.from() != v1::PARTY_UNSPECIFIED &&
         passage.to() != v1::PARTY_UNSPECIFIED &&
         std::all_of(passage.when().begin(), passage.when().end(), [](const v1::Condition& condition) {
           return !condition.setting().empty() && condition.value_case() != v1::Condition::VALUE_NOT_SET;
         });
}

bool is_declared(const google::protobuf::Descriptor* type) {
  if (type == nullptr || !type->options().HasExtension(v1::discloses)) return false;
  const auto& note = type->options().GetExtension(v1::discloses);
  return note.kind() != v1::DISCLOSURE_UNSPECIFIED && !note.learns().empty() && !note.passages().empty() &&
         std::all_of(note.passages().begin(), note.passages().end(), is_whole);
}

}  // namespace

Status check_declarations(const google::protobuf::Descriptor& frame) {
  std::string silent;
  for (int i = 0; i < frame.field_count(); ++i) {
    const auto* type = frame.field(i)->message_type();
    if (is_declared(type)) continue;
    if (!silent.empty()) silent += ", ";
    silent += type != nullptr ? type->full_name() : frame.field(i)->full_name();
  }
  if (silent.empty()) return {};
  return Error(ErrorCode::kInternal,
               "message types that do not declare what they disclose, and who may send them to whom: " + silent);
}

Status check_declarations() { return check_declarations(*v1::Frame::descriptor()); }

Disclosed disclosed_by(std::string_view message_type) {
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

}  // namespace pai::disclosure
