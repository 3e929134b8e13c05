#include "unit/common/task/documents.h"

namespace pai::task {

nlohmann::json reference_document() {
  return nlohmann::json::parse(R"({
    "task_name": "test-datagen",
    "clients": [
      {"role": "main_client", "addr": "127.0.0.1", "http_port": 8377,
       "client_config": {"client_type": "alignment_main", "computation_port": 8378}},
      {"role": "feature_client", "addr": "127.0.0.1", "http_port": 8084,
       "client_config": {"client_type": "alignment_data", "computation_port": 8085,
                         "raw_data_path": "Splitted_Indexed_Data/credit_default_data1.csv", "out_data_path": "test-f1"}},
      {"role": "feature_client", "addr": "127.0.0.1", "http_port": 8082,
       "client_config": {"computation_port": 8083, "client_type": "alignment_data",
                         "raw_data_path": "Splitted_Indexed_Data/credit_default_data2.csv", "out_data_path": "test-f2"}},
      {"role": "label_client", "addr": "127.0.0.1", "http_port": 8884,
       "client_config": {"computation_port": 8885, "client_type": "alignment_data",
                         "raw_data_path": "Splitted_Indexed_Data/credit_default_label.csv", "out_data_path": "test-l"}}
    ]})");
}

nlohmann::json full_document() {
  return nlohmann::json::parse(R"({
    "task_name": "Full.task_1-x",
    "clients": [
      {"role": "main_client", "addr": "::1", "http_port": 1001, "identity": "main.example",
       "client_config": {"client_type": "alignment_main", "computation_port": 2001,
                         "psi": "ecdh", "test_ratio": 0.25, "min_intersection": 1000}},
      {"role": "label_client", "addr": "192.0.2.7", "http_port": 1002,
       "identity": "sha256:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
       "client_config": {"client_type": "alignment_data", "computation_port": 2002,
                         "raw_data_path": "数据/标 签.csv", "out_data_path": "out/label", "columns": ["Y", 3, 0],
                         "id_column": ["姓名", "birth day"], "duplicates": "first", "overwrite": true}},
      {"role": "feature_client", "addr": "node-3.example", "http_port": 1003,
       "client_config": {"client_type": "alignment_data", "computation_port": 2003,
                         "raw_data_path": "f.csv", "out_data_path": "out/feature", "columns": [],
                         "id_column": ["id"], "duplicates": "error", "overwrite": false}}
    ]})");
}

nlohmann::json training_document() {
  return nlohmann::json::parse(R"({
    "task_name": "test-train",
    "clients": [
      {"role": "main_client", "addr": "127.0.0.1", "http_port": 8377,
       "client_config": {"client_type": "shared_nn_main", "computation_port": 8378, "in_dim": 64, "out_dim": 1,
                         "layers": [1], "test_per_batches": 101, "max_iter": 12345}},
      {"role": "crypto_producer", "addr": "127.0.0.1", "http_port": 8886,
       "client_config": {"client_type": "triplet_producer", "computation_port": 8887, "listen_clients": [2, 3, 4]}},
      {"role": "feature_client", "addr": "127.0.0.1", "http_port": 8084,
       "client_config": {"client_type": "shared_nn_feature", "computation_port": 8085, "data_path": "test-f1/"}},
      {"role": "feature_client", "addr": "127.0.0.1", "http_port": 8082,
       "client_config": {"client_type": "shared_nn_feature", "computation_port": 8083, "data_path": "test-f2"}},
      {"role": "label_client", "addr": "127.0.0.1", "http_port": 8884,
       "client_config": {"client_type": "shared_nn_label", "computation_port": 8885, "data_path": "test-l",
                         "loss": "mse", "metric": "auc_ks"}}
    ]})");
}

std::string fault_at(const Error& error, const std::string& path) {
  std::string text;
  for (const auto& detail : error.details()) {
    if (detail.where == path) text += (text.empty() ? "" : "\n") + detail.message;
  }
  return text;
}

std::string all_faults(const Error& error) {
  std::string text;
  for (const auto& detail : error.details()) text += detail.where + ": " + detail.message + "\n";
  return text;
}

}  // namespace pai::task
