// The bounded inbox between a producer and a receiver; waits are seen through its own view, never slept for.
#include "client/channel/inbox.h"

#include <future>
#include <thread>

#include <gtest/gtest.h>

namespace pai::client {
namespace {

using Clock = Inbox::Clock;
constexpr auto kSoon = std::chrono::seconds(20);

Clock::time_point patient(Clock::time_point since) { return since + kSoon; }
Clock::time_point impatient(Clock::time_point since) { return since; }

v1::Frame frame(std::uint64_t rows) {
  v1::Frame made;
  made.mutable_set_declaration()->set_rows(rows);
  return made;
}

std::uint64_t rows_of(std::optional<Result<v1::Frame>> popped) { return popped->value().set_declaration().rows(); }

template <class Condition>
void wait_for(Condition condition) {
  const auto deadline = Clock::now() + kSoon;
  while (!condition()) {
    ASSERT_LT(Clock::now(), deadline) << "waited in vain";
    std::this_thread::yield();
  }
}

TEST(Inbox, FramesComeOutInOrder) {
  Inbox inbox(100);
  for (std::uint64_t i = 0; i < 5; ++i) EXPECT_EQ(inbox.push(frame(i), 10, patient), Inbox::Push::kDone);
  for (std::uint64_t i = 0; i < 5; ++i) EXPECT_EQ(rows_of(inbox.pop("SetDeclaration", patient)), i);
}

TEST(Inbox, AFullInboxHoldsItsProducerUntilAFrameIsTaken) {
  Inbox inbox(15);
  ASSERT_EQ(inbox.push(frame(1), 10, patient), Inbox::Push::kDone);
  auto second = std::async(std::launch::async, [&] { return inbox.push(frame(2), 10, patient); });
  wait_for([&] { return inbox.is_full(); });
  EXPECT_EQ(rows_of(inbox.pop("SetDeclaration", patient)), 1u);
  EXPECT_EQ(second.get(), Inbox::Push::kDone);
  EXPECT_FALSE(inbox.is_full());
}

TEST(Inbox, AFrameOverTheBoundPassesAlone) {
  Inbox inbox(15);
  EXPECT_EQ(inbox.push(frame(1), 1000, impatient), Inbox::Push::kDone);
  EXPECT_EQ(inbox.push(frame(2), 1, impatient), Inbox::Push::kOutOfTime);
}

TEST(Inbox, PatienceEndsAReceive) {
  Inbox inbox(10);
  EXPECT_FALSE(inbox.pop("SetDeclaration", impatient).has_value());
  EXPECT_FALSE(inbox.waiting().has_value());
}

TEST(Inbox, AWaitingReceiveIsVisible) {
  Inbox inbox(10);
  auto popped = std::async(std::launch::async, [&] { return rows_of(inbox.pop("TagBatch", patient)); });
  wait_for([&] { return inbox.waiting().has_value(); });
  EXPECT_EQ(inbox.waiting()->message_type, "TagBatch");
  ASSERT_EQ(inbox.push(frame(9), 1, patient), Inbox::Push::kDone);
  EXPECT_EQ(popped.get(), 9u);
}

TEST(Inbox, AFailureEndsReceiverAndProducerAndTheFirstStays) {
  Inbox receiving(10);
  auto popped = std::async(std::launch::async, [&] { return *receiving.pop("TagBatch", patient); });
  wait_for([&] { return receiving.waiting().has_value(); });
  receiving.fail(Error(ErrorCode::kPeerLost, "first"));
  receiving.fail(Error(ErrorCode::kPeerLost, "second"));
  EXPECT_EQ(popped.get().error().message(), "first");
  EXPECT_EQ(receiving.push(frame(1), 1, patient), Inbox::Push::kUnwanted);

  Inbox full(10);
  ASSERT_EQ(full.push(frame(1), 10, patient), Inbox::Push::kDone);
  auto pushed = std::async(std::launch::async, [&] { return full.push(frame(2), 10, patient); });
  wait_for([&] { return full.is_full(); });
  full.fail(Error(ErrorCode::kPeerLost, "gone"));
  EXPECT_EQ(pushed.get(), Inbox::Push::kUnwanted);
  EXPECT_EQ(full.pop("TagBatch", patient)->error().message(), "gone") << "what was queued is dropped";
}

TEST(Inbox, AfterAnOrderlyEndWhatCameBeforeIsStillThere) {
  Inbox inbox(100);
  ASSERT_EQ(inbox.push(frame(1), 1, patient), Inbox::Push::kDone);
  inbox.end(Error(ErrorCode::kPeerLost, "ended"));
  EXPECT_EQ(rows_of(inbox.pop("SetDeclaration", patient)), 1u);
  EXPECT_EQ(inbox.pop("SetDeclaration", patient)->error().message(), "ended");
}

TEST(Inbox, ADiscardingInboxNeverHoldsItsProducer) {
  Inbox inbox(10);
  ASSERT_EQ(inbox.push(frame(1), 10, patient), Inbox::Push::kDone);
  auto pushed = std::async(std::launch::async, [&] { return inbox.push(frame(2), 10, patient); });
  wait_for([&] { return inbox.is_full(); });
  inbox.discard();
  EXPECT_EQ(pushed.get(), Inbox::Push::kUnwanted);
}

TEST(Inbox, WhatWasPoppedIsCountedAndWaitedForTime) {
  Inbox inbox(10);
  auto popped = std::async(std::launch::async, [&] { return rows_of(inbox.pop("TagBatch", patient)); });
  wait_for([&] { return inbox.waiting().has_value(); });
  EXPECT_EQ(inbox.received().first, 0u);
  ASSERT_EQ(inbox.push(frame(9), 1, patient), Inbox::Push::kDone);
  EXPECT_EQ(popped.get(), 9u);
  const auto [frames, seconds] = inbox.received();
  EXPECT_EQ(frames, 1u);
  EXPECT_GT(seconds, 0);
}

}  // namespace
}  // namespace pai::client
