#include "client/channel/channel.h"

#include <google/protobuf/descriptor.h>

namespace pai::client {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

const FieldDescriptor& Channel::field_of(const Descriptor& type) {
  const auto* bodies = v1::Frame::descriptor()->FindOneofByName("body");
  for (int i = 0; i < bodies->field_count(); ++i) {
    if (bodies->field(i)->message_type() == &type) return *bodies->field(i);
  }
  PAI_CHECK(false, "the message type is no body of Frame");
}

google::protobuf::Message* Channel::mutable_message(v1::Frame& frame, const FieldDescriptor& field) {
  return v1::Frame::GetReflection()->MutableMessage(&frame, &field);
}

bool Channel::is_set(const v1::Frame& frame, const FieldDescriptor& field) {
  return static_cast<int>(frame.body_case()) == field.number();
}

Error Channel::unexpected(const v1::Frame& frame, const Descriptor& expected, int peer) {
  const auto* got = v1::Frame::descriptor()->FindFieldByNumber(static_cast<int>(frame.body_case()));
  return Error(ErrorCode::kProtocol, "client " + std::to_string(peer) + " sent " +
                                         (got == nullptr ? std::string("an empty frame") : got->message_type()->name()) +
                                         " where " + expected.name() + " was due")
      .blaming(peer);
}

}  // namespace pai::client
