// A ROC curve's document: the same after the wire, and nothing that does not go up from 0 to 1.
#include "common/task/roc.h"

#include <gtest/gtest.h>

namespace pai::task {
namespace {

using nlohmann::json;

TEST(RocReport, SurvivesTheWire) {
  const RocReport report{9, {{{0, 0.5, 1}, {0, 0.75, 1}}, {{0, 1}, {0, 1}}}};
  const auto read = roc_from_json(to_json(report));
  ASSERT_TRUE(read.ok()) << read.error().describe();
  EXPECT_EQ(*read, report);
  EXPECT_TRUE(roc_from_json({{"batches", 0}, {"curves", json::array()}}).ok());
}

TEST(RocReport, OnlyCurvesPass) {
  const auto curve = [](const json& fpr, const json& tpr) { return json{{"batches", 1}, {"curves", {{{"fpr", fpr}, {"tpr", tpr}}}}}; };
  const json fine{0, 1};
  for (const auto& hostile :
       {json(), json(3), json::array(), json::object(), json{{"batches", 1}}, json{{"batches", -1}, {"curves", json::array()}},
        json{{"batches", 1}, {"curves", 5}}, json{{"batches", 1}, {"curves", {1}}}, curve(fine, {0}), curve(fine, {1, 0}), curve(fine, {0, 1.1}),
        curve({-0.1, 1}, fine), curve(fine, {"0", 1}), curve(fine, {0, nullptr}), curve(fine, {0, 0.5, 1}), curve(fine, "x"),
        curve(std::vector<double>(102, 0.5), std::vector<double>(102, 0.5)),
        json{{"batches", 1}, {"curves", std::vector<json>(21, json{{"fpr", fine}, {"tpr", fine}})}}}) {
    EXPECT_FALSE(roc_from_json(hostile).ok()) << hostile.dump();
  }
}

}  // namespace
}  // namespace pai::task
