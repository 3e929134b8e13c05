// Thousands of messages with bits flipped, bytes lost and added, and fields of any value, in the place of a peer's or the dealer's: whatever does
// not fit in every respect is refused with the sender to blame, and nothing of it is read beyond its end. One thread: what a party will
// receive is sent beforehand.
#include <random>

#include <gtest/gtest.h>

#include "client/channel/memory_channel.h"
#include "client/mpc/client_source.h"
#include "client/mpc/exchange.h"
#include "client/mpc/shuffle.h"
#include "client/mpc/wire_words.h"
#include "integration/mpc/shares.h"

namespace pai::client::mpc::test {
namespace {

constexpr int kMessages = 4000;

/// Changes some of a message's serialized bytes until it parses again.
template <class M>
M mutated(const M& message, std::mt19937& random) {
  for (;;) {
    auto bytes = message.SerializeAsString();
    for (int changes = 1 + static_cast<int>(random() % 3); changes > 0; --changes) {
      const auto at = bytes.empty() ? 0 : random() % bytes.size();
      switch (random() % 4) {
        case 0:
          if (!bytes.empty()) bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
          break;
        case 1:
          if (!bytes.empty()) bytes.erase(at, 1 + random() % 9);
          break;
        case 2:
          bytes.insert(at, std::string(1 + random() % 9, static_cast<char>(random())));
          break;
        case 3:
          if (!bytes.empty()) bytes[at] = static_cast<char>(random());
          break;
      }
    }
    M result;
    if (result.ParseFromString(bytes)) return result;
  }
}

void expect_blame(const Status& status, int blamed) {
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().blames(), blamed) << status.error().describe();
}

TEST(HostileMessages, OpeningsThatFitInEveryRespectAloneAreAdded) {
  std::mt19937 random(1);
  int passed = 0;
  for (int i = 0; i < kMessages; ++i) {
    auto channels = make_memory_channels(2);
    const Group group{{0, 1}, 0};
    v1::Opening opening;
    opening.set_operation(300);
    opening.set_round(1);
    const auto bytes = 5 * sizeof(Word) + ring::packed_bytes(3, 42);
    opening.set_words(std::string(bytes, '\x7f'));
    auto first = opening;
    first.set_round(0);
    const auto second = mutated(opening, random);
    ASSERT_TRUE(channels[1]->send(0, std::move(first)).ok());
    ASSERT_TRUE(channels[1]->send(0, second).ok());

    Exchange exchange(*channels[0], group);
    exchange.begin(300);
    Words words(5), angles(3);
    exchange.open(words);
    exchange.open(angles, 42);
    ASSERT_TRUE(exchange.run().ok());
    exchange.open(words);
    exchange.open(angles, 42);
    const auto status = exchange.run();
    if (second.operation() == 300 && second.round() == 1 && second.words().size() == bytes) {
      ++passed;
      EXPECT_TRUE(status.ok());
      for (const auto angle : angles) EXPECT_LT(angle, Word{1} << 42);
    } else {
      expect_blame(status, 1);
    }
  }
  EXPECT_GT(passed, 100);  // changed words are words
  EXPECT_LT(passed, kMessages - 100);
}

TEST(HostileMessages, ShuffleSharesThatFitAloneAreTaken) {
  std::mt19937 random(2);
  for (int i = 0; i < kMessages; ++i) {
    auto channels = make_memory_channels(3);  // client 2 is the dealer
    const Group group{{0, 1}, 0};
    v1::DealerSeed seed;
    seed.set_seed(std::string(16, 'x'));
    ASSERT_TRUE(channels[2]->send(0, std::move(seed)).ok());
    v1::Correction correction;
    correction.set_words(std::string(6 * sizeof(Word), 'x'));
    ASSERT_TRUE(channels[2]->send(0, std::move(correction)).ok());
    v1::ShuffleShare share;
    share.set_words(std::string(6 * sizeof(Word), 'x'));
    const auto sent = mutated(share, random);
    ASSERT_TRUE(channels[1]->send(0, sent).ok());

    auto source = ClientSource::receive(*channels[0], group, 2, "run");
    ASSERT_TRUE(source.ok());
    Shuffle shuffle;
    source->begin();
    shuffle.draw(*source, group, 3, 2);
    ASSERT_TRUE(source->finish().ok());
    Words table(6);
    const auto status = shuffle.run(*channels[0], group, 0, table);
    if (sent.operation() == 0 && sent.words().size() == 6 * sizeof(Word)) {
      EXPECT_TRUE(status.ok());
    } else {
      expect_blame(status, 1);
    }
  }
}

TEST(HostileMessages, CorrectionsThatFitInEveryRespectAloneAreTaken) {
  std::mt19937 random(3);
  int passed = 0;
  for (int i = 0; i < kMessages; ++i) {
    auto channels = make_memory_channels(3);
    const Group group{{0, 1}, 0};
    v1::DealerSeed seed;
    seed.set_seed(std::string(16, 'x'));
    ASSERT_TRUE(channels[2]->send(0, std::move(seed)).ok());
    // Operations 0 and 2 are this client's turn. One message is changed.
    std::vector<v1::Correction> messages(3);
    messages[0].set_words(std::string(5 * sizeof(Word), 'a'));
    messages[1].set_operation(2);
    messages[1].set_words(std::string(5 * sizeof(Word), 'b'));
    messages[2].set_last(true);
    const auto chosen = random() % messages.size();
    const auto original = messages[chosen];
    messages[chosen] = mutated(original, random);
    const auto& changed = messages[chosen];
    for (const auto& message : messages) ASSERT_TRUE(channels[2]->send(0, message).ok());
    channels[2]->finish({});

    auto source = ClientSource::receive(*channels[0], group, 2, "run");
    ASSERT_TRUE(source.ok());
    const auto status = [&]() -> Status {
      for (int operation = 0; operation < 4; ++operation) {
        Words words(5, 1);
        source->begin();
        source->derived(words, [](std::span<Word>) {});
        const auto drawn = source->finish();
        if (!drawn.ok()) {
          EXPECT_FALSE(source->finish().ok()) << "a failure stays";
          source->begin();
          EXPECT_FALSE(source->finish().ok());
          return drawn;
        }
      }
      return source->drain();
    }();
    const bool same = chosen == 2 ? changed.last()
                                  : changed.operation() == original.operation() && changed.last() == original.last() &&
                                        changed.words().size() == original.words().size();
    if (same) {
      ++passed;
      EXPECT_TRUE(status.ok()) << status.error().describe();
    } else {
      expect_blame(status, 2);
    }
  }
  EXPECT_GT(passed, 100);
  EXPECT_LT(passed, kMessages - 100);
}

}  // namespace
}  // namespace pai::client::mpc::test
