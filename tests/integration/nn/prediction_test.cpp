// A stored model gives the scores of all rows to the label client, with their IDs, and to nobody else.
#include <cmath>
#include <cstring>
#include <sstream>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "integration/nn/plain_twin.h"
#include "integration/nn/tables.h"
#include "integration/nn/wire.h"

namespace pai::client::nn::test {
namespace {

using Json = nlohmann::json;
using pai::test::read_text;
using pai::test::write_text;

constexpr std::size_t kRows = 180, kTestRows = 80;
constexpr std::uint64_t kBatches = 30;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// The fields after the IDs (which are free of commas here) as numbers.
std::vector<double> numbers_of(const std::string& line) {
  std::vector<double> numbers;
  std::istringstream in(line.substr(line.find(',') + 1));
  for (std::string field; std::getline(in, field, ',');) numbers.push_back(std::stod(field));
  return numbers;
}

unsigned mode_of(const std::filesystem::path& file) {
  struct stat status {};
  EXPECT_EQ(::stat(file.c_str(), &status), 0) << file;
  return status.st_mode & 0777U;
}

Json training(const Json& more = Json::object()) {
  Json settings = {
      {"batch_size", 32}, {"max_iter", kBatches}, {"test_per_batches", 0}, {"learning_rate", 0.3}};
  settings.update(or_empty(more));
  return settings;
}

/// Trains, or fails the test.
void train(TrainingRun& run) {
  run.run();
  ASSERT_TRUE(run.ok()) << run.messages();
}

/// Predicts with the run's model from another folder and run.
void predict(TrainingRun& run, const std::string& folder = "prediction") {
  run.main_settings = {{"mode", "predict"}, {"model_task", run.task_name}};
  run.task_folder = folder;
  run.run_id = std::string(32, 'e');
  run.keep_frames = true;
  run.run();
}

std::string predictions(const TrainingRun& run) {
  return read_text(run.folder(run.label()) / run.task_folder / "predictions.csv");
}

struct Case {
  std::string name;
  Json main;
  Labels labels = Labels::kBinary;
  Json label = Json::object();
  std::string header = "id,score";
  int label_place = -1;
};
void PrintTo(const Case& param, std::ostream* out) {
  *out << param.name;
}

class Prediction : public testing::TestWithParam<Case> {};

TEST_P(Prediction, ScoresEveryRowAsTheTwinDoes) {
  const auto& param = GetParam();
  const auto parties = make_parties(kRows, {2, 3}, param.labels, or_empty(param.label));
  const auto settings = training(param.main);
  TrainingRun run(parties, kTestRows, settings, param.label_place);
  train(run);
  PlainTwin twin(parties, kTestRows, settings, settings.value("security", "full") == "split");
  twin.train(kBatches);
  // The model that opened weights make, too, is the twin's.
  EXPECT_LT(largest_difference(twin.network(), run.opened_model()), 3e-3);

  predict(run);
  ASSERT_TRUE(run.ok()) << run.messages();
  const auto lines = lines_of(predictions(run));
  ASSERT_EQ(lines.size(), kRows + 1);
  EXPECT_EQ(lines[0], param.header);
  const auto outputs = twin.scheme().outputs();
  for (std::size_t i = 0; i < kRows; ++i) {
    ASSERT_EQ(lines[i + 1].substr(0, lines[i + 1].find(',')), "row-" + std::to_string(i));
    const auto numbers = numbers_of(lines[i + 1]);
    const auto x = twin.x(i);
    const auto logits = twin.network().forward(x);
    ASSERT_EQ(numbers.size(), outputs == 1 || twin.scheme().is_regression() ? outputs : outputs + 1);
    for (std::size_t j = 0; j < outputs; ++j) {
      const bool regression = twin.scheme().is_regression();
      const double expected =
          regression ? twin.scheme().in_units(j, logits[j]) : 1 / (1 + std::exp(-logits[j]));
      const double unit = regression ? twin.scheme().deviations()[j] : 1;
      EXPECT_NEAR(numbers[j], expected, 2e-3 * unit) << lines[i + 1];
    }
    if (numbers.size() == outputs) continue;
    EXPECT_EQ(numbers[outputs],
              static_cast<double>(
                  std::max_element(numbers.begin(), numbers.begin() + static_cast<std::ptrdiff_t>(outputs)) -
                  numbers.begin()));
  }

  for (int client = 0; client < run.clients(); ++client) {
    EXPECT_EQ(std::filesystem::exists(run.folder(client) / "prediction" / "predictions.csv"),
              client == run.label())
        << client;
    EXPECT_FALSE(std::filesystem::exists(run.folder(client) / "prediction" / "model")) << client;
  }
  for (const auto& message : run.sent()) {
    const bool opens = message.frame.has_prediction_share() || message.frame.has_first_layer_share();
    EXPECT_TRUE(!opens || message.to == run.label());
  }
  EXPECT_EQ(mode_of(run.folder(run.label()) / "prediction" / "predictions.csv"), 0600U);
}

const Json kSplit = {{"security", "split"}}, kExported = {{"export", "split"}},
           kBoth = {{"security", "split"}, {"export", "split"}};
const Json kNetwork = {{"in_dim", 6}, {"layers", {1}}}, kMse = {{"loss", "mse"}};

Json operator+(Json a, const Json& b) {
  a.update(b);
  return a;
}

INSTANTIATE_TEST_SUITE_P(
    Models, Prediction,
    testing::Values(
        Case{"Full", {}}, Case{"FullExported", kExported}, Case{"Split", kSplit},
        Case{"SplitExported", kBoth}, Case{"FullNetwork", kNetwork},
        Case{"FullNetworkExported", kNetwork + kExported}, Case{"SplitNetwork", kNetwork + kSplit},
        Case{"SplitNetworkExported", kNetwork + kBoth},
        Case{"LabelClientFirst", kNetwork + kExported, Labels::kBinary, {}, "id,score", 0},
        Case{"Classes",
             {{"out_dim", 3}},
             Labels::kClasses,
             {{"metric", "loss"}},
             "id,score_0,score_1,score_2,class"},
        Case{"Regression",
             {{"activation", "none"}, {"learning_rate", 0.1}},
             Labels::kNumbers,
             kMse,
             "id,prediction"},
        Case{"RegressionOfTwoAtSplit",
             {{"activation", "none"}, {"out_dim", 2}, {"learning_rate", 0.1}, {"security", "split"}},
             Labels::kTwoNumbers,
             kMse,
             "id,prediction_0,prediction_1"}),
    [](const auto& test) { return test.param.name; });

TEST(PredictionFile, QuotesOddIdsAsTheyWere) {
  auto parties = make_parties(4, {1, 1}, Labels::kBinary);
  parties.back().rows = {{0}, {1}, {1}, {0}};
  for (auto& party : parties) party.ids = {"\"a,b\"", "\"say \"\"hi\"\"\"", "плюс", " spaced "};
  TrainingRun run(parties, 0, training({{"max_iter", 1}}));
  train(run);
  predict(run);
  ASSERT_TRUE(run.ok()) << run.messages();
  const auto lines = lines_of(predictions(run));
  ASSERT_EQ(lines.size(), 5u);
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_EQ(lines[i + 1].substr(0, lines[i + 1].rfind(',')), parties[0].ids[i]);
}

TEST(PredictionData, MayBeAnotherSetWithColumnsInAnotherOrderAndNoLabel) {
  const auto parties = make_parties(kRows, {2, 3}, Labels::kBinary);
  TrainingRun run(parties, kTestRows, training());
  train(run);
  PlainTwin twin(parties, kTestRows, training());
  twin.train(kBatches);
  constexpr std::size_t kOthers = 40;  // the last rows, backwards
  for (std::size_t p = 0; p < parties.size(); ++p) {
    PartyData other;
    const bool label = p + 1 == parties.size();
    if (!label) {
      other.columns = {"new"};
      other.columns.insert(other.columns.end(), parties[p].columns.rbegin(), parties[p].columns.rend());
    }
    for (std::size_t i = 0; i < kOthers; ++i) {
      auto& row = other.rows.emplace_back();
      other.ids.push_back("other-" + std::to_string(i));
      if (label) continue;
      const auto& values = parties[p].rows[kRows - 1 - i];
      row.push_back(static_cast<double>(i));
      row.insert(row.end(), values.rbegin(), values.rend());
    }
    run.replace_data(static_cast<int>(2 + p), other, 10);
    run.set_alignment_id(static_cast<int>(2 + p), std::string(64, 'c'));
  }
  predict(run);
  ASSERT_TRUE(run.ok()) << run.messages();
  const auto lines = lines_of(predictions(run));
  ASSERT_EQ(lines.size(), kOthers + 1);
  for (std::size_t i = 0; i < kOthers; ++i) {
    EXPECT_EQ(lines[i + 1].substr(0, lines[i + 1].find(',')), "other-" + std::to_string(i));
    const double logit = twin.network().forward(twin.x(kRows - 1 - i))[0];
    EXPECT_NEAR(numbers_of(lines[i + 1])[0], 1 / (1 + std::exp(-logit)), 2e-3);
  }
}

TEST(PredictionData, ThatLacksAColumnIsRefusedWithItsName) {
  const auto parties = make_parties(kRows, {2, 3}, Labels::kBinary);
  TrainingRun run(parties, kTestRows, training());
  train(run);
  auto other = parties[1];
  other.columns[2] = "x44";
  run.replace_data(3, other, kTestRows);
  predict(run);
  EXPECT_TRUE(run.failed()) << run.messages();
  EXPECT_NE(run.message(3).find("column 'x4' is not there"), std::string::npos) << run.message(3);
  EXPECT_EQ(run.status(0).error().blames(), 3);
  EXPECT_FALSE(std::filesystem::exists(run.folder(run.label()) / "prediction" / "predictions.csv"));
}

TEST(Model, OfAnotherRunAtOnePartyIsRefusedWithEachPartysOwn) {
  TrainingRun run(make_parties(kRows, {2, 3}, Labels::kBinary), kTestRows, training());
  train(run);
  const auto kept = run.folder(3) / "kept";
  std::filesystem::copy(run.folder(3) / "model", kept);
  run.run_id = std::string(32, 'd');
  train(run);
  std::filesystem::remove_all(run.folder(3) / "model");
  std::filesystem::rename(kept, run.folder(3) / "model");
  predict(run);
  EXPECT_TRUE(run.failed());
  for (const auto* part :
       {"the parties' models come from different trainings", "2: has the model of run dddddddd",
        "3: has the model of run 00112233", "4: has the model of run dddddddd"}) {
    EXPECT_NE(run.message(0).find(part), std::string::npos) << part << " in " << run.message(0);
  }
}

TEST(Model, OfAnotherShapeAtOnePartyIsRefusedWithEachPartysOwn) {
  TrainingRun run(make_parties(kRows, {2, 3}, Labels::kBinary), kTestRows, training(kNetwork));
  train(run);
  const auto file = run.folder(2) / "model" / "model.json";
  auto description = Json::parse(read_text(file));
  description["widths"] = {7, 1};
  write_text(file, description.dump());
  predict(run);
  EXPECT_TRUE(run.failed());
  for (const auto* part : {"the parties' models have different shapes", "2: has layers 7-1",
                           "3: has layers 6-1, security full"}) {
    EXPECT_NE(run.message(0).find(part), std::string::npos) << part << " in " << run.message(0);
  }
}

TEST(Model, ThatIsMissingOrDamagedIsRefused) {
  for (const auto* file : {"model.json", "weights.safetensors"}) {
    TrainingRun run(make_parties(kRows, {2, 3}, Labels::kBinary), kTestRows, training());
    train(run);
    const auto path = run.folder(3) / "model" / file;
    const auto whole = read_text(path);
    write_text(path, whole.substr(0, whole.size() - 9));
    predict(run);
    EXPECT_TRUE(run.failed()) << file;
    EXPECT_EQ(run.status(0).error().blames(), 3) << run.messages();
    std::filesystem::remove(path);
    predict(run, "again");
    EXPECT_TRUE(run.failed()) << file;
    EXPECT_NE(run.message(3).find(file), std::string::npos) << run.message(3);
  }
}

/// Read as any other tool would: a header of JSON behind its length, and numbers at the offsets that it
/// gives.
TEST(Model, IsAFileThatOtherToolsCanOpen) {
  TrainingRun run(make_parties(kRows, {2, 3}, Labels::kBinary), kTestRows, training(kNetwork + kExported));
  train(run);
  const auto tensors_at = [&](int client) {
    const auto bytes = read_text(run.folder(client) / "model" / "weights.safetensors");
    std::uint64_t header_bytes = 0;
    std::memcpy(&header_bytes, bytes.data(), 8);
    std::map<std::string, std::vector<double>> tensors;
    const auto header = Json::parse(bytes.substr(8, header_bytes));
    for (const auto& [name, entry] : header.items()) {
      if (name == "__metadata__") continue;
      EXPECT_EQ(entry["dtype"], "F64");
      const auto begin = entry["data_offsets"][0].get<std::size_t>(),
                 end = entry["data_offsets"][1].get<std::size_t>();
      std::size_t count = 1;
      for (const auto& size : entry["shape"]) count *= size.get<std::size_t>();
      EXPECT_EQ(end - begin, 8 * count);
      auto& numbers = tensors[name];
      numbers.resize(count);
      std::memcpy(numbers.data(), bytes.data() + 8 + header_bytes + begin, 8 * count);
    }
    return tensors;
  };
  PlainTwin twin(make_parties(kRows, {2, 3}, Labels::kBinary), kTestRows, training(kNetwork));
  twin.train(kBatches);
  const auto& weights = twin.network().layer(0).weights;  // 5 × 6
  const auto near = [](const std::vector<double>& numbers, std::span<const double> expected) {
    ASSERT_EQ(numbers.size(), expected.size());
    for (std::size_t i = 0; i < numbers.size(); ++i) EXPECT_NEAR(numbers[i], expected[i], 3e-3);
  };
  const auto first = tensors_at(2), second = tensors_at(3), label = tensors_at(4);
  EXPECT_EQ(first.size(), 1u) << "a feature client has its own rows alone";
  near(first.at("layer0.weight"), std::span(weights).first(12));
  near(second.at("layer0.weight"), std::span(weights).subspan(12));
  EXPECT_EQ(label.count("layer0.weight"), 0u);
  near(label.at("layer0.bias"), twin.network().layer(0).biases);
  near(label.at("layer1.weight"), twin.network().layer(1).weights);
  near(label.at("layer1.bias"), twin.network().layer(1).biases);
}

TEST(Model, IsReadableByItsOwnerAlone) {
  TrainingRun run(make_parties(kRows, {2, 3}, Labels::kBinary), kTestRows,
                  training({{"checkpoint_per_batches", 10}}));
  train(run);
  for (int client = 2; client < run.clients(); ++client) {
    std::size_t files = 0;
    for (const auto* folder : {"model", "checkpoint"}) {
      for (const auto& entry : std::filesystem::directory_iterator(run.folder(client) / folder)) {
        EXPECT_EQ(mode_of(entry.path()), 0600U) << entry.path();
        ++files;
      }
    }
    EXPECT_EQ(files, 2u + 3u) << "model.json, weights; two checkpoints and the seeds' digests";
    const auto description = Json::parse(read_text(run.folder(client) / "model" / "model.json"));
    EXPECT_EQ(description["batches"], kBatches);
    EXPECT_EQ(description["run_id"], run.run_id);
    EXPECT_EQ(description["columns_by_party"], Json({2, 3, 0}));
    EXPECT_EQ(description["own"].contains("labels"), client == run.label());
  }
  EXPECT_FALSE(std::filesystem::exists(run.folder(0) / "model"));
  EXPECT_FALSE(std::filesystem::exists(run.folder(1) / "model"));
}

/// Every 8 bytes of a part against every weight.
TEST(Model, OfSharesHoldsNoWeight) {
  const ring::Seed seed{1};
  TrainingRun run(make_parties(kRows, {2, 3}, Labels::kBinary), kTestRows, training());
  run.fixed_seed = &seed;
  train(run);
  const auto opened = run.opened_model();
  for (int client = 2; client < run.clients(); ++client) {
    const auto bytes = read_text(run.folder(client) / "model" / "weights.safetensors");
    for (std::size_t at = 0; at + 8 <= bytes.size(); ++at) {
      std::int64_t word = 0;
      std::memcpy(&word, bytes.data() + at, 8);
      for (const double weight : opened[0])
        EXPECT_GT(std::abs(std::ldexp(static_cast<double>(word), -20) - weight), 1e-5);
    }
  }
}

}  // namespace
}  // namespace pai::client::nn::test
