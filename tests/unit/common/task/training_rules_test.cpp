// Trainings: the reference document and others that must pass, and a table of documents that must be refused,
// each one change away from the reference, with the place and what the answer says.
#include <algorithm>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/json/strict_json.h"
#include "common/task/validate.h"
#include "unit/common/task/documents.h"

namespace pai::task {
namespace {

using Json = nlohmann::json;
using ::testing::HasSubstr;

constexpr std::size_t kMain = 0, kDealer = 1, kFeature = 2, kLabel = 4;

using Change = std::function<void(Json&)>;

Json& config(Json& document, std::size_t id) {
  return document["clients"][id]["client_config"];
}

Change configure(std::size_t id, std::string key, Json value) {
  return [=](Json& document) { config(document, id)[key] = value; };
}
Change drop(std::size_t id, std::string key) {
  return [=](Json& document) { config(document, id).erase(key); };
}
Change all(std::vector<Change> changes) {
  return [=](Json& document) {
    for (const auto& change : changes) change(document);
  };
}

/// Linear: no layers, so that in_dim is out_dim.
Change linear() {
  return all({drop(kMain, "in_dim"), configure(kMain, "layers", Json::array())});
}

TEST(TrainingDocuments, TheReferenceIsATaskWithItsDefaults) {
  const auto spec = validate(training_document());
  ASSERT_TRUE(spec.ok()) << all_faults(spec.error());
  EXPECT_EQ(spec->family(), Family::kSharedNn);
  const auto& main = spec->clients[kMain].settings;
  const Json expected = {{"mode", "train"},
                         {"in_dim", 64},
                         {"layers", {1}},
                         {"out_dim", 1},
                         {"batch_size", 64},
                         {"test_batch_size", 10000},
                         {"test_per_batches", 101},
                         {"learning_rate", 0.1},
                         {"max_iter", 12345},
                         {"activation", "sigmoid"},
                         {"optimizer", "sgd"},
                         {"momentum", 0.9},
                         {"l2", 1e-4},
                         {"seed", 1},
                         {"early_stop", 0},
                         {"checkpoint_per_batches", 1000},
                         {"security", "full"},
                         {"export", "shares"}};
  EXPECT_EQ(main, expected);
  EXPECT_EQ(spec->clients[kDealer].settings, Json({{"listen_clients", {2, 3, 4}}}));
  EXPECT_EQ(spec->clients[kFeature].settings, Json({{"data_path", "test-f1"}, {"normalize", "zscore"}}));
  EXPECT_EQ(spec->clients[kLabel].settings,
            Json({{"data_path", "test-l"}, {"loss", "mse"}, {"metric", Json::array({"auc_ks"})}, {"report_roc", false}}));
}

TEST(TrainingDocuments, ThatMustPass) {
  const std::vector<std::pair<std::string, Change>> cases = {
      {"logistic", linear()},
      {"logistic, in_dim said", all({linear(), configure(kMain, "in_dim", 1)})},
      {"three classes", all({linear(), configure(kMain, "out_dim", 3)})},
      {"linear regression", all({linear(), configure(kMain, "activation", "none")})},
      {"a curve", configure(kLabel, "report_roc", true)},
      {"a curve beside the loss", all({configure(kLabel, "report_roc", true), configure(kLabel, "metric", {"loss", "auc"})})},
      {"no curve of a regression", all({linear(), configure(kMain, "activation", "none"), configure(kLabel, "report_roc", false)})},
      {"several metrics", configure(kLabel, "metric", {"acc", "auc"})},
      {"three layers", configure(kMain, "layers", {32, 16, 1})},
      {"epochs", all({drop(kMain, "max_iter"), configure(kMain, "epochs", 5)})},
      {"neither", drop(kMain, "max_iter")},
      {"split", configure(kMain, "security", "split")},
      {"tests at the end only", configure(kMain, "test_per_batches", 0)},
      {"no l2", configure(kMain, "l2", 0)},
      {"batch times l2 at its bound",
       all({configure(kMain, "batch_size", 1000), configure(kMain, "l2", 0.1)})},
      {"no list of listeners", drop(kDealer, "listen_clients")},
      {"some listeners", configure(kDealer, "listen_clients", {2})},
      {"columns", configure(kFeature, "columns", {"X1", 4})},
      {"prediction", all({configure(kMain, "mode", "predict"), configure(kMain, "model_task", "train-1")})},
      {"slash", configure(kLabel, "data_path", "a/b/")},
  };
  for (const auto& [name, change] : cases) {
    SCOPED_TRACE(name);
    auto document = training_document();
    change(document);
    const auto spec = validate(document);
    ASSERT_TRUE(spec.ok()) << all_faults(spec.error());
    const auto again = validate(spec->document());
    ASSERT_TRUE(again.ok()) << all_faults(again.error());
    EXPECT_EQ(again->document(), spec->document());
    for (const auto& own : spec->clients) {
      const auto part = validate_node_part(spec->public_part(), own.id, own.config());
      EXPECT_TRUE(part.ok()) << "client " << own.id << ": " << all_faults(part.error());
    }
  }
}

struct BadCase {
  std::string name;
  Change spoil;
  std::string path;
  std::string says;
};

std::vector<BadCase> bad_cases() {
  const auto main = [](const std::string& key) { return "clients[0].client_config." + key; };
  const std::string listeners = "clients[1].client_config.listen_clients";
  return {
      {"no dealer", [](Json& d) { d["clients"].erase(kDealer); }, "clients",
       "no client is the crypto_producer: a training task has exactly one"},
      {"no label",
       [](Json& d) {
         d["clients"].erase(kLabel);
         d["clients"][1]["client_config"].erase("listen_clients");
       },
       "clients", "no client is the label_client"},
      {"a type of another family", configure(kFeature, "client_type", "alignment_data"),
       "clients[2].client_config.client_type", "where a feature_client runs \"shared_nn_feature\""},
      {"last layer", configure(kMain, "layers", {8, 2}), main("layers[1]"), "2 is not out_dim (1)"},
      {"layers without in_dim", drop(kMain, "in_dim"), main("in_dim"), "is missing"},
      {"in_dim without layers", configure(kMain, "layers", Json::array()), main("in_dim"),
       "64 is not out_dim (1)"},
      {"out_dim", all({linear(), configure(kMain, "in_dim", 1), configure(kMain, "out_dim", 3)}),
       main("in_dim"), "1 is not out_dim (3)"},
      {"in_dim 0", configure(kMain, "in_dim", 0), main("in_dim"), "0 is not an integer from 1 to 4,096"},
      {"in_dim a string", configure(kMain, "in_dim", "64"), main("in_dim"), "write 64 without quotes"},
      {"layers no list", configure(kMain, "layers", 1), main("layers"), "write [1]"},
      {"nine layers", configure(kMain, "layers", Json(std::vector<int>(9, 1))), main("layers"),
       "at most 8 integers"},
      {"a layer of 0", configure(kMain, "layers", {0, 1}), main("layers[0]"),
       "0 is not an integer from 1 to 4096"},
      {"a layer with a fraction", configure(kMain, "layers", {2.5, 1}), main("layers[0]"),
       "2.5 is not an integer"},
      {"batch 0", configure(kMain, "batch_size", 0), main("batch_size"), "from 1 to 32,768"},
      {"batch too large", configure(kMain, "batch_size", 32769), main("batch_size"), "from 1 to 32,768"},
      {"rate 0", configure(kMain, "learning_rate", 0), main("learning_rate"),
       "0 is not a number from above 0 to 10"},
      {"rate below 0", configure(kMain, "learning_rate", -0.1), main("learning_rate"),
       "-0.1 is not a number"},
      {"rate too large", configure(kMain, "learning_rate", 10.5), main("learning_rate"),
       "10.5 is not a number"},
      {"momentum 1", configure(kMain, "momentum", 1), main("momentum"),
       "1 is not a number from 0 to below 1"},
      {"l2 too large", configure(kMain, "l2", 0.2), main("l2"), "0.2 is not a number from 0 to 0.1"},
      {"batch times l2", all({configure(kMain, "batch_size", 2000), configure(kMain, "l2", 0.1)}), main("l2"),
       "0.1 times batch_size (2000) is 200, more than 100"},
      {"no iterations", configure(kMain, "max_iter", 0), main("max_iter"), "0 is not an integer"},
      {"epochs beside max_iter", configure(kMain, "epochs", 5), main("epochs"),
       "stands beside max_iter: keep one"},
      {"metric unknown", configure(kLabel, "metric", "aucks"), "clients[4].client_config.metric",
       "did you mean \"auc_ks\"?"},
      {"no metric", configure(kLabel, "metric", Json::array()), "clients[4].client_config.metric",
       "an empty list is not one of"},
      {"metric twice", configure(kLabel, "metric", {"auc", "auc"}), "clients[4].client_config.metric[1]",
       "in the list already"},
      {"metric no string", configure(kLabel, "metric", {"auc", 1}), "clients[4].client_config.metric[1]",
       "1 is not one of"},
      {"loss unknown", configure(kLabel, "loss", "mes"), "clients[4].client_config.loss",
       "did you mean \"mse\"?"},
      {"optimizer", configure(kMain, "optimizer", "adam"), main("optimizer"),
       "\"adam\" is not one of \"sgd\", \"momentum\""},
      {"security", configure(kMain, "security", "none"), main("security"), "\"none\" is not one of"},
      {"regression with layers", configure(kMain, "activation", "none"), main("activation"),
       "no layers after the first"},
      {"regression with logloss",
       all({linear(), configure(kMain, "activation", "none"), configure(kLabel, "loss", "logloss")}),
       "clients[4].client_config.loss", "needs a sigmoid on the output"},
      {"curve of a regression",
       all({linear(), configure(kMain, "activation", "none"), configure(kLabel, "report_roc", true)}),
       "clients[4].client_config.report_roc", "a regression has none"},
      {"curve without scores", all({configure(kLabel, "report_roc", true), configure(kLabel, "metric", "loss")}),
       "clients[4].client_config.report_roc", "none is opened"},
      {"curve at a feature client", configure(kFeature, "report_roc", true), "clients[2].client_config.report_roc", "it belongs in the client_config of"},
      {"curve no word", configure(kLabel, "report_roc", "yes"), "clients[4].client_config.report_roc", "\"yes\""},
      {"prediction without a model", configure(kMain, "mode", "predict"), main("model_task"),
       "is missing: mode \"predict\""},
      {"training with a model", configure(kMain, "model_task", "train-1"), main("model_task"),
       "a training makes its own model"},
      {"model with a bad name",
       all({configure(kMain, "mode", "predict"), configure(kMain, "model_task", "a/b")}), main("model_task"),
       "a character"},
      {"model no name", all({configure(kMain, "mode", "predict"), configure(kMain, "model_task", 7)}),
       main("model_task"), "7 is not the name of a task"},
      {"listener not there", configure(kDealer, "listen_clients", {2, 7}), listeners + "[1]",
       "7 is not the id of a data client: this task's are 2, 3, 4"},
      {"listener is main", configure(kDealer, "listen_clients", {0}), listeners + "[0]",
       "(it is the main_client)"},
      {"listener twice", configure(kDealer, "listen_clients", {2, 3, 2}), listeners + "[2]",
       "2 is in the list already"},
      {"listener below 0", configure(kDealer, "listen_clients", {-1}), listeners + "[0]",
       "-1 is not an integer from 0 to 63"},
      {"no data_path", drop(kFeature, "data_path"), "clients[2].client_config.data_path", "is missing"},
      {"data_path climbs", configure(kFeature, "data_path", "../x"), "clients[2].client_config.data_path",
       "climbs"},
      {"two slashes", configure(kFeature, "data_path", "x//"), "clients[2].client_config.data_path",
       "ends with a slash"},
      {"only a slash", configure(kFeature, "data_path", "/"), "clients[2].client_config.data_path",
       "absolute"},
      {"columns twice", configure(kFeature, "columns", {"X1", "X1"}), "clients[2].client_config.columns[1]",
       "in the list already"},
      {"normalize", configure(kFeature, "normalize", "minmx"), "clients[2].client_config.normalize",
       "did you mean \"minmax\"?"},
      {"a setting of main's at the label", configure(kLabel, "l2", 0.1), "clients[4].client_config.l2",
       "it belongs in the client_config of \"shared_nn_main\""},
      {"misspelt", configure(kMain, "batchsize", 64), main("batchsize"), "did you mean \"batch_size\"?"},
  };
}

TEST(TrainingDocuments, ThatMustBeRefused) {
  // One fault in the document is one fault in the answer, except where a change makes several.
  const std::vector<std::string> with_several = {"no dealer", "a type of another family"};
  for (const auto& bad : bad_cases()) {
    SCOPED_TRACE(bad.name);
    auto document = training_document();
    bad.spoil(document);
    const auto result = validate(document);
    ASSERT_FALSE(result.ok());
    EXPECT_THAT(fault_at(result.error(), bad.path), HasSubstr(bad.says)) << all_faults(result.error());
    if (std::find(with_several.begin(), with_several.end(), bad.name) != with_several.end()) continue;
    EXPECT_EQ(result.error().details().size(), 1u) << all_faults(result.error());
  }
}

TEST(TrainingDocuments, AreRefusedByANodeForWhatItSees) {
  auto document = training_document();
  all({linear(), configure(kMain, "activation", "none")})(document);
  const auto spec = validate(document);
  ASSERT_TRUE(spec.ok()) << all_faults(spec.error());
  auto label = spec->clients[kLabel].config();
  label["loss"] = "logloss";
  const auto refused = validate_node_part(spec->public_part(), kLabel, label);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(fault_at(refused.error(), "client_config.loss"), HasSubstr("needs a sigmoid"));
}

TEST(TrainingDocuments, ThatAreShippedAreTasks) {
  for (const std::string name : {"reference_training.json", "logistic_training.json"}) {
    std::ifstream file(std::string(PAI_SOURCE_DIR "/configs/") + name);
    const auto document = json::parse(std::string(std::istreambuf_iterator<char>(file), {}));
    ASSERT_TRUE(document.ok()) << name << ": " << document.error().describe();
    const auto spec = validate(*document);
    EXPECT_TRUE(spec.ok()) << name << ": " << all_faults(spec.error());
  }
}

}  // namespace
}  // namespace pai::task
