// Wrapping and unwrapping of typed messages, shown over a channel that keeps what it was given.
#include "client/channel/channel.h"

#include <deque>

#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

namespace pai::client {
namespace {

class LoopChannel final : public Channel {
 public:
  int self() const override { return 0; }
  void cancel(const Error&) override {}
  std::vector<Wait> waits() const override { return {}; }
  std::vector<Traffic> sent() const override { return {}; }

  std::deque<v1::Frame> frames;

 protected:
  Status send_frame(int, v1::Frame frame) override {
    frames.push_back(std::move(frame));
    return {};
  }
  Result<v1::Frame> receive_frame(int, const google::protobuf::Descriptor&) override {
    auto frame = std::move(frames.front());
    frames.pop_front();
    return frame;
  }
};

TEST(Channel, EveryBodyOfFrameCanBeSetThroughItsDescriptor) {
  const auto* bodies = v1::Frame::descriptor()->FindOneofByName("body");
  ASSERT_EQ(bodies->field_count(), v1::Frame::descriptor()->field_count()) << "a frame holds nothing but its body";
  EXPECT_EQ(Channel::wrap(v1::Hello()).body_case(), v1::Frame::kHello);
  EXPECT_EQ(Channel::wrap(v1::TagBatch()).body_case(), v1::Frame::kTagBatch);
  EXPECT_EQ(Channel::wrap(v1::Published()).body_case(), v1::Frame::kPublished);
}

TEST(Channel, AMessageArrivesAsItWasSent) {
  LoopChannel channel;
  v1::SetDeclaration sent;
  sent.set_rows(28'500);
  sent.set_min_intersection(7);
  ASSERT_TRUE(channel.send(1, sent).ok());
  const auto got = channel.receive<v1::SetDeclaration>(1);
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(got->rows(), 28'500u);
  EXPECT_EQ(got->min_intersection(), 7u);
}

TEST(Channel, AnotherTypeThanAskedForIsTheSendersFault) {
  LoopChannel channel;
  ASSERT_TRUE(channel.send(3, v1::Publish()).ok());
  const auto got = channel.receive<v1::TagBatch>(3);
  ASSERT_FALSE(got.ok());
  EXPECT_EQ(got.error().code(), ErrorCode::kProtocol);
  EXPECT_EQ(got.error().blames(), 3);
  EXPECT_EQ(got.error().message(), "client 3 sent Publish where TagBatch was due");
}

TEST(Channel, AnEmptyFrameIsTheSendersFault) {
  LoopChannel channel;
  channel.frames.emplace_back();
  const auto got = channel.receive<v1::Publish>(2);
  ASSERT_FALSE(got.ok());
  EXPECT_EQ(got.error().message(), "client 2 sent an empty frame where Publish was due");
}

}  // namespace
}  // namespace pai::client
