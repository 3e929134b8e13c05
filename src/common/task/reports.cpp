#include "common/task/reports.h"

#include <limits>
#include <utility>

#include "common/base/text.h"
#include "common/task/draft.h"
#include "common/task/fields.h"
#include "common/task/test_record.h"
#include "common/task/validate.h"

namespace pai::task {
namespace {

constexpr std::size_t kWordBytesMax = 64;        // a phase, a unit
constexpr std::size_t kReasonBytesMax = 4096;
constexpr std::size_t kRunIdBytesMax = 128;
constexpr std::size_t kFilesMax = 64;
constexpr std::size_t kFileNameBytesMax = 4096;
constexpr std::size_t kColumnsMax = 1'000'000;
constexpr std::size_t kColumnBytesMax = 1 << 20;
constexpr std::size_t kAlignmentIdBytesMax = 64;
constexpr double kSecondsMax = 1e12;             // some 30,000 years: a clock that says more is broken
constexpr double kPerSecondMax = 1e18;
constexpr int kExitCodeMax = 255;
constexpr int kSignalMax = 64;

/// Reasons carry outside text (a file's name, a peer's words): what is written must be what the decoder takes.
std::string reason_text(const std::string& reason) {
  const bool plain = reason.size() <= kReasonBytesMax && !invalid_utf8_at(reason) && !has_control_character(reason);
  return plain ? reason : printable(reason, kReasonBytesMax - 16);
}

template <class T>
nlohmann::json or_null(const std::optional<T>& value) {
  return value ? nlohmann::json(*value) : nlohmann::json(nullptr);
}

nlohmann::json dataset_or_null(const std::optional<DatasetSummary>& dataset) {
  return dataset ? to_json(*dataset) : nlohmann::json(nullptr);
}

nlohmann::json record_or_null(const std::optional<RecordSummary>& record) {
  if (!record) return nullptr;
  return {{"columns", record->columns}, {"rows", record->rows}, {"latest", row_to_json(record->latest)}};
}

Progress read_progress(const nlohmann::json& document, std::string path, Faults& faults) {
  Fields fields(document, std::move(path), faults);
  Progress progress;
  progress.phase = fields.text("phase", kWordBytesMax);
  progress.done = fields.count("done");
  progress.total = fields.count("total");
  progress.unit = fields.text("unit", kWordBytesMax);
  progress.seconds_left = fields.optional_number("seconds_left", 0, kSecondsMax);
  progress.per_second = fields.optional_number("per_second", 0, kPerSecondMax);
  return progress;
}

DatasetSummary read_dataset(const nlohmann::json& document, std::string path, Faults& faults) {
  Fields fields(document, std::move(path), faults);
  DatasetSummary dataset;
  dataset.out_data_path = fields.text("out_data_path", kFileNameBytesMax);
  if (auto status = check_relative_path(dataset.out_data_path); !status.ok()) {
    fields.fault("out_data_path", status.error().message());
  }
  dataset.files = fields.texts("files", kFilesMax, kFileNameBytesMax);
  for (const auto& file : dataset.files) {
    if (auto status = check_relative_path(file); !status.ok()) fields.fault("files", status.error().message());
  }
  dataset.columns = fields.texts("columns", kColumnsMax, kColumnBytesMax);
  dataset.train_rows = fields.count("train_rows");
  dataset.test_rows = fields.count("test_rows");
  dataset.alignment_id = fields.hex("alignment_id", kAlignmentIdBytesMax);
  return dataset;
}

std::optional<DatasetSummary> read_optional_dataset(Fields& fields) {
  const auto* dataset = fields.optional("dataset");
  if (dataset == nullptr) return std::nullopt;
  return read_dataset(*dataset, fields.path_of("dataset"), fields.faults());
}

std::optional<RecordSummary> read_optional_record(Fields& outer) {
  const auto* document = outer.optional("record");
  if (document == nullptr) return std::nullopt;
  Fields fields(*document, outer.path_of("record"), outer.faults());
  RecordSummary record;
  record.columns = fields.texts("columns", kRecordColumnsMax, kWordBytesMax);
  record.rows = fields.count("rows");
  const auto& latest = fields.object("latest");
  auto row = row_from_json(latest);
  if (!row.ok()) {
    fields.fault("latest", row.error().message());
  } else if (row->size() != (record.rows == 0 ? 0 : record.columns.size())) {
    fields.fault("latest", "has " + std::to_string(row->size()) + " values, not one a column");
  } else {
    record.latest = std::move(*row);
  }
  return record;
}

nlohmann::json usage_or_null(const std::optional<Usage>& usage) {
  if (!usage) return nullptr;
  auto phases = nlohmann::json::array();
  for (const auto& each : usage->phases) phases.push_back({{"phase", each.phase}, {"seconds", each.seconds}});
  auto peers = nlohmann::json::array();
  for (const auto& each : usage->peers) {
    peers.push_back({{"client", each.client},
                     {"sent_bytes", each.sent_bytes},
                     {"sent_messages", each.sent_messages},
                     {"received_bytes", each.received_bytes},
                     {"received_messages", each.received_messages},
                     {"rounds", each.rounds},
                     {"wait_seconds", each.wait_seconds}});
  }
  return {{"memory_peak_bytes", usage->memory_peak_bytes},
          {"cpu_seconds", usage->cpu_seconds},
          {"phases", std::move(phases)},
          {"peers", std::move(peers)}};
}

/// The elements of an array member that are objects; a fault when it is none, or longer than `elements_max`.
const nlohmann::json& elements(Fields& fields, std::string_view key, std::size_t elements_max) {
  static const nlohmann::json kNone = nlohmann::json::array();
  const auto* list = fields.optional(key);
  if (list != nullptr && list->is_array() && list->size() <= elements_max) return *list;
  fields.fault(key, "is no list of at most " + std::to_string(elements_max) + " elements");
  return kNone;
}

std::optional<Usage> read_optional_usage(Fields& outer) {
  const auto* document = outer.optional("usage");
  if (document == nullptr) return std::nullopt;
  Fields fields(*document, outer.path_of("usage"), outer.faults());
  Usage usage;
  usage.memory_peak_bytes = fields.count("memory_peak_bytes");
  usage.cpu_seconds = fields.number("cpu_seconds", 0, kSecondsMax);
  for (const auto& element : elements(fields, "phases", kUsagePhasesMax)) {
    Fields each(element, fields.path_of("phases"), fields.faults());
    usage.phases.push_back({each.text("phase", kWordBytesMax), each.number("seconds", 0, kSecondsMax)});
  }
  for (const auto& element : elements(fields, "peers", kClientsMax)) {
    Fields each(element, fields.path_of("peers"), fields.faults());
    usage.peers.push_back({.client = static_cast<int>(each.integer("client", 0, static_cast<int>(kClientsMax) - 1)),
                           .sent_bytes = each.count("sent_bytes"),
                           .sent_messages = each.count("sent_messages"),
                           .received_bytes = each.count("received_bytes"),
                           .received_messages = each.count("received_messages"),
                           .rounds = each.count("rounds"),
                           .wait_seconds = each.number("wait_seconds", 0, kSecondsMax)});
  }
  return usage;
}

std::optional<std::uint64_t> read_optional_count(Fields& fields, std::string_view key) {
  return fields.optional(key) == nullptr ? std::nullopt : std::optional(fields.count(key));
}

std::optional<int> read_optional_int(Fields& fields, std::string_view key, int min, int max) {
  const auto number = fields.optional_integer(key, min, max);
  return number ? std::optional<int>(static_cast<int>(*number)) : std::nullopt;
}

ClientState read_state(Fields& fields) {
  const auto name = fields.text("state", kWordBytesMax);
  const auto state = client_state_from_name(name);
  if (!state && !name.empty()) fields.fault("state", in_quotes(name) + " is no client state");
  return state.value_or(ClientState::kCreated);
}

/// States that a client can say of itself.
bool is_own_account(ClientState state) { return state == ClientState::kRunning || is_terminal(state); }

}  // namespace

nlohmann::json to_json(const Progress& progress) {
  return {{"phase", progress.phase},
          {"done", progress.done},
          {"total", progress.total},
          {"unit", progress.unit},
          {"seconds_left", or_null(progress.seconds_left)},
          {"per_second", or_null(progress.per_second)}};
}

nlohmann::json to_json(const DatasetSummary& dataset) {
  return {{"out_data_path", dataset.out_data_path},
          {"files", dataset.files},
          {"columns", dataset.columns},
          {"train_rows", dataset.train_rows},
          {"test_rows", dataset.test_rows},
          {"alignment_id", dataset.alignment_id}};
}

nlohmann::json to_json(const ClientReport& report) {
  return {{"run_id", report.run_id},
          {"state", client_state_name(report.state)},
          {"progress", to_json(report.progress)},
          {"reason", reason_text(report.reason)},
          {"blames", or_null(report.blames)},
          {"process",
           {{"boot_id", report.process.boot_id},
            {"pid", report.process.pid},
            {"start_time", report.process.start_time}}},
          {"dataset", dataset_or_null(report.dataset)},
          {"n_batches", or_null(report.n_batches)},
          {"record", record_or_null(report.record)},
          {"usage", usage_or_null(report.usage)}};
}

nlohmann::json to_json(const ClientStatus& status) {
  return {{"task_name", status.task_name},
          {"client", status.client},
          {"state", client_state_name(status.state)},
          {"run_id", status.run_id},
          {"progress", to_json(status.progress)},
          {"reason", reason_text(status.reason)},
          {"blames", or_null(status.blames)},
          {"exit_code", or_null(status.exit_code)},
          {"signal", or_null(status.signal)},
          {"dataset", dataset_or_null(status.dataset)},
          {"created_at", status.created_at},
          {"started_at", status.started_at},
          {"ended_at", status.ended_at},
          {"n_batches", or_null(status.n_batches)},
          {"record", record_or_null(status.record)}};
}

Result<DatasetSummary> dataset_from_json(const nlohmann::json& document) {
  Faults faults;
  auto dataset = read_dataset(document, "", faults);
  if (!faults.none()) return std::move(faults).to_error("the data set's description");
  return dataset;
}

Result<ClientReport> report_from_json(const nlohmann::json& document) {
  Faults faults;
  Fields fields(document, "", faults);
  ClientReport report;
  report.run_id = fields.text("run_id", kRunIdBytesMax);
  report.state = read_state(fields);
  if (faults.none() && !is_own_account(report.state)) {
    fields.fault("state", in_quotes(client_state_name(report.state)) + " is not what a client says of itself");
  }
  report.progress = read_progress(fields.object("progress"), fields.path_of("progress"), faults);
  report.reason = fields.text("reason", kReasonBytesMax);
  report.blames = read_optional_int(fields, "blames", 0, static_cast<int>(kClientsMax) - 1);
  Fields process(fields.object("process"), fields.path_of("process"), faults);
  report.process.boot_id = process.text("boot_id", kWordBytesMax);
  report.process.pid = process.integer("pid", 1, std::numeric_limits<std::int32_t>::max());
  report.process.start_time = process.count("start_time");
  report.dataset = read_optional_dataset(fields);
  report.n_batches = read_optional_count(fields, "n_batches");
  report.record = read_optional_record(fields);
  report.usage = read_optional_usage(fields);
  if (!faults.none()) return std::move(faults).to_error("the client's report");
  return report;
}

Result<ClientStatus> status_from_json(const nlohmann::json& document) {
  Faults faults;
  Fields fields(document, "", faults);
  ClientStatus status;
  status.task_name = fields.text("task_name", kFileNameBytesMax);
  if (auto name = check_task_name(status.task_name); !name.ok()) fields.fault("task_name", name.error().message());
  status.client = static_cast<int>(fields.integer("client", 0, static_cast<int>(kClientsMax) - 1));
  status.state = read_state(fields);
  status.run_id = fields.text("run_id", kRunIdBytesMax);
  status.progress = read_progress(fields.object("progress"), fields.path_of("progress"), faults);
  status.reason = fields.text("reason", kReasonBytesMax);
  status.blames = read_optional_int(fields, "blames", 0, static_cast<int>(kClientsMax) - 1);
  status.exit_code = read_optional_int(fields, "exit_code", 0, kExitCodeMax);
  status.signal = read_optional_int(fields, "signal", 1, kSignalMax);
  status.dataset = read_optional_dataset(fields);
  status.created_at = fields.number("created_at", 0, kSecondsMax);
  status.started_at = fields.number("started_at", 0, kSecondsMax);
  status.ended_at = fields.number("ended_at", 0, kSecondsMax);
  status.n_batches = read_optional_count(fields, "n_batches");
  status.record = read_optional_record(fields);
  if (!faults.none()) return std::move(faults).to_error("the client's status");
  return status;
}

}  // namespace pai::task
