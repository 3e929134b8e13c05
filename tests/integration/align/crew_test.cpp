// Threads of a role: a system that has none left, and a peer that is lost while nothing is received from it.
#include <pthread.h>

#include <gtest/gtest.h>

#include "client/align/awaited.h"
#include "client/align/crew.h"
#include "client/align/tag_table.h"
#include "client/channel/memory_channel.h"
#include "integration/align/alignment_run.h"

namespace pai::client::align::test {
namespace {

/// While it lives, no thread can be started: each would want a stack larger than the address space.
class NoThreads {
 public:
  NoThreads() {
    pthread_getattr_default_np(&before_);
    pthread_attr_t huge;
    pthread_getattr_default_np(&huge);
    EXPECT_EQ(pthread_attr_setstacksize(&huge, std::size_t{1} << 47), 0);
    EXPECT_EQ(pthread_setattr_default_np(&huge), 0);
    pthread_attr_destroy(&huge);
  }
  ~NoThreads() {
    pthread_setattr_default_np(&before_);
    pthread_attr_destroy(&before_);
  }

 private:
  pthread_attr_t before_;
};

TEST(Crew, ASystemWithoutThreadsIsAnErrorThatEndsTheOthers) {
  auto channels = make_memory_channels(2);
  FirstError first_error(*channels[0]);
  bool ended = false;
  {
    Crew crew(first_error);
    crew.start([&]() -> Status { return channels[0]->receive<v1::Published>(1).ok() ? Status() : Status(); }, [] {});
    const NoThreads none;
    crew.start([]() -> Status { return {}; }, [&] { ended = true; });
    crew.join();  // the first one was waiting for ever
  }
  EXPECT_TRUE(ended);
  ASSERT_FALSE(first_error.status().ok());
  EXPECT_EQ(first_error.status().error().code(), ErrorCode::kInternal);
  EXPECT_NE(first_error.status().error().message().find("thread"), std::string::npos);
}

TEST(Crew, LeavingEarlyStopsTheThreads) {
  auto channels = make_memory_channels(2);
  FirstError first_error(*channels[0]);
  try {
    Crew crew(first_error);
    crew.start([&]() -> Status { return channels[0]->receive<v1::Published>(1).ok() ? Status() : Status(); }, [] {});
    throw std::bad_alloc();
  } catch (const std::bad_alloc&) {
  }
  EXPECT_FALSE(first_error.status().ok());
}

TEST(Awaited, GivesTheMessage) {
  auto channels = make_memory_channels(2);
  Awaited<v1::Publish> awaited(*channels[0], 1);
  EXPECT_TRUE(awaited.failure().ok());
  ASSERT_TRUE(channels[1]->send(0, v1::Publish()).ok());
  EXPECT_TRUE(awaited.take().ok());
  EXPECT_TRUE(awaited.failure().ok());
}

TEST(Awaited, EndsWhenNobodyTakesIt) {
  auto channels = make_memory_channels(2);
  { const Awaited<v1::Publish> awaited(*channels[0], 1); }
  EXPECT_EQ(channels[0]->receive<v1::Publish>(1).error().code(), ErrorCode::kCancelled);
}

TEST(Awaited, ASystemWithoutThreadsIsAnError) {
  auto channels = make_memory_channels(2);
  const NoThreads none;
  Awaited<v1::Publish> awaited(*channels[0], 1);
  EXPECT_EQ(awaited.failure().error().code(), ErrorCode::kInternal);
  EXPECT_FALSE(awaited.take().ok());
}

TEST(Awaited, ALostPeerEndsTheReadingOfATable) {
  const pai::test::TempFolder folder;
  pai::test::write_text(folder / "t.csv", "id,v\na,1\n");
  auto channels = make_memory_channels(2);
  Awaited<v1::MatchBits> awaited(*channels[1], 0);
  channels[0].reset();
  EXPECT_FALSE(awaited.take().ok());  // it has been noticed now
  const auto raw = io::Root::open(folder / "", false);
  auto table = Table::open(*raw, "t.csv", {});
  ASSERT_TRUE(table.ok()) << table.error().describe();
  RecordingReporter reporter;
  const std::array<std::uint8_t, 16> key{};
  const auto read = TaggedTable::read(*table, crypto::CmacTagger(key), true, reporter, [&] { return awaited.failure(); });
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code(), ErrorCode::kPeerLost);
  EXPECT_EQ(read.error().blames(), 0);
}

TEST(LostParty, EndsItForAllWhileAnotherHasNotDeclared) {
  AlignmentRun run({{.csv = "id,v\na,1\n"}, {.csv = "id,v\na,1\n"}});
  // Party 1 stays silent after the key; main hears of party 2's end all the same, and party 1 of main's.
  run.network.cut = MemoryNetwork::Cut{2, 0, 0};
  run.run(1, [&](Context& context) -> Status {
    PAI_TRY(speak_until_key(context));
    return context.channel.receive<v1::MatchBits>(0).ok() ? Status() : Error(ErrorCode::kPeerLost, "main left");
  });
  EXPECT_FALSE(run.status(0).ok());
  EXPECT_EQ(run.status(0).error().blames(), 2) << run.message(0);
  EXPECT_FALSE(run.status(1).ok());
}

}  // namespace
}  // namespace pai::client::align::test
