// Peers that die, hang, fail or break the protocol in the middle: each call that concerns them ends with one reason.
#include <future>

#include "client/channel/handshake.h"
#include "integration/channel/parties.h"

namespace pai::client::test {
namespace {

using testing::HasSubstr;

/// A scripted client 1, connected to a real client 0.
class Scripted : public testing::Test {
 protected:
  void connect(const std::function<void(task::TaskFile&)>& edit = {}, std::optional<disclosure::MayPass> may_pass = {}) {
    parties_ = std::make_unique<Parties>(2, edit);
    if (may_pass) parties_->may_pass = *may_pass;
    channel_ = parties_->open(0);
    peer_ = std::make_unique<RawCaller>(parties_->target(0));
    v1::Frame frame;
    *frame.mutable_hello() = make_hello(parties_->tasks[1], 0);
    ASSERT_TRUE(peer_->write(frame));
    ASSERT_TRUE(peer_->read().has_hello());
  }
  Error failed_receive() {
    auto got = channel_->receive<v1::Publish>(1);
    EXPECT_FALSE(got.ok());
    return got.ok() ? Error(ErrorCode::kInternal, "received") : got.error();
  }

  std::unique_ptr<Parties> parties_;
  std::unique_ptr<TaskChannel> channel_;
  std::unique_ptr<RawCaller> peer_;
};

TEST_F(Scripted, AStreamThatEndsWithoutGoodbyeIsALostPeer) {
  connect();
  auto receiving = std::async(std::launch::async, [&] { return failed_receive(); });
  peer_->half_close();
  const auto error = receiving.get();
  EXPECT_EQ(error.code(), ErrorCode::kPeerLost);
  EXPECT_EQ(error.blames(), 1);
  EXPECT_EQ(error.message(), "client 1 (feature_client at 127.0.0.1:8084) was lost: connection closed");
  EXPECT_EQ(channel_->send(1, v1::Publish()).error().message(), error.message());
}

TEST_F(Scripted, WhatItMayNotSendHereBreaksTheProtocol) {
  connect([](task::TaskFile&) {}, disclosure::may_pass);
  ASSERT_TRUE(peer_->write(Channel::wrap(v1::MatchBits())));  // main's to send
  const auto error = failed_receive();
  EXPECT_EQ(error.code(), ErrorCode::kProtocol);
  EXPECT_EQ(error.message(),
            "client 1 (feature_client at 127.0.0.1:8084) broke the protocol: a MatchBits, which it may not send here in this task");
}

TEST_F(Scripted, WhatMayNotGoToItDoesNotLeaveAndTheConversationGoesOn) {
  connect([](task::TaskFile&) {}, disclosure::may_pass);
  const auto refused = channel_->send(1, batch(1));
  EXPECT_EQ(refused.error().code(), ErrorCode::kInternal);
  EXPECT_THAT(refused.error().message(), HasSubstr("a TagBatch may not leave for client 1"));
  ASSERT_TRUE(channel_->send(1, v1::Publish()).ok());
  auto frame = peer_->read();
  while (frame.has_heartbeat()) frame = peer_->read();
  EXPECT_TRUE(frame.has_publish());
}

TEST_F(Scripted, AResetIsALostPeer) {
  connect();
  auto receiving = std::async(std::launch::async, [&] { return failed_receive(); });
  peer_.reset();
  EXPECT_EQ(receiving.get().code(), ErrorCode::kPeerLost);
}

TEST_F(Scripted, AResetEndsASendThatWaitsForRoom) {
  connect();
  auto sending = std::async(std::launch::async, [&] {
    while (true) {
      auto status = channel_->send(1, batch(1 << 20));
      if (!status.ok()) return status.error();
    }
  });
  // The peer reads nothing; once its windows are full the send hangs. Its death must end it whether it hangs yet or not.
  EXPECT_EQ(sending.wait_for(std::chrono::milliseconds(100)), std::future_status::timeout);
  peer_.reset();
  EXPECT_EQ(sending.get().blames(), 1);
}

TEST_F(Scripted, ASilentPeerIsLostAfterItsTime) {
  connect([](task::TaskFile& file) { file.node.peer_lost_s = 0.1; });
  const auto error = failed_receive();
  EXPECT_EQ(error.code(), ErrorCode::kPeerLost);
  EXPECT_THAT(error.message(), HasSubstr("was lost: silent for 0.1 s"));
  EXPECT_EQ(peer_->read().body_case(), v1::Frame::BODY_NOT_SET) << "the stream is cut";
}

TEST_F(Scripted, HeartbeatsComeWhenNothingElseDoesAndTellThatButNotHowMuchWasDone) {
  connect([](task::TaskFile& file) { file.node.heartbeat_s = 0.02; });
  *parties_->progress[0] = 4'100'000;
  auto frame = peer_->read();
  while (frame.has_heartbeat() && frame.heartbeat().progress() == 0) frame = peer_->read();
  EXPECT_EQ(frame.heartbeat().progress(), 1u);
}

TEST_F(Scripted, APeerThatOnlyBeatsIsATimeoutAfterTheStallTime) {
  connect([](task::TaskFile& file) { file.node.stall_timeout_s = 0.2; });
  std::atomic<bool> over = false;
  std::thread beating([&] {
    v1::Frame frame;
    frame.mutable_heartbeat()->set_progress(7);
    while (!over && peer_->write(frame)) std::this_thread::yield();
  });
  const auto error = failed_receive();
  over = true;
  beating.join();
  EXPECT_EQ(error.code(), ErrorCode::kTimeout);
  EXPECT_EQ(error.blames(), 1);
  EXPECT_THAT(error.message(), HasSubstr("sent no Publish"));
}

TEST_F(Scripted, APeerThatGetsOnIsWaitedForBeyondTheStallTime) {
  connect([](task::TaskFile& file) { file.node.stall_timeout_s = 0.1; });
  auto receiving = std::async(std::launch::async, [&] { return channel_->receive<v1::Publish>(1); });
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(500);
  v1::Frame frame;
  for (std::uint64_t progress = 1; std::chrono::steady_clock::now() < until; ++progress) {
    frame.mutable_heartbeat()->set_progress(progress);
    ASSERT_TRUE(peer_->write(frame));
  }
  ASSERT_TRUE(peer_->write(Channel::wrap(v1::Publish())));
  const auto got = receiving.get();
  EXPECT_TRUE(got.ok()) << got.error().describe();
}

TEST_F(Scripted, AFailedPeersReasonAndBlameArrive) {
  connect();
  v1::Frame frame;
  frame.mutable_goodbye()->set_message("no space left on device");
  ASSERT_TRUE(peer_->write(frame));
  const auto error = failed_receive();
  EXPECT_EQ(error.message(), "client 1 (feature_client at 127.0.0.1:8084) failed: no space left on device");
  EXPECT_EQ(error.blames(), 1);
}

TEST_F(Scripted, AFailedPeerMayBlameAnother) {
  connect();
  v1::Frame frame;
  frame.mutable_goodbye()->set_message("client 0 was lost");
  frame.mutable_goodbye()->set_blames(0);
  ASSERT_TRUE(peer_->write(frame));
  EXPECT_EQ(failed_receive().blames(), 0);
}

TEST_F(Scripted, ABlameOfNobodyFallsOnThePeerAndItsTextIsMadePrintable) {
  connect();
  v1::Frame frame;
  frame.mutable_goodbye()->set_message("a\nb");
  frame.mutable_goodbye()->set_blames(99);
  ASSERT_TRUE(peer_->write(frame));
  const auto error = failed_receive();
  EXPECT_EQ(error.blames(), 1);
  EXPECT_THAT(error.message(), HasSubstr("a\\x0ab"));
}

struct Broken {
  const char* name;
  void (*make)(v1::Frame&);
};
void PrintTo(const Broken& broken, std::ostream* out) { *out << broken.name; }
class ScriptedBroken : public Scripted, public testing::WithParamInterface<Broken> {};

TEST_P(ScriptedBroken, IsAProtocolFaultOfThePeerWhichIsTold) {
  connect();
  v1::Frame frame;
  GetParam().make(frame);
  ASSERT_TRUE(peer_->write(frame));
  const auto error = failed_receive();
  EXPECT_EQ(error.code(), ErrorCode::kProtocol) << error.describe();
  EXPECT_EQ(error.blames(), 1);
  auto answer = peer_->read();
  while (answer.has_heartbeat()) answer = peer_->read();
  EXPECT_TRUE(answer.has_goodbye()) << answer.DebugString();
  EXPECT_FALSE(answer.goodbye().ok());
}

INSTANTIATE_TEST_SUITE_P(
    Frames, ScriptedBroken,
    testing::Values(Broken{"empty", [](v1::Frame&) {}},
                    Broken{"second_hello", [](v1::Frame& f) { f.mutable_hello(); }},
                    Broken{"refusal", [](v1::Frame& f) { f.mutable_refusal(); }},
                    Broken{"piece_over_the_limit",
                           [](v1::Frame& f) {
                             f.mutable_fragment()->set_total_bytes(std::uint64_t{1} << 62);
                             f.mutable_fragment()->set_piece("x");
                           }},
                    Broken{"piece_without_bytes", [](v1::Frame& f) { f.mutable_fragment()->set_total_bytes(10); }},
                    Broken{"piece_of_garbage",
                           [](v1::Frame& f) {
                             f.mutable_fragment()->set_total_bytes(3);
                             f.mutable_fragment()->set_piece("\xff\xff\xff");
                             f.mutable_fragment()->set_last(true);
                           }}),
    [](const auto& instance) { return instance.param.name; });

TEST_F(Scripted, AMessageOverTheTransportsLimitEndsTheStream) {
  connect();
  (void)peer_->write(Channel::wrap(batch(2 << 20)));
  EXPECT_EQ(failed_receive().blames(), 1);
}

TEST(Loss, TheFirstCauseReachesThirdParties) {
  Parties parties(3);
  auto channels = parties.open_all();
  for (const int from : {0, 2}) ASSERT_TRUE(channels[static_cast<std::size_t>(from)]->send(1, declaration(1)).ok());
  ASSERT_TRUE(channels[0]->send(2, declaration(1)).ok());
  ASSERT_TRUE(channels[2]->receive<v1::SetDeclaration>(0).ok());
  // Client 1 fails; client 0 was waiting for it, and client 2 for client 0.
  auto second = std::async(std::launch::async, [&] { return channels[2]->receive<v1::Publish>(0); });
  channels[1]->finish(Error(ErrorCode::kIo, "no space left on device"));
  const auto first = channels[0]->receive<v1::Publish>(1);
  ASSERT_FALSE(first.ok());
  channels[0]->finish(first.error());
  const auto got = second.get();
  ASSERT_FALSE(got.ok());
  EXPECT_EQ(got.error().blames(), 1);
  EXPECT_THAT(got.error().message(), HasSubstr("no space left on device"));
  channels[2]->finish(got.error());
}

TEST(Loss, CancelEndsAReceiveAndASendThatHangs) {
  Parties parties(3);
  auto channels = parties.open_all();
  auto receiving = std::async(std::launch::async, [&] { return channels[0]->receive<v1::Publish>(1); });
  auto sending = std::async(std::launch::async, [&] {
    while (true) {
      auto status = channels[0]->send(2, batch(1 << 20));
      if (!status.ok()) return status;
    }
  });
  EXPECT_EQ(sending.wait_for(std::chrono::milliseconds(100)), std::future_status::timeout);
  channels[0]->cancel(Error(ErrorCode::kCancelled, "stopped by request"));
  EXPECT_EQ(receiving.get().error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(sending.get().error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(channels[0]->send(1, v1::Publish()).error().code(), ErrorCode::kCancelled);
  // The peer that read learns why.
  channels[0]->finish(Error(ErrorCode::kCancelled, "stopped by request"));
  EXPECT_THAT(channels[1]->receive<v1::Publish>(0).error().message(), HasSubstr("failed: stopped by request"));
  channels[1]->finish({});
}

TEST(Loss, APeersEndIsHeardWhileAnotherIsWaitedFor) {
  Parties parties(3);
  auto channels = parties.open_all();
  auto waiting = std::async(std::launch::async, [&] { return channels[0]->receive<v1::Publish>(1); });
  ASSERT_TRUE(channels[0]->send(2, declaration(1)).ok());
  // Nobody asks for these, and the end comes behind them.
  for (std::uint64_t i = 0; i < 3; ++i) ASSERT_TRUE(channels[2]->send(0, declaration(i)).ok());
  channels[2]->finish(Error(ErrorCode::kIo, "no space left on device"));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  auto status = channels[0]->send(2, declaration(2));
  while (status.ok() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
    status = channels[0]->send(2, declaration(2));
  }
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().message(), HasSubstr("failed: no space left on device"));
  channels[1]->finish({});
  EXPECT_FALSE(waiting.get().ok());
  channels[0]->finish({});
}

TEST(Loss, AChannelThatVanishesIsLostToItsPeers) {
  Parties parties(2);
  auto channels = parties.open_all();
  ASSERT_TRUE(channels[1]->send(0, declaration(1)).ok());
  ASSERT_TRUE(channels[0]->receive<v1::SetDeclaration>(1).ok());
  auto receiving = std::async(std::launch::async, [&] { return channels[0]->receive<v1::Publish>(1); });
  channels[1].reset();
  EXPECT_EQ(receiving.get().error().code(), ErrorCode::kPeerLost);
}

TEST(Loss, APortIsFreeForTheNextTaskAfterTheEnd) {
  Parties parties(2);
  for (int round = 0; round < 5; ++round) {
    auto channels = parties.open_all();
    ASSERT_TRUE(channels[0]->send(1, declaration(1)).ok());
    ASSERT_TRUE(channels[1]->receive<v1::SetDeclaration>(0).ok());
    finish_all(channels);
  }
}

}  // namespace
}  // namespace pai::client::test
