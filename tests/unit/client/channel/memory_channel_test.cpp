// The in-process network: what roles may rely on in their tests.
#include "client/channel/memory_channel.h"

#include <atomic>
#include <future>
#include <mutex>
#include <thread>

#include <gtest/gtest.h>

namespace pai::client {
namespace {

v1::SetDeclaration declaration(std::uint64_t rows) {
  v1::SetDeclaration made;
  made.set_rows(rows);
  return made;
}

v1::TagBatch batch(std::size_t bytes) {
  v1::TagBatch made;
  made.set_tags(std::string(bytes, 't'));
  return made;
}

TEST(MemoryChannel, EveryPairTalksInOrderWhateverTheDelays) {
  MemoryNetwork network;
  network.delay_max = std::chrono::microseconds(200);
  auto channels = make_memory_channels(4, network);
  std::vector<std::thread> parties;
  std::atomic<int> wrong = 0;
  for (auto& channel : channels) {
    parties.emplace_back([&] {
      for (std::uint64_t i = 0; i < 20; ++i) {
        for (int peer = 0; peer < 4; ++peer) {
          if (peer != channel->self() && !channel->send(peer, declaration(i)).ok()) ++wrong;
        }
      }
      for (std::uint64_t i = 0; i < 20; ++i) {
        for (int peer = 0; peer < 4; ++peer) {
          if (peer == channel->self()) continue;
          const auto got = channel->receive<v1::SetDeclaration>(peer);
          if (!got.ok() || got->rows() != i) ++wrong;
        }
      }
    });
  }
  for (auto& party : parties) party.join();
  EXPECT_EQ(wrong, 0);
}

TEST(MemoryChannel, ASlowReceiverHoldsTheSender) {
  MemoryNetwork network;
  network.bytes_max = 1000;
  auto channels = make_memory_channels(2, network);
  std::atomic<int> sent = 0;
  auto sender = std::async(std::launch::async, [&] {
    for (int i = 0; i < 50; ++i) {
      ASSERT_TRUE(channels[0]->send(1, batch(400)).ok());
      ++sent;
    }
  });
  for (int received = 0; received < 50; ++received) {
    ASSERT_TRUE(channels[1]->receive<v1::TagBatch>(0).ok());
    EXPECT_LE(sent, received + 4);
  }
  sender.get();
}

TEST(MemoryChannel, NobodySendingIsATimeoutBlamedOnThePeer) {
  MemoryNetwork network;
  network.stall_timeout = std::chrono::milliseconds(20);
  auto channels = make_memory_channels(2, network);
  const auto got = channels[0]->receive<v1::Publish>(1);
  ASSERT_FALSE(got.ok());
  EXPECT_EQ(got.error().code(), ErrorCode::kTimeout);
  EXPECT_EQ(got.error().blames(), 1);
}

TEST(MemoryChannel, AFailedPartyTellsItsReasonAndItsBlame) {
  auto channels = make_memory_channels(3);
  auto waiting = std::async(std::launch::async, [&] { return channels[0]->receive<v1::Publish>(1); });
  channels[1]->finish(Error(ErrorCode::kPeerLost, "client 2 was lost").blaming(2));
  const auto got = waiting.get();
  ASSERT_FALSE(got.ok());
  EXPECT_EQ(got.error().message(), "client 1 failed: client 2 was lost");
  EXPECT_EQ(got.error().blames(), 2);
  EXPECT_FALSE(channels[0]->send(1, v1::Publish()).ok());
}

TEST(MemoryChannel, WhatAPartySentBeforeItEndedArrives) {
  auto channels = make_memory_channels(2);
  ASSERT_TRUE(channels[0]->send(1, declaration(5)).ok());
  channels[0]->finish({});
  EXPECT_TRUE(channels[1]->receive<v1::SetDeclaration>(0).ok());
  const auto more = channels[1]->receive<v1::SetDeclaration>(0);
  ASSERT_FALSE(more.ok());
  EXPECT_EQ(more.error().blames(), 0);
}

TEST(MemoryChannel, APartyThatVanishesIsLost) {
  auto channels = make_memory_channels(2);
  auto waiting = std::async(std::launch::async, [&] { return channels[0]->receive<v1::Publish>(1); });
  channels[1].reset();
  const auto got = waiting.get();
  ASSERT_FALSE(got.ok());
  EXPECT_EQ(got.error().code(), ErrorCode::kPeerLost);
}

TEST(MemoryChannel, CancelEndsWaitingReceivesAndSends) {
  MemoryNetwork network;
  network.bytes_max = 100;
  auto channels = make_memory_channels(3, network);
  auto receiving = std::async(std::launch::async, [&] { return channels[0]->receive<v1::Publish>(1); });
  auto sending = std::async(std::launch::async, [&] {
    while (true) {
      auto status = channels[0]->send(2, batch(90));
      if (!status.ok()) return status;
    }
  });
  channels[0]->cancel(Error(ErrorCode::kCancelled, "stopped by request"));
  EXPECT_EQ(receiving.get().error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(sending.get().error().code(), ErrorCode::kCancelled);
}

TEST(MemoryChannel, ACutEndsBothSidesOfThePairOnly) {
  MemoryNetwork network;
  network.cut = MemoryNetwork::Cut{0, 1, 2};
  auto channels = make_memory_channels(3, network);
  EXPECT_TRUE(channels[0]->send(1, declaration(1)).ok());
  EXPECT_TRUE(channels[0]->send(1, declaration(2)).ok());
  EXPECT_FALSE(channels[0]->send(1, declaration(3)).ok());
  const auto got = channels[1]->receive<v1::SetDeclaration>(0);
  ASSERT_FALSE(got.ok());
  EXPECT_EQ(got.error().blames(), 0);
  EXPECT_TRUE(channels[0]->send(2, declaration(1)).ok());
}

TEST(MemoryChannel, TheTapAndTheCountsSeeWhatWasSent) {
  std::mutex mutex;
  std::string seen;
  MemoryNetwork network;
  network.tap = [&](int from, int to, const v1::Frame& frame) {
    const std::lock_guard lock(mutex);
    seen += std::to_string(from) + ">" + std::to_string(to) + ":" + std::to_string(frame.ByteSizeLong()) + " ";
  };
  auto channels = make_memory_channels(2, network);
  ASSERT_TRUE(channels[0]->send(1, batch(10)).ok());
  ASSERT_TRUE(channels[0]->send(1, batch(10)).ok());
  EXPECT_EQ(seen, "0>1:15 0>1:15 ");
  const auto sent = channels[0]->sent();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].peer, 1);
  EXPECT_EQ(sent[0].message_type, "TagBatch");
  EXPECT_EQ(sent[0].messages, 2u);
  EXPECT_EQ(sent[0].bytes, 30u);
}

TEST(MemoryChannel, ReceivedMessagesAndTheirWaitsAreCountedByPeer) {
  auto channels = make_memory_channels(3);
  ASSERT_TRUE(channels[2]->send(0, declaration(1)).ok());
  ASSERT_TRUE(channels[2]->send(0, declaration(2)).ok());
  ASSERT_TRUE(channels[0]->receive<v1::SetDeclaration>(2).ok());
  const auto waited = channels[0]->waited();
  ASSERT_EQ(waited.size(), 2u);
  EXPECT_EQ(waited[0].peer, 1);
  EXPECT_EQ(waited[0].messages, 0u);
  EXPECT_EQ(waited[1].peer, 2);
  EXPECT_EQ(waited[1].messages, 1u);
  EXPECT_EQ(waited[1].seconds, 0) << "it was there already";
}

}  // namespace
}  // namespace pai::client
