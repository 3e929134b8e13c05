// What is wrong with a party's data or the settings is said by that party, with its place and without its
// value; all others end too, and blame the right one.
#include <gtest/gtest.h>

#include "integration/nn/plain_twin.h"
#include "integration/nn/tables.h"

namespace pai::client::nn::test {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kRows = 200, kTestRows = 60;
const Json kSettings = {{"batch_size", 32}, {"max_iter", 10}, {"test_per_batches", 0}};

std::vector<PartyData> parties(Labels labels = Labels::kBinary, const Json& label = {{"metric", "loss"}}) {
  return make_parties(kRows, {2, 3}, labels, label);
}

/// `client` alone is at fault, and says so in these words; none of the others' messages is without it.
void expect_fault(const TrainingRun& run, int client, const std::vector<std::string>& parts,
                  const std::string& secret = "") {
  EXPECT_TRUE(run.failed()) << run.messages();
  for (const auto& part : parts) {
    EXPECT_NE(run.message(client).find(part), std::string::npos)
        << "no '" << part << "' in: " << run.message(client);
  }
  for (int other = 0; other < run.clients(); ++other) {
    if (other == client || run.status(other).ok()) continue;
    EXPECT_EQ(run.status(other).error().blames(), client) << other << ": " << run.message(other);
  }
  EXPECT_TRUE(secret.empty() || run.messages().find(secret) == std::string::npos) << run.messages();
  for (int other = 2; other < run.clients(); ++other)
    EXPECT_FALSE(std::filesystem::exists(run.folder(other) / "model"));
}

/// A data set's file with one cell replaced; lines and columns from 1 and 0.
std::string with_cell(const TrainingRun& run, int client, const std::string& file, std::size_t line,
                      std::size_t column, const std::string& cell) {
  std::istringstream in(pai::test::read_text(run.folder(client) / "datasets" / "set" / file));
  std::string text, out;
  for (std::size_t number = 1; std::getline(in, text); ++number) {
    if (number == line) {
      std::vector<std::string> fields;
      std::istringstream row(text);
      for (std::string field; std::getline(row, field, ',');) fields.push_back(field);
      fields.at(column) = cell;
      text.clear();
      for (const auto& field : fields) text += (text.empty() ? "" : ",") + field;
    }
    out += text + "\n";
  }
  return out;
}

struct Cell {
  std::string name, cell, says;
};
void PrintTo(const Cell& cell, std::ostream* out) {
  *out << cell.name;
}

class BadCell : public testing::TestWithParam<Cell> {};

TEST_P(BadCell, IsNamedByFileLineAndColumn) {
  for (const auto* file : {"train.csv", "test.csv"}) {
    TrainingRun run(parties(), kTestRows, kSettings);
    run.replace_file(3, file, with_cell(run, 3, file, 17, 1, GetParam().cell));
    run.run();
    expect_fault(run, 3, {std::string("set/") + file, "line 17", "column 'x3'", GetParam().says}, "4711");
  }
}

TEST_P(BadCell, IsNamedByTheLabelClientToo) {
  TrainingRun run(parties(Labels::kNumbers, {{"loss", "mse"}}), kTestRows,
                  {{"activation", "none"}, {"max_iter", 5}});
  run.replace_file(4, "train.csv", with_cell(run, 4, "train.csv", 5, 0, GetParam().cell));
  run.run();
  expect_fault(run, 4, {"set/train.csv", "line 5", "column 'y'", GetParam().says}, "4711");
}

INSTANTIATE_TEST_SUITE_P(Cells, BadCell,
                         testing::Values(Cell{"Text", "abc4711", "number"}, Cell{"Empty", "", "empty"},
                                         Cell{"NotANumber", "nan", ""}, Cell{"Infinity", "-inf", ""},
                                         Cell{"TooLarge", "4711e400", ""}, Cell{"Hexadecimal", "0x4711", ""},
                                         Cell{"TwoNumbers", "4711 4711", ""},
                                         Cell{"DecimalComma", "\"4711,5\"", ""}),
                         [](const auto& test) { return test.param.name; });

struct Label {
  std::string name;
  Labels labels;
  Json main;
  double wrong;
  std::string says;
};
void PrintTo(const Label& label, std::ostream* out) {
  *out << label.name;
}

class BadLabel : public testing::TestWithParam<Label> {};

TEST_P(BadLabel, IsNamedByLine) {
  const auto& param = GetParam();
  for (const bool test_set : {false, true}) {
    auto data = parties(param.labels);
    data.back().rows[test_set ? kRows - 1 : 7].back() = param.wrong;
    auto settings = kSettings;
    settings.update(or_empty(param.main));
    TrainingRun run(data, kTestRows, settings);
    run.run();
    expect_fault(run, 4,
                 {test_set ? "set/test.csv" : "set/train.csv", test_set ? "line 60" : "line 8", param.says});
  }
}

INSTANTIATE_TEST_SUITE_P(
    Labels, BadLabel,
    testing::Values(
        Label{"Two", Labels::kBinary, {}, 2, "label is not 0 or 1"},
        Label{"Negative", Labels::kBinary, {}, -1, "label is not 0 or 1"},
        Label{"Fraction", Labels::kBinary, {}, 0.5, "label is not 0 or 1"},
        Label{"Class", Labels::kClasses, {{"out_dim", 3}}, 3, "label is not a class index from 0 to 2"},
        Label{"OneHot", Labels::kOneHot, {{"out_dim", 3}}, 7, "label is not 0 or 1"}),
    [](const auto& test) { return test.param.name; });

struct Setting {
  std::string name;
  Json main;
  Labels labels;
  Json label;
  int client;
  std::vector<std::string> says;
};
void PrintTo(const Setting& setting, std::ostream* out) {
  *out << setting.name;
}

class BadSetting : public testing::TestWithParam<Setting> {};

TEST_P(BadSetting, IsNamed) {
  const auto& param = GetParam();
  auto settings = kSettings;
  settings.update(or_empty(param.main));
  TrainingRun run(parties(param.labels, or_empty(param.label)), kTestRows, settings);
  run.run();
  expect_fault(run, param.client, param.says);
}

INSTANTIATE_TEST_SUITE_P(
    Settings, BadSetting,
    testing::Values(
        Setting{"OutDimOfOneHot",
                {{"out_dim", 2}},
                Labels::kOneHot,
                {},
                4,
                {"out_dim 2 contradicts", "3 label columns"}},
        Setting{"OutDimOfRegression",
                {{"activation", "none"}, {"out_dim", 2}},
                Labels::kNumbers,
                {{"loss", "mse"}},
                4,
                {"out_dim 2 contradicts", "1 label column"}},
        Setting{
            "OutDimOfClasses", {}, Labels::kClasses, {}, 4, {"label is not 0 or 1", "out_dim 3 would fit"}},
        Setting{"LossOfRegression",
                {{"activation", "none"}},
                Labels::kNumbers,
                {{"loss", "logloss"}},
                4,
                {"loss"}},
        Setting{"MetricOfRegression",
                {{"activation", "none"}},
                Labels::kNumbers,
                {{"loss", "mse"}, {"metric", "acc"}},
                4,
                {"metric \"acc\""}},
        Setting{"InDimWithoutLayers",
                {{"in_dim", 4}},
                Labels::kBinary,
                {},
                0,
                {"in_dim", "contradicts out_dim 1"}},
        Setting{"LastLayer",
                {{"in_dim", 4}, {"layers", {2}}},
                Labels::kBinary,
                {},
                0,
                {"out_dim", "contradicts the last of `layers`"}},
        Setting{"LargeRate",
                {{"activation", "none"}, {"learning_rate", 1e5}},
                Labels::kNumbers,
                {{"loss", "mse"}},
                0,
                {"learning_rate", "so large"}},
        Setting{
            "SmallRate", {{"learning_rate", 1e-30}}, Labels::kBinary, {}, 0, {"learning_rate", "so small"}},
        Setting{"WideLayers",
                {{"in_dim", 4096}, {"layers", {4096, 1}}},
                Labels::kBinary,
                {},
                0,
                {"in_dim and layers make 16,"}},
        Setting{"WideBatch",
                {{"batch_size", 140}, {"in_dim", 4096}, {"layers", {512, 512, 512, 512, 512, 512, 512, 1}}},
                Labels::kBinary,
                {},
                0,
                {"batch_size times the layers' widths"}}),
    [](const auto& test) { return test.param.name; });

TEST(BadColumn, ThatIsConstantIsNamed) {
  for (const auto* method : {"zscore", "minmax"}) {
    auto data = parties();
    for (auto& row : data[0].rows) row[1] = 4711;
    data[0].settings = {{"normalize", method}};
    TrainingRun run(data, kTestRows, kSettings);
    run.run();
    expect_fault(run, 2, {"set/train.csv", "column 'x1'", "same value"}, "4711");
  }
}

TEST(BadColumn, ThatIsTooLargeToGoUnnormalisedIsNamed) {
  auto data = parties();
  data[0].rows[3][1] = 47.11;
  data[0].settings = {{"normalize", "none"}};
  TrainingRun run(data, kTestRows, kSettings);
  run.run();
  expect_fault(run, 2, {"set/train.csv", "over 6 in magnitude", "normalize"}, "47.11");
}

TEST(BadColumn, ThatIsNotThereIsNamed) {
  auto data = parties();
  data[1].settings = {{"columns", {"x3", "x9"}}};
  TrainingRun run(data, kTestRows, kSettings);
  run.run();
  expect_fault(run, 3, {"column 'x9' is not there"});
}

TEST(Columns, AreThoseAskedForInTheirOrder) {
  auto data = parties();
  data[1].settings = {{"columns", {"x4", "x2"}}};
  TrainingRun run(data, kTestRows, kSettings);
  run.run();
  ASSERT_TRUE(run.ok()) << run.messages();
  auto chosen = data;
  chosen[1].columns = {"x4", "x2"};
  for (auto& row : chosen[1].rows) row = {row[2], row[0]};
  PlainTwin twin(chosen, kTestRows, kSettings);
  twin.train(10);
  EXPECT_LT(largest_difference(twin.network(), run.opened_model()), 1e-3);
}

TEST(BadLabels, OfARegressionThatAreConstantAreRefused) {
  auto data = parties(Labels::kNumbers, {{"loss", "mse"}});
  for (auto& row : data.back().rows) row[0] = 4711;
  TrainingRun run(data, kTestRows, {{"activation", "none"}});
  run.run();
  expect_fault(run, 4, {"column 'y'", "same target"}, "4711");
}

TEST(BadLabels, OfTooFewTestRowsOfAClassAreRefusedWhereScoresAreRanked) {
  auto data = parties(Labels::kBinary, {{"metric", "auc_ks"}});
  std::size_t positives = 0;
  for (std::size_t i = kRows - kTestRows; i < kRows; ++i) data.back().rows[i][0] = positives++ < 19 ? 1 : 0;
  TrainingRun run(data, kTestRows, kSettings);
  run.run();
  expect_fault(run, 4, {"at least 20 test rows of each class", "class 1 has fewer"});
  data.back().rows[kRows - 1][0] = 1;
  TrainingRun enough(data, kTestRows, kSettings);
  enough.run();
  EXPECT_TRUE(enough.ok()) << enough.messages();
}

TEST(SmallSets, OfOneTrainingRowAreRefused) {
  TrainingRun run(make_parties(61, {2, 3}, Labels::kBinary, {{"metric", "loss"}}), 60, kSettings);
  run.run();
  EXPECT_TRUE(run.failed());
  for (int client = 2; client < run.clients(); ++client) {
    EXPECT_NE(run.message(client).find("too few rows to train with: 1"), std::string::npos) << run.messages();
  }
}

TEST(SmallSets, OfTwoTrainingRowsAndOneTestRowAreTrained) {
  auto data = make_parties(3, {1, 1}, Labels::kBinary, {{"metric", "loss"}});
  data.back().rows = {{0}, {1}, {1}};
  TrainingRun run(data, 1, kSettings);
  run.run();
  ASSERT_TRUE(run.ok()) << run.messages();
  PlainTwin twin(data, 1, kSettings);
  twin.train(10);
  EXPECT_LT(largest_difference(twin.network(), run.opened_model()), 1e-3);
}

TEST(ChangedSets, AreRefused) {
  TrainingRun run(parties(), kTestRows, kSettings);
  const auto file = run.folder(2) / "datasets" / "set" / "train.csv";
  pai::test::write_text(file, pai::test::read_text(file) + "1,2\n");
  run.run();
  expect_fault(run, 2, {"set/train.csv", "changed after the alignment"});
  TrainingRun longer(parties(), kTestRows, kSettings);
  longer.replace_file(2, "train.csv",
                      pai::test::read_text(longer.folder(2) / "datasets" / "set" / "train.csv") + "1,2\n");
  longer.run();
  expect_fault(longer, 2, {"set/train.csv", "more rows than its dataset.json says"});
}

/// A rate so high that the numbers grow until they leave the ring: seen at the end, whatever the last words
/// happen to be.
class Divergence : public testing::TestWithParam<Json> {};

TEST_P(Divergence, OfARegressionIsSeen) {
  const auto& param = GetParam();
  const auto test_rows = param.value("test_rows", std::size_t{0});
  for (int seed = 1; seed <= 6; ++seed) {
    Json settings = {{"activation", "none"},
                     {"learning_rate", 10.0},
                     {"batch_size", 32},
                     {"max_iter", 40},
                     {"test_per_batches", 0},
                     {"seed", seed},
                     {"security", param.value("security", "full")}};
    TrainingRun run(make_parties(64 + test_rows, {2, 3}, Labels::kNumbers, {{"loss", "mse"}}), test_rows,
                    settings);
    run.run();
    expect_fault(run, 4, {"training diverged", "lower learning_rate"});
  }
}

INSTANTIATE_TEST_SUITE_P(Sets, Divergence,
                         testing::Values(Json{{"test_rows", 0}}, Json{{"test_rows", 60}},
                                         Json{{"test_rows", 6000}},
                                         Json{{"test_rows", 60}, {"security", "split"}},
                                         Json{{"test_rows", 0}, {"security", "split"}}),
                         [](const auto& test) { return "Kind" + std::to_string(test.index); });

}  // namespace
}  // namespace pai::client::nn::test
