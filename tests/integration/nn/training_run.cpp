#include "integration/nn/training_run.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <thread>

#include "client/nn/model_files.h"
#include "client/nn/roles.h"
#include "client/ring/words.h"
#include "common/log/log.h"
#include "common/task/settings.h"

namespace pai::client::nn::test {

namespace {

const std::string kAlignmentId(64, 'a');

std::string number(double value) {
  if (std::isnan(value)) return "";  // an empty cell
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

std::string csv(const std::vector<std::vector<double>>& rows, std::size_t first, std::size_t count) {
  std::string text;
  for (std::size_t i = first; i < first + count; ++i) {
    for (std::size_t j = 0; j < rows[i].size(); ++j) text += (j == 0 ? "" : ",") + number(rows[i][j]);
    text += "\n";
  }
  return text;
}

/// Settings as the node hands them to a client: with their defaults, and lists where a list may stand.
nlohmann::json as_validated(nlohmann::json settings, std::span<const task::Setting> known) {
  for (const auto& setting : known) {
    const std::string name(setting.name);
    if (!settings.contains(name) && !setting.default_json.empty())
      settings[name] = nlohmann::json::parse(setting.default_json);
    if (setting.kind == task::Setting::Kind::kChoices && settings[name].is_string()) {
      settings[name] = nlohmann::json::array({settings[name]});
    }
    if (setting.kind == task::Setting::Kind::kObject && settings.contains(name)) {
      settings[name] = as_validated(settings[name], {setting.members, setting.members_count});
    }
  }
  return settings;
}

}  // namespace

void TrainingReporter::phase(std::string_view name, std::uint64_t, std::string_view) {
  const std::lock_guard lock(mutex_);
  notes_ += "phase " + std::string(name) + "\n";
}
Result<RecordBefore> TrainingReporter::start_record(std::vector<std::string> metrics,
                                                    std::optional<std::uint64_t> keep) {
  const std::lock_guard lock(mutex_);
  kept_until_ = keep;
  metrics_ = std::move(metrics);
  RecordBefore before;
  for (const auto& row : before_) {
    if (!keep || row[1] > static_cast<double>(*keep)) break;
    before.seconds = row[0];
    before.losses.push_back(row[2]);
  }
  return before;
}
Status TrainingReporter::record(std::span<const double> row) {
  const std::lock_guard lock(mutex_);
  rows_.emplace_back(row.begin(), row.end());
  return {};
}
void TrainingReporter::note(log::Level level, std::string_view event, log::Fields fields) {
  const std::lock_guard lock(mutex_);
  notes_ += (level == log::Level::kWarning ? "warning " : "") + std::string(event);
  for (const auto& field : fields) notes_ += " " + std::string(field.key) + "=" + field.value;
  notes_ += "\n";
}
std::string TrainingReporter::notes() const {
  const std::lock_guard lock(mutex_);
  return notes_;
}

TrainingRun::TrainingRun(std::vector<PartyData> parties, std::size_t test_rows, nlohmann::json settings,
                         int label_place)
    : main_settings(std::move(settings)), parties_(std::move(parties)) {
  label_ = 2 + (label_place < 0 ? static_cast<int>(parties_.size()) - 1 : label_place);
  std::size_t feature = 0;
  for (int client = 2; client < clients(); ++client) {
    party_of_[client] = client == label_ ? parties_.size() - 1 : feature++;
    test_rows_[client] = test_rows;
  }
  for (int client = 0; client < clients(); ++client) {
    std::filesystem::create_directories(folder(client) / "datasets" / "set");
    if (client >= 2) write_data_set(client);
  }
}

std::vector<int> TrainingRun::features() const {
  std::vector<int> ids;
  for (const auto& [client, party] : party_of_) {
    if (client != label_) ids.push_back(client);
  }
  return ids;
}

void TrainingRun::write_data_set(int client) const {
  const auto& data = data_of(client);
  const auto set = folder(client) / "datasets" / "set";
  const auto test_rows = test_rows_.at(client);
  const auto train_rows = data.rows.size() - test_rows;
  pai::test::write_text(set / "train.csv", csv(data.rows, 0, train_rows));
  pai::test::write_text(set / "test.csv", csv(data.rows, train_rows, test_rows));
  std::string aligned = "id";
  for (const auto& name : data.columns) aligned += "," + name;
  aligned += "\n";
  for (std::size_t i = 0; i < data.rows.size(); ++i) {
    aligned += data.ids.empty() ? "row-" + std::to_string(i) : data.ids[i];
    for (const double value : data.rows[i]) aligned += "," + number(value);
    aligned += "\n";
  }
  pai::test::write_text(set / "table_aligned.csv", aligned);
  describe_data_set(client);
}

void TrainingRun::describe_data_set(int client) const {
  const auto& data = data_of(client);
  const auto set = folder(client) / "datasets" / "set";
  nlohmann::json files;
  for (const auto* name : {"table_aligned.csv", "train.csv", "test.csv"}) {
    files[name] = {{"bytes", std::filesystem::file_size(set / name)}, {"sha256", std::string(64, '0')}};
  }
  const auto id = alignment_ids_.find(client);
  const auto test_rows = test_rows_.at(client);
  const nlohmann::json document = {
      {"format", 1},
      {"task", "align"},
      {"client", client},
      {"alignment_id", id == alignment_ids_.end() ? kAlignmentId : id->second},
      {"columns", data.columns},
      {"id_columns", {"id"}},
      {"rows", {{"train", data.rows.size() - test_rows}, {"test", test_rows}, {"total", data.rows.size()}}},
      {"files", files},
      {"created", "2026-01-01T00:00:00Z"}};
  pai::test::write_text(set / "dataset.json", document.dump());
}

void TrainingRun::replace_data(int client, PartyData data, std::size_t test_rows) {
  parties_.at(party_of_.at(client)) = std::move(data);
  test_rows_[client] = test_rows;
  write_data_set(client);
}

void TrainingRun::replace_file(int client, const std::string& name, const std::string& text) {
  pai::test::write_text(folder(client) / "datasets" / "set" / name, text);
  describe_data_set(client);
}

task::TaskFile TrainingRun::task_file(int client) const {
  task::TaskFile file;
  file.spec.name = task_name;
  for (int id = 0; id < clients(); ++id) {
    task::ClientSpec spec;
    spec.id = id;
    const bool boosts = family == task::Family::kSecureXgboost;
    spec.type = id == 0         ? boosts ? task::ClientType::kSecureXgboostMain : task::ClientType::kSharedNnMain
                : id == 1       ? task::ClientType::kTripletProducer
                : id == label() ? boosts ? task::ClientType::kSecureXgboostLabel : task::ClientType::kSharedNnLabel
                : boosts        ? task::ClientType::kSecureXgboostFeature
                                : task::ClientType::kSharedNnFeature;
    spec.role = id == 0         ? task::Role::kMainClient
                : id == 1       ? task::Role::kCryptoProducer
                : id == label() ? task::Role::kLabelClient
                                : task::Role::kFeatureClient;
    spec.addr = "127.0.0.1";
    spec.http_port = static_cast<std::uint16_t>(9000 + id);
    spec.computation_port = static_cast<std::uint16_t>(9100 + id);
    const auto known = task::client_type_info(spec.type).settings;
    if (id == 0) spec.settings = as_validated(main_settings, known);
    if (id == client && id >= 2) {
      spec.settings = as_validated(data_of(id).settings, known);
      spec.settings["data_path"] = "set";
    }
    file.spec.clients.push_back(std::move(spec));
  }
  file.client_id = client;
  file.run_id = run_id;
  file.node.resume = resume;
  file.node.memory_bytes_max = memory_bytes_max;
  file.node.model_folder = (folder(client) / model_of / "model").string();
  return file;
}

Status TrainingRun::run_role(Context& context, int client) const {
  if (role) return role(context, client);
  if (client == 0) return run_shared_nn_main(context);
  if (client == 1) return run_dealer(context, fixed_seed);
  return client == label() ? run_shared_nn_label(context) : run_shared_nn_feature(context);
}

void TrainingRun::run(int skipped, const std::function<Status(Context&)>& instead) {
  for (const auto& [client, id] : alignment_ids_) describe_data_set(client);
  std::vector<std::unique_ptr<TaskChannel>> channels;
  std::mutex killing;  // the channel that is cancelled must be there
  std::uint64_t frames_of_victim = 0;
  auto tapped = network;
  tapped.tap = [&](int from, int to, const v1::Frame& frame) {
    if (network.tap) network.tap(from, to, frame);
    if (kill && (kill->client == from || kill->client == to)) {
      const std::lock_guard lock(killing);
      const auto victim = static_cast<std::size_t>(kill->client);
      const bool in_operation =
          from == kill->client && frame.has_opening() && frame.opening().operation() >= kill->operation;
      if ((frames_of_victim++ == kill->after_frames || in_operation) && channels[victim]) {
        channels[victim]->cancel(Error(ErrorCode::kCancelled, "killed by the test"));
      }
    }
    if (!keep_frames) return;
    const std::lock_guard lock(wire_mutex_);
    sent_.push_back({from, to, frame});
  };
  channels = make_memory_channels(clients(), tapped);
  statuses_.assign(static_cast<std::size_t>(clients()), Status());
  const auto before = std::exchange(reporters_, {});
  for (int client = 0; client < clients(); ++client) {
    const auto index = static_cast<std::size_t>(client);
    reporters_.push_back(std::make_unique<TrainingReporter>(before.empty() ? TrainingReporter::Rows() : before[index]->rows()));
    std::filesystem::create_directories(task_path(client));
  }
  std::vector<std::thread> threads;
  for (int client = 0; client < clients(); ++client) {
    threads.emplace_back([&, client] {
      const auto index = static_cast<std::size_t>(client);
      const auto task = task_file(client);
      const auto root = io::Root::open(task_path(client), false);
      const auto datasets = io::Root::open(folder(client) / "datasets", false);
      Context context{task,         *channels[index], *reporters_[index],
                      root.value(), datasets.value(), root.value()};
      statuses_[index] = client == skipped ? instead(context) : run_role(context, client);
      const bool killed = kill && kill->client == client && !statuses_[index].ok();
      if (!killed) channels[index]->finish(statuses_[index]);
      const std::lock_guard lock(killing);
      if (killed) channels[index].reset();
    });
  }
  for (auto& thread : threads) thread.join();
}

bool TrainingRun::ok() const {
  return !statuses_.empty() &&
         std::all_of(statuses_.begin(), statuses_.end(), [](const auto& status) { return status.ok(); });
}

bool TrainingRun::failed() const {
  for (int client = 0; client < clients(); ++client) {
    if (client != 1 && status(client).ok()) return false;
  }
  return true;
}

std::string TrainingRun::messages() const {
  std::string text;
  for (int client = 0; client < clients(); ++client)
    text += std::to_string(client) + ": " + message(client) + "\n";
  return text;
}

std::vector<TrainingRun::Sent> TrainingRun::sent() const {
  const std::lock_guard lock(wire_mutex_);
  return sent_;
}

std::vector<std::vector<double>> TrainingRun::opened_model() const {
  std::vector<std::vector<double>> model;
  std::vector<std::vector<ring::Word>> sums;
  for (int client = 2; client < clients(); ++client) {
    const auto stored = read_model((task_path(client) / "model").string());
    if (!stored.ok()) return {};
    const auto& tensors = stored->weights.tensors();
    for (std::size_t k = 0;; ++k) {
      const auto name = "layer" + std::to_string(k);
      const auto weight = tensors.find(name + ".weight_share");
      if (weight == tensors.end()) break;
      if (sums.size() <= k) sums.emplace_back();
      auto words = std::get<std::vector<ring::Word>>(weight->second.values);
      const auto& bias = std::get<std::vector<ring::Word>>(tensors.at(name + ".bias_share").values);
      words.insert(words.end(), bias.begin(), bias.end());
      sums[k].resize(words.size());
      ring::add(sums[k], words);
    }
  }
  for (const auto& layer : sums) {
    auto& numbers = model.emplace_back();
    for (const auto word : layer) numbers.push_back(ring::decode(word, 20));
  }
  append_plain_layers(model);
  return model;
}

/// What parties have in the clear: the first layer's rows at the feature clients in the order of their ids,
/// all else at the label client.
void TrainingRun::append_plain_layers(std::vector<std::vector<double>>& model) const {
  const auto append = [&](std::size_t layer, const TensorFile& file, const std::string& name) {
    const auto found = file.tensors().find("layer" + std::to_string(layer) + name);
    if (found == file.tensors().end()) return false;
    if (model.size() <= layer) model.resize(layer + 1);
    const auto& numbers = std::get<std::vector<double>>(found->second.values);
    model[layer].insert(model[layer].end(), numbers.begin(), numbers.end());
    return true;
  };
  for (const int client : features()) {
    append(0, read_model((task_path(client) / "model").string())->weights, ".weight");
  }
  const auto label = read_model((task_path(label_) / "model").string());
  append(0, label->weights, ".bias");
  for (std::size_t k = 1; append(k, label->weights, ".weight"); ++k) append(k, label->weights, ".bias");
}

}  // namespace pai::client::nn::test
