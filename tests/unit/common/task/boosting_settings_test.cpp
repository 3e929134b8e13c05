// The settings of a boosting: what is filled in, and what is refused where and with which words.
#include <gtest/gtest.h>

#include "common/task/training.h"
#include "common/task/validate.h"
#include "unit/common/task/documents.h"

namespace pai::task {
namespace {

using Json = nlohmann::json;

Json document() {
  const auto client = [](const char* role, const char* type, int port, Json settings) {
    settings["client_type"] = type;
    settings["computation_port"] = 9080 + port;
    return Json{{"role", role}, {"addr", "127.0.0.1"}, {"http_port", 8080 + port}, {"client_config", settings}};
  };
  return {{"task_name", "boost"},
          {"clients",
           {client("main_client", "secure_xgboost_main", 0, Json::object()), client("crypto_producer", "triplet_producer", 1, Json::object()),
            client("feature_client", "secure_xgboost_feature", 2, {{"data_path", "f"}}),
            client("label_client", "secure_xgboost_label", 3, {{"data_path", "l"}})}}};
}

Json with_main(const Json& settings) {
  auto made = document();
  made["clients"][0]["client_config"].update(settings);
  return made;
}

/// "path: message" of the only fault.
std::string fault_of(const Json& made) {
  const auto result = validate(made);
  if (result.ok()) return "no fault";
  if (result.error().details().size() != 1) return all_faults(result.error());
  return result.error().details()[0].where + ": " + result.error().details()[0].message;
}

TEST(BoostingSettings, AreFilledIn) {
  const auto spec = validate(document());
  ASSERT_TRUE(spec.ok()) << all_faults(spec.error());
  const auto& settings = spec->main_client().settings;
  EXPECT_EQ(settings.at("metric"), Json::array({"auc_ks"}));
  const Json expected = {{"objective", "binary"},       {"learning_rate", 0.1},    {"max_iteration", 100}, {"max_depth", 4},
                         {"reg_lambda", 1},             {"gamma", 0},              {"col_sample_ratio", 1}, {"row_sample_ratio", 1},
                         {"n_bins", 32},                {"min_child_weight", 0},   {"early_stop", 0}};
  EXPECT_EQ(settings.at("config"), expected);
  EXPECT_EQ(settings.at("security"), "full");
  EXPECT_EQ(settings.at("importance"), "count");
  EXPECT_EQ(settings.at("test_per_trees"), 1);
  EXPECT_TRUE(check_resumable(*spec).ok());
  // What was filled in is valid itself.
  EXPECT_TRUE(validate(with_main(settings)).ok());
}

TEST(BoostingSettings, EachFaultSaysWhereAndWhat) {
  const std::string config = "clients[0].client_config.config";
  EXPECT_EQ(fault_of(with_main({{"config", {{"max_dept", 3}}}})), config + R"(.max_dept: unknown key; did you mean "max_depth"?)");
  EXPECT_NE(fault_of(with_main({{"config", {{"reg_lambda", 0.5}}}})).find(config + ".reg_lambda: 0.5 is not a number from 1"), std::string::npos);
  EXPECT_NE(fault_of(with_main({{"config", {{"objective", "ranking"}}}})).find(config + ".objective"), std::string::npos);
  EXPECT_NE(fault_of(with_main({{"config", {{"objective", "multi"}}}})).find(config + ".num_class: is missing"), std::string::npos);
  EXPECT_NE(fault_of(with_main({{"config", {{"num_class", 3}}}})).find(config + ".num_class: belongs to"), std::string::npos);
  EXPECT_NE(fault_of(with_main({{"config", {{"objective", "regression"}}}, {"metric", "acc"}})).find("client_config.metric: ranks"),
            std::string::npos);
  EXPECT_EQ(fault_of(with_main({{"config", {{"objective", "regression"}}}})), "no fault");
  EXPECT_NE(fault_of(with_main({{"config", {{"min_child_weight", -1}}}})).find(config + ".min_child_weight"), std::string::npos);
  EXPECT_NE(fault_of(with_main({{"config", {{"n_bins", 1}}}})).find(config + ".n_bins"), std::string::npos);
  EXPECT_NE(fault_of(with_main({{"config", 5}})).find(config + ": 5 is not an object of objective"), std::string::npos);
  EXPECT_NE(fault_of(with_main({{"security", "split"}})).find("client_config.security"), std::string::npos);
  EXPECT_EQ(fault_of(with_main({{"metric", "loss"}})), "no fault");
  EXPECT_EQ(fault_of(with_main({{"metric", "loss"}, {"config", {{"objective", "regression"}}}})), "no fault");
  EXPECT_EQ(fault_of(with_main({{"security", "relaxed"}, {"importance", "gain"}, {"test_per_trees", 5}})), "no fault");
  EXPECT_NE(fault_of(with_main({{"importance", "gains"}})).find("client_config.importance"), std::string::npos);
  EXPECT_NE(fault_of(with_main({{"test_per_trees", -1}})).find("client_config.test_per_trees"), std::string::npos);
  EXPECT_NE(fault_of(with_main({{"test_per_trees", 0}, {"config", {{"early_stop", 3}}}})).find("client_config.config.early_stop: needs evaluations"),
            std::string::npos);
  EXPECT_NE(fault_of(with_main({{"mode", "predict"}})).find("client_config.model_task: is missing"), std::string::npos);
  EXPECT_EQ(fault_of(with_main({{"config", {{"seed", 3}}}, {"sync_info", {{"seed", 4}}}})),
            "clients[0].client_config.sync_info.seed: 4 is not config.seed (3): keep one of the two");
  EXPECT_EQ(fault_of(with_main({{"config", {{"seed", 4}}}, {"sync_info", {{"seed", 4}}}})), "no fault");
}

TEST(BoostingSettings, ACurveNeedsScores) {
  const auto with_curve = [](const Json& main) {
    auto made = with_main(main);
    made["clients"][3]["client_config"]["report_roc"] = true;
    return fault_of(made);
  };
  EXPECT_EQ(with_curve(Json::object()), "no fault");
  EXPECT_EQ(with_curve({{"metric", {"loss", "acc"}}}), "no fault");
  EXPECT_NE(with_curve({{"metric", "loss"}}).find("clients[3].client_config.report_roc: is made of"), std::string::npos);
  EXPECT_NE(with_curve({{"config", {{"objective", "regression"}}}}).find("clients[3].client_config.report_roc: ranks classes"), std::string::npos);
  EXPECT_EQ(validate(document())->clients[3].settings.at("report_roc"), false);
}

TEST(BoostingSettings, WithoutCheckpointsNothingIsResumed) {
  const auto spec = validate(with_main({{"checkpoint_per_trees", 0}}));
  ASSERT_TRUE(spec.ok());
  EXPECT_FALSE(check_resumable(*spec).ok());
}

}  // namespace
}  // namespace pai::task
