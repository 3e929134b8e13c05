#include "node/used_dataset.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <sys/stat.h>

#include "common/base/text.h"
#include "common/json/strict_json.h"
#include "common/task/fields.h"

namespace pai::node {
namespace {

// It names each column of a table.
constexpr std::size_t kDescriptionBytesMax = std::size_t{64} << 20;
constexpr std::size_t kColumnsMax = 1'000'000;
constexpr std::size_t kColumnBytesMax = std::size_t{1} << 20;
constexpr std::size_t kAlignmentIdBytesMax = 64;
constexpr std::size_t kFilesMax = 64;

struct File {
  std::string name;
  std::uint64_t bytes = 0;
};

/// What dataset.json says, as far as a training needs it.
struct Description {
  std::string alignment_id;
  std::vector<std::string> columns;
  std::uint64_t train_rows = 0;
  std::uint64_t test_rows = 0;
  std::vector<File> files;
  std::string source_raw, source_sha256;
};

Error fault(const std::string& setting, std::string message, std::string hint = {}) {
  Error error(ErrorCode::kInvalid, message);
  if (!hint.empty()) error = std::move(error).with_hint(std::move(hint));
  return std::move(error).with_detail(
      {ErrorDetail::Kind::kPath, "client_config." + setting, std::move(message)});
}

Result<Description> description_from(const nlohmann::json& document) {
  task::Faults faults;
  task::Fields fields(document, "", faults);
  Description read;
  read.alignment_id = fields.hex("alignment_id", kAlignmentIdBytesMax);
  if (read.alignment_id.empty()) fields.fault("alignment_id", "is empty");
  read.columns = fields.texts("columns", kColumnsMax, kColumnBytesMax);
  task::Fields rows(fields.object("rows"), fields.path_of("rows"), faults);
  read.train_rows = rows.count("train");
  read.test_rows = rows.count("test");
  // Absent in data sets of earlier releases.
  if (fields.optional("source") != nullptr) {
    task::Fields source(fields.object("source"), fields.path_of("source"), faults);
    read.source_raw = source.text("raw_data_path", kColumnBytesMax);
    read.source_sha256 = source.text("sha256", kAlignmentIdBytesMax);
  }
  const auto& files = fields.object("files");
  if (files.is_object() && files.size() <= kFilesMax) {
    for (const auto& [name, entry] : files.items()) {
      task::Fields file(entry, fields.path_of("files." + printable(name, 60)), faults);
      read.files.push_back({name, file.count("bytes")});
    }
  } else {
    fields.fault("files", "is not an object of at most 64 files");
  }
  if (!faults.none()) return std::move(faults).to_error("dataset.json");
  return read;
}

Result<Description> read_description(const io::Root& datasets, const std::string& path) {
  const auto text = datasets.read(path + "/dataset.json", kDescriptionBytesMax);
  if (!text.ok()) {
    PAI_ASSIGN(const bool there, datasets.exists(path));
    if (!there) {
      return fault("data_path", "there is no data set '" + printable(path) + "' at this node",
                   "an alignment leaves one at its out_data_path; data_path is relative to the node's "
                   "datasets folder");
    }
    return fault("data_path", "'" + printable(path) + "' is no data set: " +
                                  (text.error().code() == ErrorCode::kNotFound ? "it has no dataset.json"
                                                                               : text.error().message()));
  }
  const auto document = json::parse(*text, {.bytes_max = kDescriptionBytesMax});
  if (!document.ok()) {
    return fault("data_path",
                 "dataset.json of '" + printable(path) + "' is unreadable: " + document.error().message());
  }
  auto read = description_from(*document);
  if (!read.ok()) {
    return fault("data_path",
                 "dataset.json of '" + printable(path) + "' is unreadable: " + read.error().message());
  }
  return read;
}

/// The file stands there with the size that dataset.json says. Its content is as good as the owner's word: a
/// hash of it at each check would take minutes for large sets, and the client finds what is no number.
Status check_file(const io::Root& datasets, const std::string& path, const File& file) {
  const auto opened = datasets.open_file(path + "/" + file.name);
  const std::string what = "file '" + printable(file.name) + "' of data set '" + printable(path) + "'";
  if (!opened.ok()) return fault("data_path", what + " cannot be read: " + opened.error().message());
  struct stat status {};
  if (::fstat(opened->get(), &status) != 0)
    return fault("data_path", what + " cannot be read: " + errno_message(errno));
  const auto bytes = static_cast<std::uint64_t>(status.st_size);
  if (bytes == file.bytes) return {};
  return fault(
      "data_path",
      what + " has " + with_thousands(bytes) + " bytes, and dataset.json says " + with_thousands(file.bytes),
      "it was changed after the alignment wrote it: run the alignment again");
}

bool is_aligned(const std::string& name) {
  return name.ends_with("_aligned.csv");
}

/// What a training, or a prediction, reads.
Result<std::vector<File>> needed_files(const Description& description, const std::string& path,
                                       bool predicts) {
  std::vector<File> needed;
  for (const auto& file : description.files) {
    const bool is_part = file.name == "train.csv" || file.name == "test.csv";
    if (predicts ? is_aligned(file.name) : is_part) needed.push_back(file);
  }
  if (predicts && needed.empty()) {
    return fault("data_path",
                 "data set '" + printable(path) + "' has no aligned file, which a prediction reads");
  }
  if (!predicts && needed.size() != 2) {
    return fault("data_path", "data set '" + printable(path) + "' has no train.csv and test.csv");
  }
  return needed;
}

/// The columns that the client uses; names and positions within the data set's own columns.
Result<std::vector<std::string>> used_columns(const Description& description, const std::string& path,
                                   const task::ClientSpec& self) {
  const auto asked = self.settings.find("columns");
  if (asked == self.settings.end()) return description.columns;
  const auto& names = description.columns;
  std::vector<ErrorDetail> details;
  std::vector<std::size_t> used;
  for (std::size_t i = 0; i < asked->size(); ++i) {
    const auto& column = (*asked)[i];
    const auto note = [&](std::string message) {
      details.push_back(
          {ErrorDetail::Kind::kPath, json::element_path("client_config.columns", i), std::move(message)});
    };
    std::size_t position = 0;
    if (column.is_string()) {
      const auto& name = column.get_ref<const std::string&>();
      const auto found = std::find(names.begin(), names.end(), name);
      if (found == names.end()) {
        std::string message =
            "\"" + printable(name, 60) + "\" is no column of data set '" + printable(path) + "'";
        const std::vector<std::string_view> known(names.begin(), names.end());
        if (const auto near = nearest(name, known))
          message += "; did you mean \"" + printable(*near, 60) + "\"?";
        note(std::move(message));
        continue;
      }
      position = static_cast<std::size_t>(found - names.begin());
    } else {
      position = column.get<std::size_t>();
      if (position >= names.size()) {
        note(std::to_string(position) + " is no column of data set '" + printable(path) + "', which has " +
             std::to_string(names.size()) + " (from 0)");
        continue;
      }
    }
    if (std::find(used.begin(), used.end(), position) != used.end()) {
      note("names the column \"" + printable(names[position], 60) + "\", which is in the list already");
    }
    used.push_back(position);
  }
  if (details.empty()) {
    std::vector<std::string> used_names;
    used_names.reserve(used.size());
    for (const std::size_t position : used) used_names.push_back(names[position]);
    return used_names;
  }
  std::string message = details.front().message;
  return Error(ErrorCode::kInvalid, std::move(message)).with_details(std::move(details));
}

}  // namespace

std::string data_path_of(const task::ClientSpec& self) {
  const auto found = self.settings.find("data_path");
  return found != self.settings.end() && found->is_string() ? found->get<std::string>() : "";
}

Result<std::optional<UsedDataset>> check_dataset(const io::Root& datasets, const task::TaskSpec& spec,
                                                 const task::ClientSpec& self) {
  const std::string path = data_path_of(self);
  if (path.empty()) return std::optional<UsedDataset>();
  PAI_ASSIGN(const auto description, read_description(datasets, path));
  const auto mode = spec.main_client().settings.find("mode");
  const bool predicts = mode != spec.main_client().settings.end() && *mode == "predict";
  PAI_ASSIGN(const auto files, needed_files(description, path, predicts));
  for (const auto& file : files) PAI_TRY(check_file(datasets, path, file));
  UsedDataset used;
  PAI_ASSIGN(used.column_names, used_columns(description, path, self));
  used.columns = used.column_names.size();
  used.source_raw = description.source_raw;
  used.source_sha256 = description.source_sha256;
  used.data_path = path;
  used.alignment_id = description.alignment_id;
  used.train_rows = description.train_rows;
  used.test_rows = description.test_rows;
  return std::optional<UsedDataset>(std::move(used));
}

nlohmann::json to_json(const std::optional<UsedDataset>& dataset) {
  if (!dataset) return nullptr;
  return {{"data_path", dataset->data_path},
          {"alignment_id", dataset->alignment_id},
          {"train_rows", dataset->train_rows},
          {"test_rows", dataset->test_rows},
          {"columns", dataset->columns}};
}

}  // namespace pai::node
