// The gate that keeps undeclared message types from starting, shown on our frame and on frames made at run time.
#include "common/disclosure/declarations.h"

#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>

#include "pai/v1/channel.pb.h"
#include "pai/v1/disclosure.pb.h"

namespace pai::disclosure {
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
  return check_declarations(*pool.BuildFile(file)->FindMessageTypeByName("Frame"));
}

TEST(Disclosures, EveryMessageOfOurProtocolDeclaresWhatItTells) {
  const auto status = check_declarations(*v1::Frame::descriptor());
  EXPECT_TRUE(status.ok()) << status.error().describe();
}

TEST(Disclosures, ATypeWithoutADeclarationIsNamed) {
  const auto status = check_frame_with([](auto&) {});
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message(), "message types that do not declare what they disclose, and who may send them to whom: Body");
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

/// A declaration with a kind, a sentence and one passage, which `change` may spoil.
template <class Change>
Status check_passage(Change change) {
  return check_frame_with([&](auto& options) {
    auto& note = *options.MutableExtension(v1::discloses);
    note.set_kind(v1::DISCLOSURE_SHARE);
    note.set_learns("a random share");
    auto& passage = *note.add_passages();
    passage.set_family(v1::TASK_FAMILY_TRAINING);
    passage.set_from(v1::PARTY_DATA);
    passage.set_to(v1::PARTY_LABEL);
    change(note, passage);
  });
}

TEST(Disclosures, ADeclaredTypePasses) {
  EXPECT_TRUE(check_passage([](auto&, auto&) {}).ok());
}

TEST(Disclosures, ATypeThatSaysNotWhoSendsItToWhomIsNoDeclaration) {
  EXPECT_FALSE(check_passage([](auto& note, auto&) { note.clear_passages(); }).ok());
  EXPECT_FALSE(check_passage([](auto&, auto& passage) { passage.clear_family(); }).ok());
  EXPECT_FALSE(check_passage([](auto&, auto& passage) { passage.clear_from(); }).ok());
  EXPECT_FALSE(check_passage([](auto&, auto& passage) { passage.clear_to(); }).ok());
}

TEST(Disclosures, AConditionNeedsASettingAndAValue) {
  EXPECT_FALSE(check_passage([](auto&, auto& passage) { passage.add_when()->set_setting("psi"); }).ok());
  EXPECT_FALSE(check_passage([](auto&, auto& passage) { passage.add_when()->set_is("prf"); }).ok());
}

}  // namespace
}  // namespace pai::disclosure
