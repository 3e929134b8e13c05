// The gate that keeps undeclared message types from starting, shown on our frame and on frames made at run time.
#include "client/channel/disclosures.h"

#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>

#include "pai/v1/channel.pb.h"
#include "pai/v1/disclosure.pb.h"

namespace pai::client {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::FileDescriptorProto;

/// A frame type with one body, whose options `declare` fills.
template <class Declare>
Status check_frame_with(Declare declare) {
  FileDescriptorProto file;
  file.set_name("frame.proto");
  file.set_syntax("proto3");
  auto* body = file.add_message_type();
  body->set_name("Body");
  declare(*body->mutable_options());
  auto* frame = file.add_message_type();
  frame->set_name("Frame");
  auto* field = frame->add_field();
  field->set_name("body");
  field->set_number(1);
  field->set_label(google::protobuf::FieldDescriptorProto::LABEL_OPTIONAL);
  field->set_type(google::protobuf::FieldDescriptorProto::TYPE_MESSAGE);
  field->set_type_name(".Body");
  DescriptorPool pool(DescriptorPool::generated_pool());
  return check_disclosures(*pool.BuildFile(file)->FindMessageTypeByName("Frame"));
}

TEST(Disclosures, EveryMessageOfOurProtocolDeclaresWhatItTells) {
  const auto status = check_disclosures(*v1::Frame::descriptor());
  EXPECT_TRUE(status.ok()) << status.error().describe();
}

TEST(Disclosures, ATypeWithoutADeclarationIsNamed) {
  const auto status = check_frame_with([](auto&) {});
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message(), "message types without a declared disclosure: Body");
}

TEST(Disclosures, AnUnspecifiedKindIsNoDeclaration) {
  EXPECT_FALSE(check_frame_with([](auto& options) {
                 options.MutableExtension(v1::discloses)->set_learns("everything");
               }).ok());
}

TEST(Disclosures, AKindWithoutASentenceIsNoDeclaration) {
  EXPECT_FALSE(check_frame_with([](auto& options) {
                 options.MutableExtension(v1::discloses)->set_kind(v1::DISCLOSURE_SHARE);
               }).ok());
}

TEST(Disclosures, ADeclaredTypePasses) {
  EXPECT_TRUE(check_frame_with([](auto& options) {
                options.MutableExtension(v1::discloses)->set_kind(v1::DISCLOSURE_SHARE);
                options.MutableExtension(v1::discloses)->set_learns("a random share");
              }).ok());
}

}  // namespace
}  // namespace pai::client
