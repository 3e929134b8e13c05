#include "integration/nn/training_run.h"

#include <charconv>
#include <fstream>
#include <thread>

#include "client/nn/model_files.h"
#include "client/nn/roles.h"
#include "client/ring/words.h"
#include "common/log/log.h"

namespace pai::client::nn::test {

namespace {

const std::string kAlignmentId(64, 'a');

std::string number(double value) {
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

}  // namespace

void TrainingReporter::phase(std::string_view name, std::uint64_t, std::string_view) {
  const std::lock_guard lock(mutex_);
  notes_ += "phase " + std::string(name) + "\n";
}
Result<double> TrainingReporter::start_record(std::vector<std::string> metrics, std::optional<std::uint64_t>) {
  const std::lock_guard lock(mutex_);
  metrics_ = std::move(metrics);
  return 0.0;
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

TrainingRun::TrainingRun(std::vector<PartyData> parties, std::size_t test_rows, nlohmann::json settings)
    : main_settings(std::move(settings)), parties_(std::move(parties)), test_rows_(test_rows) {
  for (int client = 0; client < clients(); ++client) {
    std::filesystem::create_directories(folder(client) / "datasets" / "set");
    if (client >= 2) write_data_set(client);
  }
}

void TrainingRun::write_data_set(int client) const {
  const auto& data = parties_[static_cast<std::size_t>(client - 2)];
  const auto set = folder(client) / "datasets" / "set";
  const auto train_rows = data.rows.size() - test_rows_;
  pai::test::write_text(set / "train.csv", csv(data.rows, 0, train_rows));
  pai::test::write_text(set / "test.csv", csv(data.rows, train_rows, test_rows_));
  std::string aligned = "id";
  for (const auto& name : data.columns) aligned += "," + name;
  aligned += "\n";
  for (std::size_t i = 0; i < data.rows.size(); ++i) {
    aligned += "row-" + std::to_string(i);
    for (const double value : data.rows[i]) aligned += "," + number(value);
    aligned += "\n";
  }
  pai::test::write_text(set / "table_aligned.csv", aligned);
  describe_data_set(client);
}

void TrainingRun::describe_data_set(int client) const {
  const auto& data = parties_[static_cast<std::size_t>(client - 2)];
  const auto set = folder(client) / "datasets" / "set";
  nlohmann::json files;
  for (const auto* name : {"table_aligned.csv", "train.csv", "test.csv"}) {
    files[name] = {{"bytes", std::filesystem::file_size(set / name)}, {"sha256", std::string(64, '0')}};
  }
  const auto id = alignment_ids_.find(client);
  const nlohmann::json document = {
      {"format", 1},
      {"task", "align"},
      {"client", client},
      {"alignment_id", id == alignment_ids_.end() ? kAlignmentId : id->second},
      {"columns", data.columns},
      {"id_columns", {"id"}},
      {"rows",
       {{"train", data.rows.size() - test_rows_}, {"test", test_rows_}, {"total", data.rows.size()}}},
      {"files", files},
      {"created", "2026-01-01T00:00:00Z"}};
  pai::test::write_text(set / "dataset.json", document.dump());
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
    spec.type = id == 0         ? task::ClientType::kSharedNnMain
                : id == 1       ? task::ClientType::kTripletProducer
                : id == label() ? task::ClientType::kSharedNnLabel
                                : task::ClientType::kSharedNnFeature;
    spec.role = id == 0         ? task::Role::kMainClient
                : id == 1       ? task::Role::kCryptoProducer
                : id == label() ? task::Role::kLabelClient
                                : task::Role::kFeatureClient;
    spec.addr = "127.0.0.1";
    spec.http_port = static_cast<std::uint16_t>(9000 + id);
    spec.computation_port = static_cast<std::uint16_t>(9100 + id);
    if (id == 0) spec.settings = main_settings;
    if (id == client && id >= 2) {
      spec.settings = parties_[static_cast<std::size_t>(id - 2)].settings;
      spec.settings["data_path"] = "set";
    }
    file.spec.clients.push_back(std::move(spec));
  }
  file.client_id = client;
  file.run_id = run_id;
  file.node.resume = resume;
  file.node.model_folder = (folder(client) / "model").string();
  return file;
}

void TrainingRun::run(int skipped, const std::function<Status(Context&)>& instead) {
  for (const auto& [client, id] : alignment_ids_) describe_data_set(client);
  auto tapped = network;
  tapped.tap = [this](int from, int to, const v1::Frame& frame) {
    if (network.tap) network.tap(from, to, frame);
    if (!keep_frames) return;
    const std::lock_guard lock(wire_mutex_);
    sent_.push_back({from, to, frame});
  };
  auto channels = make_memory_channels(clients(), tapped);
  statuses_.assign(static_cast<std::size_t>(clients()), Status());
  reporters_.clear();
  for (int client = 0; client < clients(); ++client) reporters_.push_back(std::make_unique<TrainingReporter>());
  std::vector<std::thread> threads;
  for (int client = 0; client < clients(); ++client) {
    threads.emplace_back([&, client] {
      const auto index = static_cast<std::size_t>(client);
      const auto task = task_file(client);
      const auto root = io::Root::open(folder(client), false);
      const auto datasets = io::Root::open(folder(client) / "datasets", false);
      Context context{task, *channels[index], *reporters_[index], root.value(), datasets.value(), root.value()};
      if (client == skipped) {
        statuses_[index] = instead(context);
      } else if (client == 0) {
        statuses_[index] = run_shared_nn_main(context);
      } else if (client == 1) {
        statuses_[index] = run_dealer(context, fixed_seed);
      } else {
        statuses_[index] = client == label() ? run_shared_nn_label(context) : run_shared_nn_feature(context);
      }
      channels[index]->finish(statuses_[index]);
    });
  }
  for (auto& thread : threads) thread.join();
}

bool TrainingRun::ok() const {
  for (const auto& status : statuses_) {
    if (!status.ok()) return false;
  }
  return !statuses_.empty();
}

std::string TrainingRun::messages() const {
  std::string text;
  for (int client = 0; client < clients(); ++client) text += std::to_string(client) + ": " + message(client) + "\n";
  return text;
}

std::vector<TrainingRun::Sent> TrainingRun::sent() const {
  const std::lock_guard lock(wire_mutex_);
  return sent_;
}

std::vector<std::vector<double>> TrainingRun::opened_model() const {
  std::vector<std::vector<ring::Word>> sums;
  for (int client = 2; client < clients(); ++client) {
    const auto stored = read_model((folder(client) / "model").string());
    if (!stored.ok()) return {};
    for (std::size_t k = 0;; ++k) {
      const auto name = "layer" + std::to_string(k);
      const auto weight = stored->weights.tensors().find(name + ".weight_share");
      if (weight == stored->weights.tensors().end()) break;
      if (sums.size() <= k) sums.emplace_back();
      auto words = std::get<std::vector<ring::Word>>(weight->second.values);
      const auto& bias = std::get<std::vector<ring::Word>>(stored->weights.tensors().at(name + ".bias_share").values);
      words.insert(words.end(), bias.begin(), bias.end());
      sums[k].resize(words.size());
      ring::add(sums[k], words);
    }
  }
  std::vector<std::vector<double>> model;
  for (const auto& layer : sums) {
    auto& numbers = model.emplace_back();
    for (const auto word : layer) numbers.push_back(ring::decode(word, 20));
  }
  return model;
}

std::vector<PartyData> split_columns(const std::vector<std::vector<double>>& features,
                                     const std::vector<std::vector<double>>& labels, const std::vector<std::size_t>& counts) {
  std::vector<PartyData> parties;
  std::size_t begin = 0;
  for (const auto count : counts) {
    auto& party = parties.emplace_back();
    for (std::size_t j = 0; j < count; ++j) party.columns.push_back("x" + std::to_string(begin + j));
    for (const auto& row : features) {
      party.rows.emplace_back(row.begin() + static_cast<std::ptrdiff_t>(begin),
                              row.begin() + static_cast<std::ptrdiff_t>(begin + count));
    }
    begin += count;
  }
  auto& label = parties.emplace_back();
  for (std::size_t j = 0; j < labels[0].size(); ++j) label.columns.push_back(j == 0 ? "y" : "y" + std::to_string(j));
  label.rows = labels;
  return parties;
}

}  // namespace pai::client::nn::test
