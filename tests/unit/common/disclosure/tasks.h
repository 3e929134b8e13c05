#pragma once

#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/task/validate.h"

namespace pai::disclosure {

inline task::TaskSpec checked(const nlohmann::json& document) {
  auto spec = task::validate(document);
  EXPECT_TRUE(spec.ok()) << spec.error().describe();
  return *std::move(spec);
}

inline nlohmann::json client(int number, const std::string& role, const std::string& type, nlohmann::json config) {
  config["client_type"] = type;
  config["computation_port"] = 9000 + number;
  return {{"role", role}, {"addr", "127.0.0.1"}, {"http_port", 8000 + number}, {"client_config", std::move(config)}};
}

/// Client 0 is main, 1 and 2 are feature clients, 3 is the label client.
inline task::TaskSpec alignment(const std::string& psi) {
  const auto data = [](const std::string& name) {
    return nlohmann::json{{"raw_data_path", name + ".csv"}, {"out_data_path", name}};
  };
  return checked({{"task_name", "a"},
                  {"clients",
                   {client(0, "main_client", "alignment_main", {{"psi", psi}}),
                    client(1, "feature_client", "alignment_data", data("f")),
                    client(2, "feature_client", "alignment_data", data("g")),
                    client(3, "label_client", "alignment_data", data("l"))}}});
}

/// Client 0 is main, 1 the dealer, 2 a feature client, 3 the label client.
inline task::TaskSpec training(const nlohmann::json& main_settings, const nlohmann::json& label_settings = {}) {
  auto label = nlohmann::json{{"data_path", "l"}};
  if (label_settings.is_object()) label.update(label_settings);
  return checked({{"task_name", "t"},
                  {"clients",
                   {client(0, "main_client", "shared_nn_main", main_settings),
                    client(1, "crypto_producer", "triplet_producer", nlohmann::json::object()),
                    client(2, "feature_client", "shared_nn_feature", {{"data_path", "f"}}),
                    client(3, "label_client", "shared_nn_label", std::move(label))}}});
}

/// The same of a boosting.
inline task::TaskSpec boosting(const nlohmann::json& main_settings) {
  return checked({{"task_name", "t"},
                  {"clients",
                   {client(0, "main_client", "secure_xgboost_main", main_settings),
                    client(1, "crypto_producer", "triplet_producer", nlohmann::json::object()),
                    client(2, "feature_client", "secure_xgboost_feature", {{"data_path", "f"}}),
                    client(3, "label_client", "secure_xgboost_label", {{"data_path", "l"}})}}});
}

}  // namespace pai::disclosure
