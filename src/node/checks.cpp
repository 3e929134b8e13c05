#include "node/checks.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>
#include <vector>

#include "common/base/text.h"
#include "common/csv/file_source.h"
#include "common/json/strict_json.h"
#include "node/models.h"

namespace pai::node {
namespace {

/// The aligned table and the two parts of it, each at most as large as the raw file.
constexpr std::uint64_t kOutputFactor = 3;

Error at_path(Error error, const std::string& path) {
  std::vector<ErrorDetail> details{{ErrorDetail::Kind::kPath, path, error.message()}};
  details.insert(details.end(), error.details().begin(), error.details().end());
  return std::move(error).with_details(std::move(details));
}

std::string text_setting(const task::ClientSpec& self, std::string_view name) {
  const auto found = self.settings.find(name);
  return found != self.settings.end() && found->is_string() ? found->get<std::string>() : "";
}

/// The same fault, seen as one of the request: what it names can't be used.
Error as_invalid(const Error& error) {
  Error invalid(ErrorCode::kInvalid, error.message());
  return std::move(std::move(invalid).with_hint(error.hint())).with_details(error.details());
}

Status check_room(const Folders& folders, std::uint64_t raw_bytes) {
  PAI_ASSIGN(const std::uint64_t free, io::free_bytes(folders.datasets().fd()));
  if (raw_bytes <= free / kOutputFactor) return {};
  return at_path(Error(ErrorCode::kConflict, "the node's disk has room for " + with_thousands(free) +
                                                 " bytes, and a table of " + with_thousands(raw_bytes) +
                                                 " bytes may need three times as much"),
                 "client_config.out_data_path");
}

/// Who wrote the data set that lies at the path, as its dataset.json says; nothing when that can't be told.
std::optional<std::string> task_of_dataset(const io::Root& datasets, const std::string& path) {
  const auto text = datasets.read(path + "/dataset.json", std::size_t{4} << 20);
  if (!text.ok()) return std::nullopt;
  const auto document = json::parse(*text, {.bytes_max = std::size_t{4} << 20});
  if (!document.ok() || !document->is_object()) return std::nullopt;
  for (const char* key : {"task", "task_name"}) {
    const auto found = document->find(key);
    if (found != document->end() && found->is_string()) return found->get<std::string>();
  }
  return std::string();
}

}  // namespace

Status check_attempt(const std::string& attempt) {
  constexpr std::size_t kDigitsMax = 64;
  if (!attempt.empty() && attempt.size() <= kDigitsMax && attempt.find_first_not_of("0123456789abcdef") == std::string::npos) return {};
  return Error(ErrorCode::kInvalid, "\"attempt\" must be lower-case hexadecimal, 1 to 64 digits")
      .with_detail({ErrorDetail::Kind::kPath, "attempt", "is no lower-case hexadecimal of 1 to 64 digits"});
}

Error as_own_fault(Error error) {
  if (error.code() != ErrorCode::kNotFound && error.code() != ErrorCode::kDenied) return error;
  Error own(ErrorCode::kIo, error.message());
  return std::move(std::move(own).with_hint(error.hint())).with_details(error.details());
}

std::string out_data_path_of(const task::ClientSpec& self) {
  return text_setting(self, "out_data_path");
}
std::string raw_data_path_of(const task::ClientSpec& self) {
  return text_setting(self, "raw_data_path");
}

bool overwrites(const task::ClientSpec& self) {
  const auto found = self.settings.find("overwrite");
  return found != self.settings.end() && found->is_boolean() && found->get<bool>();
}

Status check_policy(const Settings& settings, const task::TaskSpec& spec, const task::ClientSpec& self) {
  std::vector<ErrorDetail> details;
  if (!settings.computation_ports.contains(self.computation_port)) {
    details.push_back({ErrorDetail::Kind::kPath, "client_config.computation_port",
                       std::to_string(self.computation_port) + " is outside this node's range " +
                           settings.computation_ports.text()});
  }
  const task::ClientSpec& main = spec.main_client();
  const auto found = main.settings.find("min_intersection");
  if (found != main.settings.end() && found->is_number_integer()) {
    const auto least = found->get<std::int64_t>();
    if (least < 0 || static_cast<std::uint64_t>(least) < settings.min_intersection) {
      details.push_back({ErrorDetail::Kind::kPath,
                         "clients[" + std::to_string(main.id) + "].client_config.min_intersection",
                         std::to_string(least) + " is below this node's floor of " +
                             std::to_string(settings.min_intersection)});
    }
  }
  if (details.empty()) return {};
  std::string message =
      "this node's policy refuses the task: " + details.front().where + ": " + details.front().message;
  return Error(ErrorCode::kDenied, std::move(message)).with_details(std::move(details));
}

Status check_data(const Folders& folders, const task::ClientSpec& self) {
  const std::string raw = raw_data_path_of(self);
  if (raw.empty()) return {};
  const auto invalid = [](const Error& error) {
    return at_path(as_invalid(error), "client_config.raw_data_path");
  };
  auto file = folders.raw().open_file(raw);
  if (!file.ok()) return invalid(file.error());
  const auto identity = csv::identify(file->get(), raw);
  if (!identity.ok()) return invalid(identity.error());
  const auto layout = csv::read_layout(file->get(), raw, csv::request_from_settings(self.settings));
  if (!layout.ok()) return invalid(layout.error());
  return check_room(folders, identity->bytes);
}

Status look_at_data(const Folders& folders, FileHashes& hashes, const task::ClientSpec& self,
                    const std::optional<UsedDataset>& dataset, bool hash, policy::Request& request) {
  if (dataset) {
    request.columns = dataset->column_names;
    request.rows = dataset->train_rows + dataset->test_rows;
    request.source = {dataset->source_raw, dataset->source_sha256};
    return {};
  }
  const std::string raw = raw_data_path_of(self);
  if (raw.empty()) return {};
  const auto invalid = [](const Error& error) { return at_path(as_invalid(error), "client_config.raw_data_path"); };
  auto file = folders.raw().open_file(raw);
  if (!file.ok()) return invalid(file.error());
  const auto layout = csv::read_layout(file->get(), raw, csv::request_from_settings(self.settings));
  if (!layout.ok()) return invalid(layout.error());
  request.columns = layout->value_names();
  request.first_column = layout->header.names.front();
  if (!hash) return {};
  auto digest = hashes.sha256(file->get(), raw);
  if (!digest.ok()) return invalid(digest.error());
  request.sha256 = *std::move(digest);
  return {};
}

Status check_output(const Folders& folders, Outputs& outputs, const ClientKey& key,
                    const task::ClientSpec& self, bool has_run) {
  const std::string path = out_data_path_of(self);
  if (path.empty()) return {};
  const std::string where = "client_config.out_data_path";
  const io::Root& datasets = folders.datasets();
  auto there = datasets.exists(path);
  if (!there.ok()) return at_path(as_invalid(there.error()), where);
  if (!*there) outputs.remove_dataset(path);
  if (Status held = outputs.check(path, key, overwrites(self)); !held.ok()) {
    return at_path(std::move(held).error(), where);
  }
  if (::faccessat(datasets.fd(), ".", W_OK | X_OK, AT_EACCESS) != 0) {
    return at_path(as_own_fault(errno_error("the node cannot write data sets", errno)), where);
  }
  if (!*there || outputs.dataset_holder(path)) return {};
  // Something that node.db does not know: copied here, or left by an earlier life of this node.
  const auto task_name = task_of_dataset(datasets, path);
  if (!task_name) {
    return at_path(Error(ErrorCode::kConflict, "out_data_path '" + path + "' exists and is no data set")
                       .with_hint("it is never overwritten: choose another path, or move it away"),
                   where);
  }
  // A run that was killed between publishing and telling may have left it.
  if ((has_run && *task_name == key.task_name) || overwrites(self)) return {};
  return at_path(Error(ErrorCode::kConflict, "out_data_path '" + path + "' holds the data set of task '" +
                                                 printable(*task_name) + "'")
                     .with_hint("choose another out_data_path, or set overwrite to true"),
                 where);
}

Result<Checked> check_all(const Settings& settings, const Folders& folders, Outputs& outputs, const ClientKey& key,
                          const task::TaskSpec& spec, bool has_run,
                          const std::function<std::optional<task::ClientState>(const ClientKey&)>& state_of) {
  const task::ClientSpec& self = spec.clients.at(static_cast<std::size_t>(key.client));
  std::vector<Error> errors;
  const auto note = [&](Status status) {
    if (!status.ok()) errors.push_back(std::move(status).error());
  };
  note(check_policy(settings, spec, self));
  note(check_data(folders, self));
  note(check_output(folders, outputs, key, self, has_run));
  Checked checked;
  auto dataset = check_dataset(folders.datasets(), spec, self);
  if (dataset.ok()) {
    checked.dataset = *std::move(dataset);
  } else {
    errors.push_back(std::move(dataset).error());
  }
  auto model = model_folder(folders, spec, self, state_of);
  if (model.ok()) {
    checked.model_folder = *std::move(model);
  } else {
    errors.push_back(std::move(model).error());
  }
  if (errors.empty()) return checked;
  std::vector<ErrorDetail> details;
  for (const auto& error : errors)
    details.insert(details.end(), error.details().begin(), error.details().end());
  return std::move(errors.front()).with_details(std::move(details));
}

}  // namespace pai::node
