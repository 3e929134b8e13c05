#include "client/nn/training_settings.h"

#include <algorithm>

#include "common/csv/file_source.h"
#include "common/task/types/training.h"

namespace pai::client::nn {

namespace {

// The settings were validated with the task; a default here only serves a task file written by hand without them.
template <class T>
std::optional<T> value_of(const nlohmann::json& settings, const char* name) {
  const auto found = settings.find(name);
  if (found == settings.end() || found->is_null()) return std::nullopt;
  if constexpr (std::is_same_v<T, std::string>) {
    if (!found->is_string()) return std::nullopt;
  } else if constexpr (std::is_same_v<T, std::vector<std::size_t>>) {
    if (!found->is_array()) return std::nullopt;
  } else if constexpr (std::is_same_v<T, bool>) {
    if (!found->is_boolean()) return std::nullopt;
  } else {
    if (!found->is_number()) return std::nullopt;
  }
  return found->get<T>();
}

template <class T>
void read(const nlohmann::json& settings, const char* name, T& into) {
  if (auto value = value_of<T>(settings, name)) into = *std::move(value);
}

bool is(const nlohmann::json& settings, const char* name, std::string_view word) {
  return value_of<std::string>(settings, name).value_or("") == word;
}

}  // namespace

TrainingSettings training_settings(const task::TaskFile& task) {
  const auto& json = task.spec.main_client().settings;
  TrainingSettings settings;
  settings.predict = is(json, "mode", "predict");
  settings.shape.in_dim = value_of<std::size_t>(json, "in_dim");
  settings.shape.out_dim = value_of<std::size_t>(json, "out_dim").value_or(1);
  read(json, "layers", settings.shape.layers);
  read(json, "learning_rate", settings.rule.learning_rate);
  read(json, "l2", settings.rule.l2);
  read(json, "momentum", settings.rule.momentum);
  if (is(json, "activation", "none")) settings.rule.activation = OutputActivation::kNone;
  if (is(json, "optimizer", "momentum")) settings.rule.optimizer = Optimizer::kMomentum;
  read(json, "batch_size", settings.batch_size);
  read(json, "test_batch_size", settings.test_batch_size);
  read(json, "test_per_batches", settings.test_per_batches);
  settings.max_iter = value_of<std::uint64_t>(json, "max_iter");
  settings.epochs = value_of<std::uint64_t>(json, "epochs");
  read(json, "seed", settings.seed);
  read(json, "early_stop", settings.early_stop);
  read(json, "checkpoint_per_batches", settings.checkpoint_per_batches);
  settings.split = is(json, "security", "split");
  settings.export_weights = is(json, "export", "split");
  return settings;
}

Result<Cast> cast_of(const task::TaskFile& task) {
  Cast cast;
  std::optional<int> dealer, label;
  for (const auto& client : task.spec.clients) {
    switch (client.role) {
      case task::Role::kMainClient: cast.main = client.id; break;
      case task::Role::kCryptoProducer: dealer = client.id; break;
      case task::Role::kLabelClient: label = client.id; [[fallthrough]];
      case task::Role::kFeatureClient: cast.group.clients.push_back(client.id); break;
    }
  }
  if (!dealer) return Error(ErrorCode::kInvalid, "the task has no crypto_producer, which computing on shares needs");
  if (!label) return Error(ErrorCode::kInvalid, "the task has no label_client");
  cast.dealer = *dealer;
  cast.label = *label;
  const auto& clients = cast.group.clients;
  const auto self = std::find(clients.begin(), clients.end(), task.client_id);
  cast.group.self = self == clients.end() ? -1 : static_cast<int>(self - clients.begin());
  return cast;
}

Result<DataSettings> data_settings(const task::TaskFile& task) {
  const auto& json = task.self().settings;
  DataSettings settings;
  read(json, "data_path", settings.data_path);
  settings.columns = csv::request_from_settings(json).columns;
  read(json, "normalize", settings.normalize);
  read(json, "report_roc", settings.report_roc);
  if (const auto loss = value_of<std::string>(json, "loss")) {
    PAI_ASSIGN(settings.loss, loss_from(*loss));
  }
  if (const auto metric = json.find("metric"); metric != json.end()) {
    if (metric->is_string()) settings.metrics.push_back(metric->get<std::string>());
    if (metric->is_array()) settings.metrics = metric->get<std::vector<std::string>>();
  }
  if (settings.metrics.empty()) settings.metrics.emplace_back("auc_ks");
  return settings;
}

}  // namespace pai::client::nn
