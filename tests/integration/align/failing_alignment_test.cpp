// What goes wrong in an alignment: the error each party gets, and that nothing is left or changed.
#include <atomic>
#include <fstream>

#include <gtest/gtest.h>

#include "client/crypto/secret.h"
#include "integration/align/alignment_run.h"

namespace pai::client::align::test {
namespace {

using ::testing::Test;

void expect_nothing_left(const AlignmentRun& run) {
  for (int client = 1; client < run.clients(); ++client) {
    EXPECT_FALSE(std::filesystem::exists(run.out(client))) << client;
    EXPECT_TRUE(run.staging_is_empty(client)) << client;
  }
}

const Party kGood{.csv = "id,v\na,1\nb,2\nc,3\nd,4\ne,5\nf,6\n"};

struct BadTable {
  const char* name;
  std::string csv;
  nlohmann::json settings;
  const char* message;
};

class AlignmentOfABadTable : public testing::TestWithParam<BadTable> {};

TEST_P(AlignmentOfABadTable, FailsForAllAndLeavesNothing) {
  AlignmentRun run({kGood, {.csv = GetParam().csv, .settings = GetParam().settings}});
  run.run();
  EXPECT_NE(run.message(2).find(GetParam().message), std::string::npos) << run.message(2);
  EXPECT_EQ(run.status(2).error().code(), ErrorCode::kInvalid);
  EXPECT_FALSE(run.status(0).ok());
  EXPECT_FALSE(run.status(1).ok());
  // A party that reads its table when main ends may hear of main first, whose own account names the culprit.
  EXPECT_TRUE(run.status(1).error().blames() == 2 || (run.status(1).error().blames() == 0 && run.status(0).error().blames() == 2))
      << run.message(1) << "; main: " << run.message(0);
  EXPECT_EQ(run.message(2).find("SECRET"), std::string::npos);
  expect_nothing_left(run);
}

INSTANTIATE_TEST_SUITE_P(
    Csv, AlignmentOfABadTable,
    testing::Values(
        BadTable{"Empty", "", {}, "the file is empty"},
        BadTable{"HeaderOnly", "id,v\n\n", {}, "has a header and no rows"},
        BadTable{"Ragged", "id,v\na,1\nSECRET,2,3\n", {}, "line 3: the row has 3 fields, the header has 2"},
        BadTable{"UnclosedQuote",
                 "id,v\na,1\nb,\"SECRET\n",
                 {},
                 "line 3: a double quote is opened here and never closed"},
        BadTable{"StrayQuote", "id,v\na,SEC\"RET\n", {}, "line 2: a double quote stands inside"},
        BadTable{"Nul", std::string("id,v\na,1\nSECRET,\0\n", 18), {}, "line 3: a NUL byte"},
        BadTable{"NotUtf8", "id,v\na,1\n\xFFSECRET,1\n", {}, "line 3: bytes that are not UTF-8"},
        BadTable{"BareReturn", "id,v\na,1\rSECRET,2\n", {}, "line 2: a carriage return"},
        BadTable{"EmptyId", "id,v\na,1\n\n,SECRET\n", {}, "line 4: an empty ID"},
        BadTable{"EmptyQuotedId", "id,v\n\"\",SECRET\n", {}, "line 2: an empty ID"},
        BadTable{
            "Duplicate", "id,v\nSECRET,1\n\nb,2\n\"SECRET\",3\n", {}, "line 5: the same ID as in line 2"},
        BadTable{"MissingColumn", "id,v\na,1\n", {{"columns", {"w"}}}, "column 'w' is not in the header"},
        BadTable{"MissingId", "id,v\na,1\n", {{"id_column", "Id"}}, "one differs by letter case only"}),
    [](const auto& test) { return test.param.name; });

TEST(FailingAlignment, NamesTheLinesOfADuplicateInATableThatIsReadTwice) {
  AlignmentRun run({kGood, {.csv = "id,v\nx,1\ny,\"two\nlines\"\nx,3\n", .memory_bytes_max = 1}});
  run.run();
  EXPECT_NE(run.message(2).find("line 5: the same ID as in line 2"), std::string::npos) << run.message(2);
  expect_nothing_left(run);
}

TEST(FailingAlignment, SaysThatTheIntersectionIsEmpty) {
  AlignmentRun run({kGood, {.csv = "id,w\nx,1\ny,2\n"}});
  run.run();
  EXPECT_NE(run.message(0).find("the intersection is empty (0 common rows)"), std::string::npos)
      << run.message(0);
  EXPECT_NE(run.message(0).find("id_column"), std::string::npos);
  for (int client = 1; client <= 2; ++client) {
    EXPECT_NE(run.message(client).find("the intersection is empty"), std::string::npos)
        << run.message(client);
  }
  expect_nothing_left(run);
}

TEST(FailingAlignment, SaysThatTheIntersectionIsTooSmallToSplit) {
  AlignmentRun run({kGood, {.csv = "id,w\na,1\nb,2\nc,3\nd,4\n"}}, {{"test_ratio", 0.2}});
  run.run();
  EXPECT_NE(run.message(0).find("4 common rows are too few to split with test_ratio 0.2: 5 are needed"),
            std::string::npos)
      << run.message(0);
  expect_nothing_left(run);
}

TEST(FailingAlignment, AnswersNobodyBelowTheHighestFloor) {
  AlignmentRun run({kGood, {.csv = kGood.csv, .min_intersection = 7}, kGood},
                   {{"min_intersection", 2}, {"test_ratio", 0}});
  int answers = 0;
  run.network.tap = [&](int, int, const v1::Frame& frame) {
    answers += frame.has_match_bits() || frame.has_intersection_result() ? 1 : 0;
  };
  run.run();
  EXPECT_NE(run.message(0).find("fewer common rows than min_intersection 7"), std::string::npos)
      << run.message(0);
  EXPECT_EQ(answers, 0);
  expect_nothing_left(run);
}

TEST(FailingAlignment, LeavesAForeignDataSetAlone) {
  AlignmentRun run({kGood, kGood});
  std::filesystem::create_directories(run.out(1));
  pai::test::write_text(run.out(1) / "dataset.json", "{\"task\": \"another\"}");
  run.run();
  EXPECT_EQ(run.status(1).error().code(), ErrorCode::kConflict) << run.message(1);
  EXPECT_NE(run.message(1).find("holds the data set of task 'another'"), std::string::npos);
  EXPECT_EQ(run.file(1, "dataset.json"), "{\"task\": \"another\"}");
  EXPECT_FALSE(std::filesystem::exists(run.out(2)));
}

TEST(FailingAlignment, NeverReplacesWhatIsNoDataSet) {
  AlignmentRun run({{.csv = kGood.csv, .settings = {{"overwrite", true}}}, kGood});
  std::filesystem::create_directories(run.out(1));
  pai::test::write_text(run.out(1) / "thesis.txt", "years of work");
  run.run();
  EXPECT_EQ(run.status(1).error().code(), ErrorCode::kConflict);
  EXPECT_EQ(run.file(1, "thesis.txt"), "years of work");
}

TEST(Alignment, ReplacesItsOwnDataSetAndOthersWhenAsked) {
  AlignmentRun run({kGood, {.csv = kGood.csv, .settings = {{"overwrite", true}}}}, {{"test_ratio", 0}});
  for (const int client : {1, 2}) {
    std::filesystem::create_directories(run.out(client));
    pai::test::write_text(run.out(client) / "dataset.json",
                          client == 1 ? "{\"task\": \"align_test\"}" : "{\"task\": \"another\"}");
    pai::test::write_text(run.out(client) / "old.csv", "old");
  }
  run.run();
  ASSERT_TRUE(run.ok()) << run.message(1) << run.message(2);
  for (const int client : {1, 2}) {
    EXPECT_FALSE(std::filesystem::exists(run.out(client) / "old.csv"));
    EXPECT_EQ(run.lines(client, "train.csv").size(), 6u);
    EXPECT_TRUE(run.staging_is_empty(client));
  }
}

TEST(FailingAlignment, PutsTheEarlierDataSetBackWhenItCannotSayThatItPublished) {
  for (const bool earlier : {true, false}) {
    AlignmentRun run({kGood, kGood}, {{"test_ratio", 0}});
    if (earlier) {
      std::filesystem::create_directories(run.out(2));
      pai::test::write_text(run.out(2) / "dataset.json", "{\"task\": \"align_test\"}");
      pai::test::write_text(run.out(2) / "old.csv", "old");
    }
    // Declaration, tags and readiness arrive; that it published does not.
    run.network.cut = MemoryNetwork::Cut{2, 0, 3};
    run.run();
    EXPECT_FALSE(run.status(2).ok());
    EXPECT_FALSE(run.status(0).ok());
    EXPECT_EQ(std::filesystem::exists(run.out(2)), earlier);
    if (earlier) {
      EXPECT_EQ(run.file(2, "old.csv"), "old");
    }
    EXPECT_FALSE(std::filesystem::exists(run.out(2) / "train.csv"));
    EXPECT_TRUE(run.staging_is_empty(2));
  }
}

TEST(FailingAlignment, IsTakenBackEverywhereWhenOnePartyCannotPublish) {
  AlignmentRun run({{.csv = kGood.csv, .settings = {{"overwrite", true}}}, kGood, kGood}, {{"test_ratio", 0}});
  std::filesystem::create_directories(run.out(1));
  pai::test::write_text(run.out(1) / "dataset.json", "{\"task\": \"another\"}");
  pai::test::write_text(run.out(1) / "old.csv", "old");
  run.network.tap = [&](int from, int to, const v1::Frame& frame) {
    if (from != 0 || to != 3 || !frame.has_publish()) return;
    std::filesystem::create_directories(run.out(3));
    pai::test::write_text(run.out(3) / "thesis.txt", "years of work");
  };
  run.run();
  EXPECT_EQ(run.status(3).error().code(), ErrorCode::kConflict) << run.message(3);
  for (const int client : {0, 1, 2}) EXPECT_FALSE(run.status(client).ok()) << client;
  EXPECT_EQ(run.file(1, "old.csv"), "old");
  EXPECT_FALSE(std::filesystem::exists(run.out(1) / "train.csv"));
  EXPECT_FALSE(std::filesystem::exists(run.out(2)));
  for (const int client : {1, 2, 3}) EXPECT_TRUE(run.staging_is_empty(client)) << client;
}

TEST(Alignment, KeepsNoKeyOnceItHasServed) {
  for (const char* psi : {"prf", "ecdh"}) {
    AlignmentRun run({kGood, kGood, kGood}, {{"psi", psi}});
    std::atomic<int> ready = 0;
    std::atomic<std::size_t> secrets = 1'000;
    run.network.tap = [&](int, int, const v1::Frame& frame) {
      // Each party's own are gone before it says that it is ready.
      if (frame.has_data_set_ready() && ++ready == 3) secrets = crypto::detail::secrets_alive();
    };
    run.run();
    ASSERT_TRUE(run.ok()) << run.message(1);
    EXPECT_EQ(secrets, 0u) << psi;
  }
}

TEST(Alignment, MakesParentFoldersOfItsPlace) {
  AlignmentRun run({{.csv = kGood.csv, .settings = {{"out_data_path", "部门/a b/set"}}}, kGood});
  run.run();
  ASSERT_TRUE(run.ok()) << run.message(1);
  EXPECT_TRUE(std::filesystem::exists(run.datasets(1) / "部门/a b/set/dataset.json"));
}

TEST(FailingAlignment, EndsForAllWhenAPartyIsLostAtAnyStep) {
  for (std::uint64_t frames = 0; frames < 8; ++frames) {
    AlignmentRun run({kGood, kGood, kGood});
    run.network.cut = MemoryNetwork::Cut{2, 0, frames};
    run.run();
    // Cut after its last message to main (declaration, tags, ready, published), nothing is lost.
    if (frames >= 4) continue;
    EXPECT_FALSE(run.status(0).ok()) << frames;
    EXPECT_EQ(run.status(0).error().blames(), 2) << run.message(0);
    if (frames < 3) expect_nothing_left(run);
  }
}

TEST(FailingAlignment, SeesAFileThatChangesWhileItIsRead) {
  AlignmentRun run({kGood, kGood});
  run.network.tap = [&](int from, int, const v1::Frame& frame) {
    // Key confirmations leave between opening and reading the table.
    if (from == 1 && frame.has_key_confirmation()) std::ofstream(run.raw(1), std::ios::app) << "g,7\n";
  };
  run.run();
  EXPECT_NE(run.message(1).find("changed while it was read"), std::string::npos) << run.message(1);
  expect_nothing_left(run);
}

TEST(FailingAlignment, SeesAFileThatIsCutShortOrReplacedBeforeTheSecondReading) {
  for (const bool cut : {true, false}) {
    AlignmentRun run({{.csv = kGood.csv, .memory_bytes_max = 1}, kGood});
    run.network.tap = [&](int from, int, const v1::Frame& frame) {
      if (from != 1 || !frame.has_tag_batch()) return;
      if (cut)
        std::filesystem::resize_file(run.raw(1), 12);
      else
        std::fstream(run.raw(1), std::ios::in | std::ios::out).seekp(7).put('9');
    };
    run.run();
    EXPECT_NE(run.message(1).find("changed while it was read"), std::string::npos) << run.message(1);
    expect_nothing_left(run);
  }
}

TEST(FailingAlignment, SeesAFileThatVanishesWhileItIsRead) {
  AlignmentRun run({kGood, kGood});
  run.network.tap = [&](int from, int, const v1::Frame& frame) {
    if (from == 1 && frame.has_key_confirmation()) std::filesystem::remove(run.raw(1));
  };
  run.run();
  EXPECT_NE(run.message(1).find("changed while it was read"), std::string::npos) << run.message(1);
}

TEST(Alignment, ShowsNoIdAndNoValueOnTheWire) {
  std::vector<std::string> rows;
  for (int i = 0; i < 300; ++i)
    rows.push_back("PLANTED-ID-" + std::to_string(i) + ",PLANTED-VALUE-" + std::to_string(i));
  for (const char* psi : {"prf", "ecdh"}) {
    AlignmentRun run({{.csv = table("id,v", rows)}, {.csv = table("id,w", rows)}}, {{"psi", psi}});
    run.run();
    ASSERT_TRUE(run.ok()) << run.message(1);
    EXPECT_GT(run.wire().size(), 300u * 12u);
    EXPECT_EQ(run.wire().find("PLANTED"), std::string::npos) << psi;
    for (int client = 0; client < run.clients(); ++client) {
      for (const auto& phase : run.reporter(client).phases())
        EXPECT_EQ(phase.name.find("PLANTED"), std::string::npos);
    }
  }
}

TEST(Alignment, UsesAnotherKeyInEveryRun) {
  std::vector<std::string> tags;
  for (int i = 0; i < 2; ++i) {
    AlignmentRun run({kGood, kGood});
    run.network.tap = [&](int from, int, const v1::Frame& frame) {
      if (from == 1 && frame.has_tag_batch()) tags.push_back(frame.tag_batch().tags());
    };
    run.run();
    ASSERT_TRUE(run.ok());
  }
  ASSERT_EQ(tags.size(), 2u);
  EXPECT_NE(tags[0], tags[1]);
}

}  // namespace
}  // namespace pai::client::align::test
