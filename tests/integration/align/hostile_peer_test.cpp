// A party or main that does not follow the protocol: the others end with an error that blames it, and publish
// nothing.
#include <gtest/gtest.h>

#include "integration/align/alignment_run.h"

namespace pai::client::align::test {
namespace {

const Party kTable{.csv = "id,v\na,1\nb,2\nc,3\nd,4\ne,5\n"};
constexpr int kHostile = 2;

/// Tags of partition 0 that end in these numbers.
std::string tags(std::initializer_list<int> numbers) {
  std::string bytes;
  for (const int number : numbers) bytes += std::string(11, '\0') + static_cast<char>(number);
  return bytes;
}

v1::TagBatch batch(std::uint32_t first, std::initializer_list<std::uint32_t> counts, std::string bytes) {
  v1::TagBatch message;
  message.set_first_partition(first);
  for (const auto count : counts) message.add_counts(count);
  message.set_tags(std::move(bytes));
  return message;
}

struct HostileTags {
  const char* name;
  std::vector<v1::TagBatch> batches;
};

class HostileParty : public testing::TestWithParam<HostileTags> {};

TEST_P(HostileParty, IsBlamedByMain) {
  AlignmentRun run({kTable, kTable});
  run.run(kHostile, [&](Context& context) -> Status {
    PAI_TRY(speak_until_declared(context, 3));
    for (const auto& message : GetParam().batches) PAI_TRY(context.channel.send(0, message));
    return context.channel.receive<v1::IntersectionResult>(0).ok() ? Status()
                                                                   : Error(ErrorCode::kPeerLost, "they left");
  });
  ASSERT_FALSE(run.status(0).ok());
  EXPECT_EQ(run.status(0).error().code(), ErrorCode::kProtocol) << run.message(0);
  EXPECT_EQ(run.status(0).error().blames(), kHostile);
  EXPECT_FALSE(run.status(1).ok());
  EXPECT_FALSE(std::filesystem::exists(run.out(1)));
  EXPECT_TRUE(run.staging_is_empty(1));
}

INSTANTIATE_TEST_SUITE_P(
    Tags, HostileParty,
    testing::Values(HostileTags{"Unsorted", {batch(0, {2}, tags({2, 1}))}},
                    HostileTags{"Twice", {batch(0, {2}, tags({1, 1}))}},
                    HostileTags{"OfAnotherPartition", {batch(0, {0, 1}, tags({1}))}},
                    HostileTags{"FewerThanCounted", {batch(0, {2}, tags({1}))}},
                    HostileTags{"MoreThanCounted", {batch(0, {1}, tags({1, 2}))}},
                    HostileTags{"MoreThanDeclared", {batch(0, {4}, tags({1, 2, 3, 4}))}},
                    HostileTags{"OutOfOrder", {batch(1, {0}, "")}},
                    HostileTags{"PartitionAgain", {batch(0, {1}, tags({1})), batch(0, {1}, tags({1}))}},
                    HostileTags{"NoPartition", {batch(0, {}, "")}},
                    HostileTags{"CountsThatOverflow", {batch(0, {4294967295U, 4294967295U}, tags({1}))}}),
    [](const auto& test) { return test.param.name; });

TEST(HostileDeclaration, CannotDeclareMoreRowsThanTagsTellApart) {
  AlignmentRun run({kTable, kTable});
  run.run(kHostile, [](Context& context) -> Status {
    PAI_TRY(speak_until_declared(context, std::uint64_t{1} << 28));
    return context.channel.receive<v1::IntersectionResult>(0).ok() ? Status()
                                                                   : Error(ErrorCode::kPeerLost, "they left");
  });
  EXPECT_EQ(run.status(0).error().code(), ErrorCode::kTooLarge) << run.message(0);
}

struct HostileAnswer {
  const char* name;
  std::function<void(v1::MatchBits&)> change;
};

class HostileMain : public testing::TestWithParam<HostileAnswer> {};

TEST_P(HostileMain, IsBlamedByTheParties) {
  AlignmentRun run({kTable, kTable}, {{"test_ratio", 0}});
  run.run(0, [&](Context& context) -> Status {
    std::vector<v1::TagBatch> sent;
    for (const int party : {1, 2}) {
      PAI_TRY(context.channel.receive<v1::SetDeclaration>(party));
      PAI_ASSIGN(auto message, context.channel.receive<v1::TagBatch>(party));
      sent.push_back(std::move(message));
    }
    for (const int party : {1, 2}) {
      v1::MatchBits answer;
      std::size_t bytes = 0;
      for (const auto count : sent[0].counts()) {
        answer.add_counts(count);
        bytes += (count + 7) / 8;
      }
      answer.set_bits(std::string(bytes, '\xFF'));
      GetParam().change(answer);
      (void)context.channel.send(party, answer);  // a party may have left at the other's failure
      v1::IntersectionResult result;
      result.set_common_rows(5);
      (void)context.channel.send(party, result);
    }
    for (const int party : {1, 2})
      (void)context.channel.receive<v1::DataSetReady>(party);  // they leave before
    return {};
  });
  for (const int party : {1, 2}) {
    ASSERT_FALSE(run.status(party).ok());
    EXPECT_EQ(run.status(party).error().blames(), 0) << run.message(party);
    EXPECT_FALSE(std::filesystem::exists(run.out(party)));
    EXPECT_TRUE(run.staging_is_empty(party));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Answers, HostileMain,
    testing::Values(
        HostileAnswer{"TooFewBits", [](v1::MatchBits& answer) { answer.mutable_bits()->pop_back(); }},
        HostileAnswer{"TooManyBits", [](v1::MatchBits& answer) { answer.mutable_bits()->push_back('x'); }},
        HostileAnswer{"OtherCounts",
                      [](v1::MatchBits& answer) { answer.set_counts(0, answer.counts(0) + 1); }},
        HostileAnswer{"NoPartition", [](v1::MatchBits& answer) { answer.clear_counts(); }},
        HostileAnswer{"OutOfOrder", [](v1::MatchBits& answer) { answer.set_first_partition(1); }},
        HostileAnswer{
            "FewerRowsThanSaid",
            [](v1::MatchBits& answer) { answer.set_bits(std::string(answer.bits().size(), '\0')); }},
        HostileAnswer{"MorePartitions", [](v1::MatchBits& answer) { answer.add_counts(0); }}),
    [](const auto& test) { return test.param.name; });

/// Main's part with all answers "common", whatever floor was asked for.
Status answer_all_common(Context& context) {
  for (const int party : {1, 2}) PAI_TRY(context.channel.receive<v1::SetDeclaration>(party));
  for (const int party : {1, 2}) {
    PAI_ASSIGN(const auto sent, context.channel.receive<v1::TagBatch>(party));
    v1::MatchBits answer;
    std::size_t bytes = 0;
    for (const auto count : sent.counts()) {
      answer.add_counts(count);
      bytes += (count + 7) / 8;
    }
    answer.set_bits(std::string(bytes, '\xFF'));
    PAI_TRY(context.channel.send(party, answer));
    v1::IntersectionResult result;
    result.set_common_rows(5);
    PAI_TRY(context.channel.send(party, result));
  }
  (void)context.channel.receive<v1::DataSetReady>(1);  // may leave before
  return {};
}

TEST(HostileMain, CannotPassAnIntersectionBelowThePartysFloor) {
  AlignmentRun run({{.csv = kTable.csv, .min_intersection = 6}, kTable}, {{"test_ratio", 0}});
  run.run(0, answer_all_common);
  EXPECT_EQ(run.status(1).error().code(), ErrorCode::kProtocol) << run.message(1);
  EXPECT_EQ(run.status(1).error().blames(), 0);
  EXPECT_NE(run.message(1).find("smaller than min_intersection 6"), std::string::npos) << run.message(1);
  EXPECT_FALSE(std::filesystem::exists(run.out(1)));
  EXPECT_TRUE(run.staging_is_empty(1));
}

TEST(HostileMain, CannotGivePartiesOtherRowsUnderOneAlignmentId) {
  for (const bool same : {true, false}) {
    AlignmentRun run({kTable, kTable}, {{"test_ratio", 0}});
    std::vector<v1::DataSetReady> ready;
    run.run(0, [&](Context& context) -> Status {
      for (const int party : {1, 2}) PAI_TRY(context.channel.receive<v1::SetDeclaration>(party));
      for (const int party : {1, 2}) {
        PAI_ASSIGN(const auto sent, context.channel.receive<v1::TagBatch>(party));
        // Four of the five rows: all but the first tag, and for the second party, when it is to differ, all
        // but the last.
        v1::MatchBits answer;
        int tag = 0;
        const int left_out = same || party == 1 ? 0 : 4;
        for (const auto count : sent.counts()) {
          answer.add_counts(count);
          unsigned bits = 0;
          for (std::uint32_t at = 0; at < count; ++at) bits |= tag++ != left_out ? 1U << at : 0U;
          if (count > 0) answer.mutable_bits()->push_back(static_cast<char>(bits));
        }
        PAI_TRY(context.channel.send(party, answer));
        v1::IntersectionResult result;
        result.set_common_rows(4);
        PAI_TRY(context.channel.send(party, result));
      }
      for (const int party : {1, 2}) {
        PAI_ASSIGN(auto message, context.channel.receive<v1::DataSetReady>(party));
        ready.push_back(std::move(message));
      }
      return {};
    });
    ASSERT_EQ(ready.size(), 2u) << run.message(0);
    EXPECT_EQ(ready[0].alignment_id() == ready[1].alignment_id(), same);
    EXPECT_FALSE(std::filesystem::exists(run.out(1)));
  }
}

TEST(HostileKeyExchange, BlamesThePeerWhoseOfferIsOfLowOrder) {
  AlignmentRun run({kTable, kTable, kTable});
  run.run(kHostile, [](Context& context) -> Status {
    for (const int peer : {1, 3}) {
      v1::KeyOffer offer;
      offer.set_public_key(std::string(32, '\0'));
      offer.set_commitment(std::string(32, 'c'));
      PAI_TRY(context.channel.send(peer, offer));
    }
    for (const int peer : {1, 3}) PAI_TRY(context.channel.receive<v1::KeyOffer>(peer));
    return context.channel.receive<v1::KeyReveal>(1).ok() ? Status()
                                                          : Error(ErrorCode::kPeerLost, "they left");
  });
  // One of the honest two may see the other leave first; who looks at the offer blames its sender.
  const bool first =
      run.status(1).error().code() == ErrorCode::kProtocol && run.status(1).error().blames() == kHostile;
  const bool third =
      run.status(3).error().code() == ErrorCode::kProtocol && run.status(3).error().blames() == kHostile;
  EXPECT_TRUE(first || third) << run.message(1) << " / " << run.message(3);
  for (const int client : {1, 3}) EXPECT_FALSE(std::filesystem::exists(run.out(client)));
}

TEST(HostileKeyExchange, RefusesOffersOfWrongSize) {
  AlignmentRun run({kTable, kTable});
  run.run(kHostile, [](Context& context) -> Status {
    v1::KeyOffer offer;
    offer.set_public_key("short");
    PAI_TRY(context.channel.send(1, offer));
    PAI_TRY(context.channel.receive<v1::KeyOffer>(1));
    return context.channel.receive<v1::KeyReveal>(1).ok() ? Status()
                                                          : Error(ErrorCode::kPeerLost, "they left");
  });
  EXPECT_EQ(run.status(1).error().code(), ErrorCode::kProtocol) << run.message(1);
  EXPECT_EQ(run.status(1).error().blames(), kHostile);
}

}  // namespace
}  // namespace pai::client::align::test
