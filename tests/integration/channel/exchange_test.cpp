// Typed messages between real channels on loopback: order, sizes, back-pressure, counts, the end.
#include <future>

#include "integration/channel/parties.h"

namespace pai::client::test {
namespace {

Status greet_everybody(Channel& channel, int parties) {
  for (int peer = 0; peer < parties; ++peer) {
    if (peer != channel.self()) PAI_TRY(channel.send(peer, declaration(static_cast<std::uint64_t>(channel.self()))));
  }
  for (int peer = 0; peer < parties; ++peer) {
    if (peer == channel.self()) continue;
    PAI_ASSIGN(const auto got, channel.receive<v1::SetDeclaration>(peer));
    if (got.rows() != static_cast<std::uint64_t>(peer)) return Error(ErrorCode::kInternal, "mixed up");
  }
  return {};
}

class Exchange : public testing::TestWithParam<int> {};

TEST_P(Exchange, EveryPartyHearsFromEveryOther) {
  Parties parties(GetParam());
  for (const auto& outcome : run_parties(parties, [&](Channel& c) { return greet_everybody(c, GetParam()); })) {
    EXPECT_TRUE(outcome.ok()) << outcome.error().describe();
  }
}

INSTANTIATE_TEST_SUITE_P(Parties, Exchange, testing::Values(2, 3, 4, 6));

TEST(ExchangeOfTwo, MessagesKeepTheirOrder) {
  Parties parties(2);
  auto channels = parties.open_all();
  auto sender = std::async(std::launch::async, [&] {
    for (std::uint64_t i = 0; i < 2000; ++i) ASSERT_TRUE(channels[1]->send(0, declaration(i)).ok());
  });
  for (std::uint64_t i = 0; i < 2000; ++i) {
    const auto got = channels[0]->receive<v1::SetDeclaration>(1);
    ASSERT_TRUE(got.ok()) << got.error().describe();
    ASSERT_EQ(got->rows(), i);
  }
  sender.get();
  finish_all(channels);
}

TEST(ExchangeOfTwo, AMessageOfTwoHundredMegabytesArrivesWhole) {
  Parties parties(2);  // encoding and decoding may take longer than a silence is borne: neither counts as one
  auto channels = parties.open_all();
  constexpr std::size_t kBytes = 200'000'000;
  v1::TagBatch sent;
  std::string tags(kBytes, '\0');
  for (std::size_t i = 0; i < kBytes; i += 4099) tags[i] = static_cast<char>(i);
  sent.set_tags(tags);
  auto sending = std::async(std::launch::async, [&] { return channels[0]->send(1, std::move(sent)); });
  const auto got = channels[1]->receive<v1::TagBatch>(0);
  ASSERT_TRUE(got.ok()) << got.error().describe();
  EXPECT_TRUE(got->tags() == tags);
  EXPECT_TRUE(sending.get().ok());
  finish_all(channels);
}

TEST(ExchangeOfTwo, AMessageOverTheLimitIsRefusedWhereItIsSentAndTheConnectionLives) {
  Parties parties(2);
  auto channels = parties.open_all();
  const auto status = channels[0]->send(1, batch(std::size_t{257} << 20));
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code(), ErrorCode::kTooLarge);
  EXPECT_TRUE(channels[0]->send(1, declaration(1)).ok());
  EXPECT_TRUE(channels[1]->receive<v1::SetDeclaration>(0).ok());
  finish_all(channels);
}

TEST(ExchangeOfTwo, AReceiverThatRestsLongerThanALossTakesHoldsTheSenderAndLosesNothing) {
  Parties parties(2, [](task::TaskFile& file) {
    file.node.heartbeat_s = 0.1;
    file.node.peer_lost_s = 2;
  });
  auto channels = parties.open_all();
  std::atomic<int> sent = 0;
  auto sender = std::async(std::launch::async, [&] {
    for (int i = 0; i < 64; ++i) {
      const auto status = channels[0]->send(1, batch(std::size_t{1} << 20));
      ASSERT_TRUE(status.ok()) << status.error().describe();
      ++sent;
    }
  });
  // Longer than silence is borne: an event that never comes, waited for with its deadline.
  std::promise<void> never;
  EXPECT_EQ(never.get_future().wait_for(std::chrono::seconds(3)), std::future_status::timeout);
  EXPECT_LT(sent, 64) << "nothing held the sender back";
  for (int i = 0; i < 64; ++i) {
    const auto got = channels[1]->receive<v1::TagBatch>(0);
    ASSERT_TRUE(got.ok()) << got.error().describe();
    ASSERT_EQ(got->tags().size(), std::size_t{1} << 20);
  }
  sender.get();
  finish_all(channels);
}

TEST(ExchangeOfTwo, SentMessagesAreCountedByPeerAndType) {
  Parties parties(3);
  auto channels = parties.open_all();
  ASSERT_TRUE(channels[0]->send(1, batch(100)).ok());
  ASSERT_TRUE(channels[0]->send(1, batch(100)).ok());
  ASSERT_TRUE(channels[0]->send(2, v1::Publish()).ok());
  auto sent = channels[0]->sent();
  std::erase_if(sent, [](const Traffic& traffic) { return traffic.message_type == "Heartbeat"; });
  ASSERT_EQ(sent.size(), 4u);
  EXPECT_EQ(sent[0].peer, 1);
  EXPECT_EQ(sent[0].message_type, "Hello");
  EXPECT_EQ(sent[0].messages, 1u);
  EXPECT_EQ(sent[1].message_type, "TagBatch");
  EXPECT_EQ(sent[1].messages, 2u);
  EXPECT_EQ(sent[1].bytes, 2 * 105u);
  EXPECT_EQ(sent[2].peer, 2);
  EXPECT_EQ(sent[2].message_type, "Hello");
  EXPECT_EQ(sent[3].message_type, "Publish");
  finish_all(channels);
}

TEST(ExchangeOfTwo, WhatWasSentBeforeTheEndArrivesAfterIt) {
  Parties parties(2);
  auto channels = parties.open_all();
  for (std::uint64_t i = 0; i < 100; ++i) ASSERT_TRUE(channels[0]->send(1, declaration(i)).ok());
  channels[0]->finish({});
  channels[0].reset();
  for (std::uint64_t i = 0; i < 100; ++i) {
    const auto got = channels[1]->receive<v1::SetDeclaration>(0);
    ASSERT_TRUE(got.ok()) << got.error().describe();
    ASSERT_EQ(got->rows(), i);
  }
  const auto more = channels[1]->receive<v1::SetDeclaration>(0);
  ASSERT_FALSE(more.ok());
  EXPECT_THAT(more.error().message(), testing::HasSubstr("has ended"));
  finish_all(channels);
}

TEST(ExchangeOfTwo, APartyThatEndsFirstHearsWhereTheOthersLedgerStandsToo) {
  for (const int first : {0, 1}) {
    Parties parties(2);
    auto channels = parties.open_all();
    const auto second = static_cast<std::size_t>(1 - first);
    auto& early = *channels[static_cast<std::size_t>(first)];
    ASSERT_TRUE(early.send(1 - first, declaration(1)).ok());
    const task::HashChain::Head of_early{3, std::string(64, 'a')}, of_late{7, std::string(64, 'b')};
    auto ending = std::async(std::launch::async, [&] { early.finish({}, of_early); });
    ASSERT_TRUE(channels[second]->receive<v1::SetDeclaration>(first).ok());
    EXPECT_EQ(channels[second]->receive<v1::SetDeclaration>(first).error().code(), ErrorCode::kPeerLost) << "it has ended";
    channels[second]->finish({}, of_late);
    ending.get();
    ASSERT_EQ(early.peer_ledgers().size(), 1u);
    EXPECT_EQ(early.peer_ledgers()[0].head, of_late);
    ASSERT_EQ(channels[second]->peer_ledgers().size(), 1u);
    EXPECT_EQ(channels[second]->peer_ledgers()[0].head, of_early);
  }
}

TEST(ExchangeOfTwo, AWaitIsVisibleWhileItLasts) {
  Parties parties(2);
  auto channels = parties.open_all();
  auto receiving = std::async(std::launch::async, [&] { return channels[0]->receive<v1::TagBatch>(1); });
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (channels[0]->waits().empty() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  const auto waits = channels[0]->waits();
  ASSERT_EQ(waits.size(), 1u);
  EXPECT_EQ(waits[0].peer, 1);
  EXPECT_EQ(waits[0].message_type, "TagBatch");
  ASSERT_TRUE(channels[1]->send(0, batch(1)).ok());
  EXPECT_TRUE(receiving.get().ok());
  EXPECT_TRUE(channels[0]->waits().empty());
  finish_all(channels);
}

TEST(ExchangeOfTwo, ReceivedMessagesAndTheirWaitsAreCountedByPeer) {
  Parties parties(3);
  auto channels = parties.open_all();
  auto receiving = std::async(std::launch::async, [&] { return channels[0]->receive<v1::Publish>(2); });
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (channels[0]->waits().empty() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  ASSERT_TRUE(channels[2]->send(0, v1::Publish()).ok());
  ASSERT_TRUE(receiving.get().ok());
  const auto waited = channels[0]->waited();
  ASSERT_EQ(waited.size(), 2u);
  EXPECT_EQ(waited[0].peer, 1);
  EXPECT_EQ(waited[0].messages, 0u);
  EXPECT_EQ(waited[0].seconds, 0);
  EXPECT_EQ(waited[1].peer, 2);
  EXPECT_EQ(waited[1].messages, 1u);
  EXPECT_GT(waited[1].seconds, 0);
  finish_all(channels);
}

TEST(ExchangeOfThree, ThreadsThatSendAndReceiveForEachPeerDisturbNobody) {
  // Every pair both ways at once, small messages among large ones, each direction in a thread of its own.
  constexpr int kParties = 3;
  constexpr std::uint64_t kMessages = 200;
  const auto size_of = [](std::uint64_t i) { return i % 16 == 15 ? std::size_t{300'000} : i % 5 * 700; };
  Parties parties(kParties);
  auto channels = parties.open_all();
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (auto& channel : channels) {
    for (int peer = 0; peer < kParties; ++peer) {
      if (peer == channel->self()) continue;
      threads.emplace_back([&, peer] {
        for (std::uint64_t i = 0; i < kMessages; ++i) wrong += !channel->send(peer, batch(size_of(i))).ok();
      });
      threads.emplace_back([&, peer] {
        for (std::uint64_t i = 0; i < kMessages; ++i) {
          const auto got = channel->receive<v1::TagBatch>(peer);
          wrong += !got.ok() || got->tags().size() != size_of(i);
        }
      });
    }
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  finish_all(channels);
}

TEST(ExchangeOfThree, RoundsOfAllToAllInOneThreadAParty) {
  Parties parties(3);
  const auto outcomes = run_parties(parties, [](Channel& channel) -> Status {
    for (std::uint64_t round = 0; round < 300; ++round) {
      for (int peer = 0; peer < 3; ++peer) {
        if (peer != channel.self()) PAI_TRY(channel.send(peer, declaration(round)));
      }
      for (int peer = 0; peer < 3; ++peer) {
        if (peer == channel.self()) continue;
        PAI_ASSIGN(const auto got, channel.receive<v1::SetDeclaration>(peer));
        if (got.rows() != round) return Error(ErrorCode::kInternal, "out of order");
      }
    }
    return {};
  });
  for (const auto& outcome : outcomes) EXPECT_TRUE(outcome.ok()) << outcome.error().describe();
}

}  // namespace
}  // namespace pai::client::test
