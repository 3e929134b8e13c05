// What a mailbox gives and refuses, without threads; how they wait for one is told in inbox_test.cpp.
#include "client/channel/mailbox.h"

#include <gtest/gtest.h>

namespace pai::client {
namespace {

v1::Frame frame(std::uint64_t rows) {
  v1::Frame made;
  made.mutable_set_declaration()->set_rows(rows);
  return made;
}

std::uint64_t rows_of(Result<v1::Frame> taken) {
  return taken.value().set_declaration().rows();
}

TEST(Mailbox, GivesFramesInOrderAndTheirRoomBack) {
  Mailbox mailbox(20);
  EXPECT_FALSE(mailbox.is_ready());
  mailbox.put(frame(1), 10);
  mailbox.put(frame(2), 10);
  EXPECT_TRUE(mailbox.has_room());
  EXPECT_FALSE(mailbox.has_room(1));
  EXPECT_EQ(rows_of(mailbox.take()), 1u);
  EXPECT_TRUE(mailbox.has_room(10));
  EXPECT_FALSE(mailbox.has_room(11));
  EXPECT_EQ(rows_of(mailbox.take()), 2u);
  EXPECT_TRUE(mailbox.has_room(1000)) << "a frame over the bound passes alone";
  EXPECT_FALSE(mailbox.is_ready());
}

TEST(Mailbox, AFailureDropsWhatWasThereAndTheFirstStays) {
  Mailbox mailbox(10);
  mailbox.put(frame(1), 10);
  mailbox.fail(Error(ErrorCode::kPeerLost, "first"));
  mailbox.fail(Error(ErrorCode::kPeerLost, "second"));
  EXPECT_FALSE(mailbox.is_wanted());
  EXPECT_TRUE(mailbox.has_room(10)) << "what still comes can be read, and dropped";
  mailbox.put(frame(2), 10);
  EXPECT_EQ(mailbox.take().error().message(), "first");
  EXPECT_TRUE(mailbox.has_failed());
  EXPECT_TRUE(mailbox.is_over());
}

TEST(Mailbox, AnOrderlyEndComesAfterWhatWasThere) {
  Mailbox mailbox(10);
  mailbox.put(frame(1), 10);
  mailbox.end(Error(ErrorCode::kPeerLost, "ended"));
  EXPECT_TRUE(mailbox.is_over());
  EXPECT_FALSE(mailbox.has_failed());
  EXPECT_EQ(rows_of(mailbox.take()), 1u);
  EXPECT_EQ(mailbox.take().error().message(), "ended");
  EXPECT_EQ(mailbox.failure()->message(), "ended");
}

TEST(Mailbox, ADiscardingOneTakesEverythingAndKeepsNothing) {
  Mailbox mailbox(10);
  mailbox.put(frame(1), 10);
  mailbox.discard();
  mailbox.put(frame(2), 10);
  EXPECT_FALSE(mailbox.is_wanted());
  EXPECT_FALSE(mailbox.is_ready());
  EXPECT_TRUE(mailbox.has_room(10));
}

}  // namespace
}  // namespace pai::client
