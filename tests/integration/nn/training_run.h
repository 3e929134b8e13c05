#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "client/channel/memory_channel.h"
#include "client/ring/seed_stream.h"
#include "client/runtime/context.h"
#include "support/temp_folder.h"

namespace pai::client::nn::test {

/// A table of a party's data set: rows × columns, train rows first.
struct PartyData {
  std::vector<std::string> columns;
  std::vector<std::vector<double>> rows;
  nlohmann::json settings = nlohmann::json::object();  ///< beside data_path
  std::vector<std::string> ids = {};  ///< of the rows, as they stand in CSV; row-0 and so on when empty
};

/// What a role reported.
class TrainingReporter : public Reporter {
 public:
  using Rows = std::vector<std::vector<double>>;
  /// `before`: rows of the record of the run before.
  explicit TrainingReporter(Rows before = {}) : before_(std::move(before)) {}
  void phase(std::string_view name, std::uint64_t, std::string_view) override;
  void set_total(std::uint64_t) override {}
  void advance(std::uint64_t) override {}
  void set_dataset(task::DatasetSummary) override {}
  void set_batches(std::uint64_t batches) override { batches_ = batches; }
  Result<RecordBefore> start_record(std::vector<std::string> metrics, std::optional<std::uint64_t> keep) override;
  Status record(std::span<const double> row) override;
  void note(log::Level level, std::string_view event, log::Fields fields) override;

  std::uint64_t batches() const { return batches_; }
  const std::vector<std::vector<double>>& rows() const { return rows_; }
  const std::vector<std::string>& metrics() const { return metrics_; }
  /// Up to which batch the record of an earlier run was to be kept.
  std::optional<std::uint64_t> kept_until() const { return kept_until_; }
  /// Warnings and events, with their fields.
  std::string notes() const;

 private:
  mutable std::mutex mutex_;
  std::atomic<std::uint64_t> batches_{0};
  std::vector<std::string> metrics_;
  const Rows before_;
  Rows rows_;
  std::optional<std::uint64_t> kept_until_;
  std::string notes_;
};

/// A task of client 0 (main), client 1 (dealer) and data clients from 2 on, in this process: real roles, real
/// files, memory channels.
class TrainingRun {
 public:
  /// A client that dies without a word: after so many frames from or to it, or with its first opening of that
  /// operation or a later one.
  struct Kill {
    int client = 0;
    std::uint64_t after_frames = ~std::uint64_t{0};
    std::uint64_t operation = ~std::uint64_t{0};
  };

  /// `parties` are the feature clients, then the label client. The last `test_rows` rows are the test set.
  /// `label_place` is the label client's place among the data clients; −1: the last.
  TrainingRun(std::vector<PartyData> parties, std::size_t test_rows, nlohmann::json main_settings,
              int label_place = -1);

  /// Runs all roles to their ends. Client `skipped`'s place is taken by `instead`, when given.
  void run(int skipped = -1, const std::function<Status(Context&)>& instead = {});

  MemoryNetwork network;  ///< may be changed before `run`
  std::string task_name = "training_test";
  std::string run_id = "00112233445566778899aabbccddeeff";
  bool resume = false;
  const ring::Seed* fixed_seed = nullptr;
  nlohmann::json main_settings;
  std::optional<Kill> kill;
  /// Where each client's task folder is below `folder(client)`: empty, or the name of one that `run` makes. A
  /// prediction reads the model from `model_of`/model.
  std::string task_folder, model_of;
  bool keep_frames = false;
  /// Another family of training, with its roles by client id; empty: shared_nn.
  task::Family family = task::Family::kSharedNn;
  std::function<Status(Context&, int client)> role;
  std::uint64_t memory_bytes_max = std::uint64_t{1} << 30;  ///< of the nodes

  int clients() const { return static_cast<int>(parties_.size()) + 2; }
  int label() const { return label_; }
  /// Ids of the feature clients, ascending.
  std::vector<int> features() const;
  bool ok() const;
  /// Main and every data client ended with an error. The dealer runs ahead: it may have been done before.
  bool failed() const;
  const Status& status(int client) const { return statuses_.at(static_cast<std::size_t>(client)); }
  std::string message(int client) const {
    return status(client).ok() ? "" : status(client).error().describe();
  }
  /// Every client's message, for failed expectations.
  std::string messages() const;
  const TrainingReporter& reporter(int client) const {
    return *reporters_.at(static_cast<std::size_t>(client));
  }
  std::filesystem::path folder(int client) const { return root_ / std::to_string(client); }
  /// Puts text in the place of a data set's file, and its size into dataset.json.
  void replace_file(int client, const std::string& name, const std::string& text);
  /// Puts another table in the place of a party's data set, with as many test rows.
  void replace_data(int client, PartyData data, std::size_t test_rows);
  void set_alignment_id(int client, const std::string& hex) { alignment_ids_[client] = hex; }

  /// Frames that `to` received, in the order of their sending.
  struct Sent {
    int from, to;
    v1::Frame frame;
  };
  std::vector<Sent> sent() const;

  /// The model's parameters, opened: layer by layer (fan_in + 1) × fan_out.
  std::vector<std::vector<double>> opened_model() const;

 private:
  task::TaskFile task_file(int client) const;
  std::filesystem::path task_path(int client) const { return folder(client) / task_folder; }
  Status run_role(Context& context, int client) const;
  void write_data_set(int client) const;
  void describe_data_set(int client) const;
  void append_plain_layers(std::vector<std::vector<double>>& model) const;
  const PartyData& data_of(int client) const { return parties_.at(party_of_.at(client)); }

  pai::test::TempFolder root_;
  std::vector<PartyData> parties_;
  std::map<int, std::size_t> party_of_;  // by client
  std::map<int, std::size_t> test_rows_;
  int label_ = 0;
  std::map<int, std::string> alignment_ids_;
  std::vector<Status> statuses_;
  std::vector<std::unique_ptr<TrainingReporter>> reporters_;
  mutable std::mutex wire_mutex_;
  std::vector<Sent> sent_;
};

}  // namespace pai::client::nn::test
