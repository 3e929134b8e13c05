// Files of a data set: content and digest whatever the pieces, the split between train and test, answers that
// wait, a full disk.
#include <fcntl.h>
#include <random>

#include <gtest/gtest.h>

#include "client/align/core/threshold.h"
#include "client/align/held_answers.h"
#include "client/align/output_file.h"
#include "client/align/row_lines.h"
#include "client/align/rows_writer.h"
#include "common/base/text.h"
#include "pai/v1/alignment.pb.h"
#include "support/temp_folder.h"

namespace pai::client::align {
namespace {

Chunk chunk_of(const std::string& text) {
  Chunk chunk = Chunk::with_room(text.size());
  std::copy(text.begin(), text.end(), chunk.data.get());
  chunk.used = text.size();
  return chunk;
}

io::Root root_of(const pai::test::TempFolder& folder) {
  return io::Root::open(folder.path(), false).value();
}

TEST(OutputFile, HoldsWhatWasPushedInPiecesOfAnySize) {
  std::mt19937 random(1);
  for (const std::size_t largest : {10u, 5000u, 1u << 20, 3u << 20}) {
    const pai::test::TempFolder folder;
    const auto root = root_of(folder);
    OutputFile file(root.create_file("f").value(), "f");
    std::string expected;
    for (int i = 0; i < 30; ++i) {
      std::string piece((i % 3 == 0 ? largest / 4096 * 4096 : random() % largest),
                        static_cast<char>('a' + i % 26));
      expected += piece;
      ASSERT_TRUE(file.push(chunk_of(piece)).ok());
    }
    const auto digest = file.finish();
    ASSERT_TRUE(digest.ok());
    EXPECT_TRUE(pai::test::read_text(folder / "f") == expected) << largest;
    EXPECT_EQ(digest->bytes, expected.size());
    EXPECT_EQ(digest->sha256, crypto::Sha256().update(expected).finish());
  }
}

TEST(OutputFile, SaysThatTheDiskIsFull) {
  OutputFile file(io::Fd(::open("/dev/full", O_WRONLY | O_CLOEXEC)), "train.csv");
  Status pushed;
  for (int i = 0; i < 100 && pushed.ok(); ++i) pushed = file.push(chunk_of(std::string(1 << 20, 'x')));
  EXPECT_FALSE(pushed.ok()) << "a failure must reach the producer";
  const auto digest = file.finish();
  ASSERT_FALSE(digest.ok());
  EXPECT_EQ(digest.error().code(), ErrorCode::kIo);
  EXPECT_EQ(digest.error().message(), "cannot write 'train.csv': No space left on device");
  EXPECT_NE(digest.error().hint().find("free space"), std::string::npos);
}

TEST(OutputFile, GivesUpWithoutWaitingForChunks) {
  const pai::test::TempFolder folder;
  const auto root = root_of(folder);
  OutputFile file(root.create_file("f").value(), "f");
  ASSERT_TRUE(file.push(chunk_of("abc")).ok());
}  // the destructor returns

csv::Layout two_columns() {
  csv::Layout layout;
  layout.header.names = layout.header.raw = {"id", "v"};
  layout.id_columns = {0};
  layout.value_columns = {1};
  return layout;
}

struct Split {
  std::uint64_t rows;
  double ratio;
  std::size_t value_bytes;
};

class RowsWriterSplit : public testing::TestWithParam<Split> {};

TEST_P(RowsWriterSplit, PutsTheLastRowsIntoTheTest) {
  const auto [rows, ratio, value_bytes] = GetParam();
  const pai::test::TempFolder folder;
  const auto root = root_of(folder);
  ASSERT_TRUE(root.make_folders("s").ok());
  const auto layout = two_columns();
  auto writer = RowsWriter::create(root, "s", "raw", layout, ratio).value();
  std::string aligned = "id,v\n", train, test;
  for (std::uint64_t i = 0; i < rows; ++i) {
    // A quoted line feed in some values: the split may not fall within one.
    const std::string value =
        (i % 3 == 0 ? "\"\n" : "\"") + std::to_string(i) + std::string(value_bytes, 'v') + "\"";
    std::string line = "k" + std::to_string(i) + "," + value;
    aligned += line + "\n";
    (i < rows - test_rows(rows, ratio) ? train : test) += value + "\n";
    if (i % 1000 == 0) {
      ASSERT_TRUE(writer->at_least(std::min(rows, i + 1000)).ok());
    }
    const std::size_t size = line.size();
    line += std::string(64, '#');
    const std::string_view view = std::string_view(line).substr(0, size);
    const auto added = i % 2 == 0 ? writer->add_padded(view, view.substr(view.find(',') + 1))
                                  : writer->add(view, view.substr(view.find(',') + 1));
    ASSERT_TRUE(added.ok());
  }
  const auto files = writer->finish();
  ASSERT_TRUE(files.ok());
  EXPECT_TRUE(pai::test::read_text(folder / "s/raw_aligned.csv") == aligned);
  EXPECT_TRUE(pai::test::read_text(folder / "s/train.csv") == train);
  EXPECT_TRUE(pai::test::read_text(folder / "s/test.csv") == test);
  EXPECT_EQ(files->test_rows, test_rows(rows, ratio));
  EXPECT_EQ(files->train_rows + files->test_rows, rows);
  EXPECT_EQ(files->aligned.digest.sha256, crypto::Sha256().update(aligned).finish());
  EXPECT_EQ(files->train.digest.sha256, crypto::Sha256().update(train).finish());
  EXPECT_EQ(files->test.digest.bytes, test.size());
}

INSTANTIATE_TEST_SUITE_P(All, RowsWriterSplit,
                         testing::Values(Split{1, 0, 3}, Split{5, 0.2, 3}, Split{100, 0.999, 3},
                                         Split{20001, 0, 50}, Split{60000, 0.37, 100}, Split{60000, 0.9, 100},
                                         Split{12, 0.5, 3 << 20}));

TEST(HeldAnswers, ComeBackInOrderFromMemoryAndFile) {
  const pai::test::TempFolder folder;
  const auto root = root_of(folder);
  for (const std::size_t memory : {std::size_t{0}, std::size_t{500}, std::size_t{1} << 20}) {
    HeldAnswers held(root, memory);
    for (int round = 0; round < 2; ++round) {
      for (int i = 0; i < 20; ++i) {
        v1::MatchBits answer;
        if (i > 0) answer.set_bits(std::string(static_cast<std::size_t>(i * 10), static_cast<char>(i)));
        ASSERT_TRUE(held.add(i % 3, answer).ok());
      }
      int next = 0;
      ASSERT_TRUE(held.release<v1::MatchBits>([&](int peer, v1::MatchBits answer) {
                        EXPECT_EQ(peer, next % 3);
                        EXPECT_EQ(answer.bits(),
                                  std::string(static_cast<std::size_t>(next * 10), static_cast<char>(next)));
                        ++next;
                        return Status();
                      })
                      .ok());
      EXPECT_EQ(next, 20);
    }
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path())) << "the file has no name";
}

TEST(RowLines, FindValuesBehindOneOrSeveralIds) {
  csv::Layout layout = two_columns();
  layout.header.names = layout.header.raw = {"a", "b", "c"};
  for (const auto& [ids, values, row, aligned, rest] :
       std::vector<std::tuple<std::vector<std::uint32_t>, std::vector<std::uint32_t>, std::string,
                              std::string, std::string>>{
           {{0}, {1, 2}, "x,y,z", "x,y,z", "y,z"},
           {{2}, {0}, "x,y,\"z,\n\"", "\"z,\n\",x", "x"},
           {{1, 0}, {2}, "x,\"y\",z", "\"y\",x,z", "z"},
           {{0}, {}, "x,y,z", "x", ""},
           {{0}, {1, 2}, "x,,", "x,,", ","},
           {{0},
            {1, 2},
            std::string(100, 'x') + ",\"" + std::string(200, '\n') + "\",z",
            std::string(100, 'x') + ",\"" + std::string(200, '\n') + "\",z",
            "\"" + std::string(200, '\n') + "\",z"}}) {
    layout.id_columns = ids;
    layout.value_columns = values;
    RowCutter cutter(layout);
    std::string line(cutter.line(row));
    EXPECT_EQ(line, aligned);
    line += "\n" + std::string(128, '#');
    const RowLines found = LineReader(layout).at(line.data());
    EXPECT_EQ(found.aligned, aligned);
    EXPECT_EQ(found.values, rest);
    EXPECT_EQ(line.substr(0, found.first_end), aligned.substr(0, csv::first_field_end(aligned)));
  }
}

}  // namespace
}  // namespace pai::client::align
