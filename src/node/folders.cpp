#include "node/folders.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <system_error>
#include <utility>

#include "common/json/strict_json.h"
#include "common/task/roc.h"
#include "common/task/sha256.h"
#include "common/task/test_record.h"
#include "common/task/validate.h"

namespace pai::node {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTaskFile = "task.json";
constexpr std::string_view kStateFile = "state.json";
// What a training, or a prediction, leaves in its folder.
constexpr std::array<std::string_view, 5> kTrainingFiles = {"checkpoint", "model", task::kRecordFileName, task::kRocFileName, "predictions.csv"};
// The summary of a data set names each of its columns.
constexpr std::size_t kStateBytesMax = std::size_t{64} << 20;
constexpr std::size_t kTaskBytesMax = std::size_t{64} << 20;
constexpr std::size_t kLedgerBytesMax = std::size_t{1} << 30;
constexpr std::size_t kLedgerNameDigits = 16;
// As io::Root::write_atomically names what it has not renamed yet.
constexpr std::string_view kTemporaryPrefix = ".tmp-";

std::string within(const ClientKey& key, std::string_view file) {
  return key.folder() + "/" + std::string(file);
}

std::string text_of(const task::TaskFile& file) {
  return task::to_json(file).dump(2) + "\n";
}

/// One atomic step between two folders of one file system; kNotFound and kConflict as they are.
Status move(const io::Root& from, const io::Root& to, const std::string& name) {
  if (::renameat2(from.fd(), name.c_str(), to.fd(), name.c_str(), RENAME_NOREPLACE) == 0) return {};
  const int fault = errno;
  const std::string what =
      "cannot move '" + name + "' from '" + from.path().string() + "' to '" + to.path().string() + "'";
  if (fault == EEXIST || fault == ENOTEMPTY) return Error(ErrorCode::kConflict, what + ": the name is taken");
  return errno_error(what, fault);
}

Result<std::set<std::string>> names_in(const fs::path& folder) {
  std::set<std::string> names;
  std::error_code fault;
  for (fs::directory_iterator at(folder, fault), end; !fault && at != end; at.increment(fault)) {
    names.insert(at->path().filename().string());
  }
  if (fault) return Error(ErrorCode::kIo, "cannot list '" + folder.string() + "': " + fault.message());
  return names;
}

Status check_same_file_system(const io::Root& tasks, const io::Root& staging) {
  struct stat a {
  }, b{};
  if (::fstat(tasks.fd(), &a) != 0 || ::fstat(staging.fd(), &b) != 0) {
    return errno_error("cannot look at tasks_dir and staging_dir", errno);
  }
  if (a.st_dev != b.st_dev) {
    return Error(ErrorCode::kInvalid, "tasks_dir and staging_dir are on different file systems")
        .with_hint("a commit is one rename from one to the other");
  }
  return {};
}

Result<task::ClientReport> read_report(const io::Root& tasks, const std::string& folder) {
  PAI_ASSIGN(const std::string text, tasks.read(folder + "/" + std::string(kStateFile), kStateBytesMax));
  PAI_ASSIGN(const auto document, json::parse(text, {.bytes_max = kStateBytesMax}));
  return task::report_from_json(document);
}

}  // namespace

std::string output_staging_path(const ClientKey& key) {
  return std::string(kOutputStaging) + "/" + key.folder();
}

std::optional<ClientKey> key_of_folder(const std::string& folder) {
  const auto dash = folder.rfind('-');
  if (dash == std::string::npos) return std::nullopt;
  ClientKey key{folder.substr(0, dash), 0};
  const char* const end = folder.data() + folder.size();
  const auto [stop, fault] = std::from_chars(folder.data() + dash + 1, end, key.client);
  if (fault != std::errc() || stop != end || key.client < 0 || key.folder() != folder) return std::nullopt;
  if (!task::check_task_name(key.task_name).ok()) return std::nullopt;
  return key;
}

Result<Folders> Folders::open(const Settings& settings) {
  PAI_ASSIGN(auto raw, io::Root::open(settings.raw_dir, true));
  PAI_ASSIGN(auto datasets, io::Root::open(settings.datasets_dir, true));
  PAI_ASSIGN(auto tasks, io::Root::open(settings.tasks_dir, true));
  PAI_ASSIGN(auto staging, io::Root::open(settings.staging_dir, true));
  PAI_TRY(check_same_file_system(tasks, staging));
  PAI_TRY(datasets.make_folders(kOutputStaging));
  PAI_ASSIGN(auto ledgers, io::Root::open(settings.data_dir / "ledgers", true));
  return Folders(std::move(raw), std::move(datasets), std::move(tasks), std::move(staging), std::move(ledgers));
}

Status Folders::stage(const ClientKey& key, const task::TaskFile& file) const {
  PAI_TRY(staging_.make_folders(key.folder()));
  return staging_.write_atomically(within(key, kTaskFile), text_of(file), /*durable=*/false);
}

bool Folders::has_task_file(const ClientKey& key) const {
  const auto file = tasks_.open_file(within(key, kTaskFile));
  struct stat status {};
  // After a loss of power a file may have its name and none of its bytes.
  return file.ok() && ::fstat(file->get(), &status) == 0 && status.st_size > 0;
}

