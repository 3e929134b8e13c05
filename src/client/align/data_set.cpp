#include "client/align/data_set.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <cerrno>
#include <ctime>

#include <nlohmann/json.hpp>

#include "common/base/text.h"
#include "common/json/strict_json.h"

namespace pai::client::align {
namespace {

constexpr int kFormat = 1;
constexpr std::size_t kDescriptionBytesMax = std::size_t{16} << 20;

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  char text[32];
  ::gmtime_r(&now, &parts);
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

/// The task that wrote the data set at the path; kConflict when there is something else.
Result<std::string> task_of(const io::Root& datasets, const std::string& path) {
  const Error foreign =
      Error(ErrorCode::kConflict, "out_data_path '" + printable(path) + "' exists and is no data set")
          .with_hint("it is never overwritten: choose another path, or move it away");
  const auto text = datasets.read(path + "/dataset.json", kDescriptionBytesMax);
  if (!text.ok()) return foreign;
  const auto document = json::parse(*text, {.bytes_max = kDescriptionBytesMax});
  if (!document.ok() || !document->is_object()) return foreign;
  const auto name = document->find("task");
  return name != document->end() && name->is_string() ? name->get<std::string>() : std::string();
}

/// Replacing a data set removes its folder: one that holds other folders (data sets below it, perhaps) is
/// left alone.
Result<bool> has_folders(const io::Root& datasets, const std::string& path) {
  PAI_ASSIGN(auto fd, datasets.open_folder(path));
  DIR* const folder = ::fdopendir(fd.get());
  if (folder == nullptr) return errno_error("cannot list '" + printable(path) + "'", errno);
  (void)fd.release();  // closed with the listing
  bool found = false;
  while (const dirent* entry = ::readdir(folder)) {
    const std::string_view name = entry->d_name;
    struct stat status {};
    if (name == "." || name == "..") continue;
    found = found || (::fstatat(::dirfd(folder), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
                      S_ISDIR(status.st_mode));
  }
  ::closedir(folder);
  return found;
}

nlohmann::json file_entry(const WrittenFiles::File& file) {
  return {{"bytes", file.digest.bytes}, {"sha256", to_hex(file.digest.sha256)}};
}

}  // namespace

Result<StagedDataSet> StagedDataSet::create(const task::TaskFile& task, const io::Root& datasets,
                                            const PartySettings& settings) {
  StagedDataSet set(task, datasets, settings);
  PAI_TRY(set.replaces());
  const std::string folder = staging_path(task);
  PAI_TRY(datasets.remove_tree(folder));
  PAI_TRY(datasets.make_folders(folder));
  set.folder_ = folder;
  return set;
}

StagedDataSet::~StagedDataSet() {
  if (datasets_ == nullptr || folder_.empty()) return;
  const std::string& path = settings_->out_data_path;
  if (place_ == Place::kMoved || place_ == Place::kSwapped) {
    const auto undone =
        place_ == Place::kSwapped ? datasets_->exchange(folder_, path) : datasets_->rename(path, folder_);
    if (!undone.ok()) return;  // the staging folder may hold the earlier data set
  }
  // The node removes it too when this client has ended; nothing more can be done about a failure here.
  (void)datasets_->remove_tree(folder_);
}

Result<bool> StagedDataSet::replaces() const {
  const std::string& path = settings_->out_data_path;
  PAI_ASSIGN(const bool there, datasets_->exists(path));
  if (!there) return false;
  PAI_ASSIGN(const std::string owner, task_of(*datasets_, path));
  if (owner != task_->spec.name && !settings_->overwrite) {
    return Error(ErrorCode::kConflict, "out_data_path '" + printable(path) +
                                           "' holds the data set of task '" + printable(owner) + "'")
        .with_hint("choose another out_data_path, or set overwrite to true");
  }
  PAI_ASSIGN(const bool nested, has_folders(*datasets_, path));
  if (nested) {
    return Error(ErrorCode::kConflict, "out_data_path '" + printable(path) +
                                           "' holds other folders, which replacing it would remove")
        .with_hint("choose another path, or move them away");
  }
  return true;
}

Status StagedDataSet::describe(const csv::Layout& layout, const WrittenFiles& files,
                               const std::string& alignment_id) {
  const nlohmann::json document = {
      {"format", kFormat},
      {"task", task_->spec.name},
      {"client", task_->client_id},
      {"alignment_id", alignment_id},
      {"columns", layout.value_names()},
      {"id_columns", layout.id_names()},
      {"source", {{"raw_data_path", settings_->raw_data_path}, {"sha256", task_->node.raw_sha256}}},
      {"rows",
       {{"train", files.train_rows},
        {"test", files.test_rows},
        {"total", files.train_rows + files.test_rows}}},
      {"files",
       {{files.aligned.name, file_entry(files.aligned)},
        {files.train.name, file_entry(files.train)},
        {files.test.name, file_entry(files.test)}}},
      {"created", utc_now()},
  };
  PAI_TRY(datasets_->write_atomically(folder_ + "/dataset.json", document.dump(2) + "\n"));
  return datasets_->sync_folder(folder_);
}

Status StagedDataSet::publish() {
  const std::string& path = settings_->out_data_path;
  const std::string parent = parent_of(path);
  PAI_ASSIGN(const bool replaced, replaces());
  if (parent != ".") PAI_TRY(datasets_->make_folders(parent));
  if (replaced) {
    PAI_TRY(datasets_->exchange(folder_, path));
    place_ = Place::kSwapped;
  } else {
    PAI_TRY(datasets_->rename(folder_, path));
    place_ = Place::kMoved;
  }
  return datasets_->sync_folder(parent);
}

void StagedDataSet::keep() {
  // After a swap the staging folder holds the earlier data set, which the destructor removes.
  if (place_ == Place::kMoved) folder_.clear();
  place_ = Place::kKept;
}

}  // namespace pai::client::align
