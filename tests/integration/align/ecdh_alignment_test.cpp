// psi "ecdh" with real roles and points over memory channels.
#include <set>

#include <gtest/gtest.h>

#include "integration/align/alignment_run.h"

namespace pai::client::align::test {
namespace {

std::vector<std::string> rows_of(const AlignmentRun& run, int client) {
  auto lines = run.lines(client, "table_aligned.csv");
  lines.erase(lines.begin());
  return lines;
}

Status exchange_sizes_with_first(Context& context, std::uint64_t rows) {
  v1::SetDeclaration declaration;
  declaration.set_rows(rows);
  PAI_TRY(context.channel.send(1, declaration));
  PAI_TRY(context.channel.receive<v1::SetDeclaration>(1));
  return {};
}

TEST(EcdhAlignment, GivesTwoToFourPartiesTheSameRowsInTheSameOrder) {
  for (int count = 2; count <= 4; ++count) {
    std::vector<Party> parties;
    std::set<std::string> common;
    for (int i = 0; i < 120; ++i) common.insert("客户" + std::to_string(i));
    for (int p = 0; p < count; ++p) {
      std::vector<std::string> rows;
      for (int i = 119; i >= 0; --i) {
        const std::string id = "客户" + std::to_string(i);
        if (i % (p + 5) == 0)
          common.erase(id);
        else
          rows.push_back((i % 2 == p % 2 ? "\"" + id + "\"" : id) + "," + std::to_string(p) + "-" + id);
      }
      parties.push_back({.csv = table("id,v", rows)});
    }
    AlignmentRun run(parties, {{"psi", "ecdh"}, {"test_ratio", 0.2}}, count % 2 == 1);
    run.run();
    for (int client = 0; client <= count; ++client) ASSERT_EQ(run.message(client), "");
    for (int client = 1; client <= count; ++client) {
      const auto rows = rows_of(run, client);
      ASSERT_EQ(rows.size(), common.size());
      std::set<std::string> ids;
      for (std::size_t i = 0; i < rows.size(); ++i) {
        const std::string id = rows[i].substr(rows[i].find('-') + 1);
        ids.insert(id);
        EXPECT_EQ(id, rows_of(run, 1)[i].substr(rows_of(run, 1)[i].find('-') + 1));
      }
      EXPECT_EQ(ids, common);
      EXPECT_EQ(run.lines(client, "test.csv").size(), common.size() / 5);
      EXPECT_TRUE(run.staging_is_empty(client));
      for (const auto& phase : run.reporter(client).phases())
        EXPECT_EQ(phase.done, phase.total) << phase.name;
    }
  }
}

TEST(EcdhAlignment, FindsDuplicatesAtTheirOwner) {
  const Party twice{.csv = "id,v\na,1\nb,2\na,3\n"};
  AlignmentRun refused({twice, {.csv = "id,w\na,1\n"}}, {{"psi", "ecdh"}, {"test_ratio", 0}});
  refused.run();
  EXPECT_NE(refused.message(1).find("'table.csv' line 4: the same ID as in line 2"), std::string::npos)
      << refused.message(1);
  AlignmentRun first({{.csv = twice.csv, .settings = {{"duplicates", "first"}}}, {.csv = "id,w\na,1\n"}},
                     {{"psi", "ecdh"}, {"test_ratio", 0}});
  first.run();
  ASSERT_TRUE(first.ok()) << first.message(1);
  EXPECT_EQ(first.file(1, "table_aligned.csv"), "id,v\na,1\n");
}

TEST(EcdhAlignment, TellsNobodyAnythingBelowTheThreshold) {
  AlignmentRun run({{.csv = "id,v\na,1\nb,2\nc,3\n"}, {.csv = "id,w\na,1\nb,5\nd,4\n"}},
                   {{"psi", "ecdh"}, {"min_intersection", 3}, {"test_ratio", 0}});
  int answers = 0;
  run.network.tap = [&](int, int, const v1::Frame& frame) { answers += frame.has_match_positions() ? 1 : 0; };
  run.run();
  EXPECT_NE(run.message(0).find("fewer common rows than min_intersection 3"), std::string::npos)
      << run.message(0);
  EXPECT_EQ(answers, 0);
}

TEST(EcdhAlignment, AnswersWhileTagsGoOutWhenTheNetworkHoldsLittle) {
  std::vector<std::string> rows;
  for (int i = 0; i < 30'000; ++i) rows.push_back(std::to_string(i) + ",v");
  const Party party{.csv = table("id,v", rows)};
  AlignmentRun run({party, party}, {{"psi", "ecdh"}});
  // Less than the tags and the answers: neither side may wait with receiving until all was sent.
  run.network.bytes_max = std::size_t{16} << 10;
  run.network.stall_timeout = std::chrono::seconds(20);
  run.run();
  for (int client = 0; client <= 2; ++client) EXPECT_EQ(run.message(client), "");
}

TEST(EcdhAlignment, RefusesATableThatItCannotHold) {
  AlignmentRun run({{.csv = "id,v\na,1\n", .memory_bytes_max = 1}, {.csv = "id,w\na,1\n"}},
                   {{"psi", "ecdh"}, {"test_ratio", 0}});
  run.run();
  EXPECT_NE(run.message(1).find("memory_bytes_max"), std::string::npos);
}

TEST(EcdhAlignment, BlamesThePeerThatSendsNoPoints) {
  AlignmentRun run({{.csv = "id,v\na,1\n"}, {.csv = "id,w\na,1\n"}}, {{"psi", "ecdh"}, {"test_ratio", 0}});
  run.run(2, [](Context& context) -> Status {
    PAI_TRY(speak_until_declared(context, 1));
    PAI_TRY(exchange_sizes_with_first(context, 1));
    v1::BlindedPoints message;
    message.set_owner(2);
    message.set_total(1);
    message.set_points(std::string(32, '\0'));  // the identity
    PAI_TRY(context.channel.send(1, message));
    PAI_TRY(context.channel.receive<v1::BlindedPoints>(1));
    return context.channel.receive<v1::BlindedPoints>(1).ok() ? Status()
                                                              : Error(ErrorCode::kPeerLost, "they left");
  });
  EXPECT_EQ(run.status(1).error().code(), ErrorCode::kProtocol) << run.message(1);
  EXPECT_EQ(run.status(1).error().blames(), 2);
}

TEST(EcdhAlignment, BlindsNoMorePointsThanTheirOwnerDeclared) {
  AlignmentRun run({{.csv = "id,v\na,1\n"}, {.csv = "id,w\na,1\n"}}, {{"psi", "ecdh"}, {"test_ratio", 0}});
  run.run(2, [](Context& context) -> Status {
    PAI_TRY(speak_until_declared(context, 1));
    PAI_TRY(exchange_sizes_with_first(context, 1));
    PAI_ASSIGN(auto message, context.channel.receive<v1::BlindedPoints>(1));
    message.set_owner(2);
    message.set_total(2);
    PAI_TRY(context.channel.send(1, message));  // real points, one of them over what was declared
    return context.channel.receive<v1::BlindedPoints>(1).ok() ? Status()
                                                              : Error(ErrorCode::kPeerLost, "they left");
  });
  EXPECT_EQ(run.status(1).error().code(), ErrorCode::kProtocol) << run.message(1);
  EXPECT_EQ(run.status(1).error().blames(), 2);
  EXPECT_NE(run.message(1).find("another size than its owner declared"), std::string::npos) << run.message(1);
}

TEST(EcdhAlignment, MainBlamesWhoSendsFewerTagsOrAPlaceThatIsNone) {
  for (const bool fewer : {true, false}) {
    AlignmentRun run({{.csv = "id,v\na,1\n"}, {.csv = "id,w\na,1\n"}}, {{"psi", "ecdh"}, {"test_ratio", 0}});
    const auto speak = [fewer](Context& context) -> Status {
      // Main alone is looked at: client 2 relays nothing, or another place, of client 1's one row.
      PAI_TRY(speak_until_declared(context, 1));
      PAI_TRY(exchange_sizes_with_first(context, 1));
      PAI_ASSIGN(auto points, context.channel.receive<v1::BlindedPoints>(1));
      points.set_owner(2);
      PAI_TRY(context.channel.send(1, points));
      v1::BlindedTags tags;
      tags.set_owner(1);
      for (int partition = 0; partition < 1024; ++partition) tags.add_counts(0);
      if (!fewer) {
        tags.set_counts(0, 1);
        tags.set_tags(std::string(12, '\0'));
        tags.add_positions(1);
      }
      PAI_TRY(context.channel.send(0, tags));
      return context.channel.receive<v1::MatchPositions>(0).ok() ? Status()
                                                                 : Error(ErrorCode::kPeerLost, "they left");
    };
    run.run(2, speak);
    EXPECT_EQ(run.status(0).error().code(), ErrorCode::kProtocol) << run.message(0);
    EXPECT_EQ(run.status(0).error().blames(), 2) << run.message(0);
  }
}

}  // namespace
}  // namespace pai::client::align::test