Status Folders::commit(const ClientKey& key) const {
  Status moved = move(staging_, tasks_, key.folder());
  if (!moved.ok() && moved.error().code() == ErrorCode::kNotFound) {
    PAI_ASSIGN(const bool there, tasks_.exists(within(key, kTaskFile)));
    if (there) return {};
  }
  // No fsync: node.db says that it is committed, and recovery writes a folder anew that the disk lost.
  return moved;
}

Status Folders::uncommit(const ClientKey& key) const {
  return move(tasks_, staging_, key.folder());
}

Status Folders::begin_run(const ClientKey& key, const task::TaskFile& file) const {
  PAI_TRY(tasks_.make_folders(key.folder()));
  PAI_TRY(tasks_.remove_tree(within(key, kStateFile)));
  if (!file.node.resume) {
    for (const auto left : kTrainingFiles) PAI_TRY(tasks_.remove_tree(within(key, left)));
  }
  // node.db has everything to write it again: no need to wait for the disk.
  return tasks_.write_atomically(within(key, kTaskFile), text_of(file), /*durable=*/false);
}

Status Folders::keep_ledger(const ClientKey& key) const {
  const auto ledger = within(key, task::kLedgerFileName);
  PAI_ASSIGN(const bool exists, tasks_.exists(ledger));
  if (!exists) return {};
  PAI_ASSIGN(const auto text, tasks_.read(ledger, kLedgerBytesMax));
  // The content's own name: a removal that is repeated keeps one copy.
  const auto name = key.folder() + "-" + task::sha256_hex(text).substr(0, kLedgerNameDigits) + ".jsonl";
  return ledgers_.write_atomically(name, text);
}

Status Folders::remove(const ClientKey& key) const {
  PAI_TRY(staging_.remove_tree(key.folder()));
  return tasks_.remove_tree(key.folder());
}

Status Folders::remove_staged(const ClientKey& key) const {
  return staging_.remove_tree(key.folder());
}

Status Folders::remove_output_staging(const ClientKey& key) const {
  return datasets_.remove_tree(output_staging_path(key));
}

Result<std::optional<task::ClientReport>> Folders::report(const ClientKey& key,
                                                          const std::string& run_id) const {
  auto report = read_report(tasks_, key.folder());
  if (!report.ok()) {
    if (report.error().code() == ErrorCode::kNotFound) return std::optional<task::ClientReport>();
    return std::move(report).error();
  }
  if (report->run_id != run_id) return std::optional<task::ClientReport>();
  return std::optional<task::ClientReport>(*std::move(report));
}

std::optional<task::ProcessIdentity> Folders::reported_process(const std::string& folder) const {
  const auto report = read_report(tasks_, folder);
  if (!report.ok()) return std::nullopt;
  return report->process;
}

bool Folders::is_ours(const io::Root& root, const ClientKey& key) {
  const auto names = names_in(root.path() / key.folder());
  if (!names.ok()) return false;
  if (!names->contains(std::string(kTaskFile))) {
    return std::all_of(names->begin(), names->end(),
                       [](const std::string& name) { return name.starts_with(kTemporaryPrefix); });
  }
  const auto text = root.read(within(key, kTaskFile), kTaskBytesMax);
  if (!text.ok()) return false;
  // No more than what every version of this program has written there.
  const auto document = json::parse(*text, {.bytes_max = kTaskBytesMax});
  if (!document.ok() || !document->is_object()) return false;
  const auto client = document->find("client");
  const auto shared = document->find("public");
  if (client == document->end() || *client != key.client) return false;
  if (shared == document->end() || !shared->is_object()) return false;
  const auto name = shared->find("task_name");
  return name != shared->end() && *name == key.task_name;
}

std::optional<task::Role> Folders::role_of(const ClientKey& key) const {
  const auto text = tasks_.read(within(key, kTaskFile), kTaskBytesMax);
  if (!text.ok()) return std::nullopt;
  const auto document = json::parse(*text, {.bytes_max = kTaskBytesMax});
  if (!document.ok() || !document->is_object()) return std::nullopt;
  const auto shared = document->find("public");
  if (shared == document->end() || !shared->is_object()) return std::nullopt;
  const auto clients = shared->find("clients");
  const auto index = static_cast<std::size_t>(key.client);
  if (clients == shared->end() || !clients->is_array() || index >= clients->size()) return std::nullopt;
  const auto& own = (*clients)[index];
  const auto role = own.is_object() ? own.find("role") : own.end();
  if (!own.is_object() || role == own.end() || !role->is_string()) return std::nullopt;
  return task::role_from_name(role->get_ref<const std::string&>());
}

Result<std::set<std::string>> Folders::task_folders() const {
  return names_in(tasks_.path());
}
Result<std::set<std::string>> Folders::staged_folders() const {
  return names_in(staging_.path());
}
Result<std::set<std::string>> Folders::output_stagings() const {
  return names_in(datasets_.path() / kOutputStaging);
}

}  // namespace pai::node
