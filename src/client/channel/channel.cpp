#include "client/channel/channel.h"

#include <google/protobuf/descriptor.h>

namespace pai::client {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

const FieldDescriptor* field_of(const Descriptor& type) {
  const auto* bodies = v1::Frame::descriptor()->FindOneofByName("body");
  for (int i = 0; i < bodies->field_count(); ++i) {
    if (bodies->field(i)->message_type() == &type) return bodies->field(i);
  }
  return nullptr;
}

}  // namespace

google::protobuf::Message* Channel::mutable_body(v1::Frame& frame, const Descriptor& type) {
  const auto* field = field_of(type);
  PAI_CHECK(field != nullptr, "the message type is no body of Frame");
  return v1::Frame::GetReflection()->MutableMessage(&frame, field);
}

const Descriptor* Channel::body_type(const v1::Frame& frame) {
  const auto* bodies = v1::Frame::descriptor()->FindOneofByName("body");
  const auto* field = v1::Frame::GetReflection()->GetOneofFieldDescriptor(frame, bodies);
  return field == nullptr ? nullptr : field->message_type();
}

Error Channel::unexpected(const v1::Frame& frame, const Descriptor& expected, int peer) {
  const auto* got = body_type(frame);
  return Error(ErrorCode::kProtocol, "client " + std::to_string(peer) + " sent " +
                                         (got == nullptr ? std::string("an empty frame") : got->name()) +
                                         " where " + expected.name() + " was due")
      .blaming(peer);
}

}  // namespace pai::client
