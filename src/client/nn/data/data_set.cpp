#include "client/nn/data/data_set.h"

#include <algorithm>
#include <string_view>

#include <nlohmann/json.hpp>

#include "common/base/text.h"
#include "common/csv/file_source.h"
#include "common/json/strict_json.h"
#include "common/task/sha256.h"

namespace pai::client::nn {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kDescriptionBytesMax = std::size_t{16} << 20;
constexpr std::uint64_t kFormat = 1;
constexpr std::string_view kAlignedEnd = "_aligned.csv";
constexpr std::size_t kListedColumns = 12;

/// Reads dataset.json; its errors name the data set.
class Reader {
 public:
  explicit Reader(std::string_view path) : path_(path) {}

  Error error(const std::string& what) const {
    return Error(ErrorCode::kInvalid, "'" + printable(path_, 300) + "' is no data set: " + what)
        .with_hint("data_path names a folder that a finished alignment task wrote (its out_data_path)")
        .with_detail({ErrorDetail::Kind::kFile, std::string(path_) + "/dataset.json", what});
  }
  Error wrong(std::string_view key) const {
    return error("dataset.json has no usable \"" + std::string(key) + "\"");
  }

  Result<std::string> text(const Json& object, const char* key) const {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_string() || found->get_ref<const std::string&>().empty())
      return wrong(key);
    return found->get<std::string>();
  }
  Result<std::uint64_t> number(const Json& object, const char* key) const {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_number_unsigned()) return wrong(key);
    return found->get<std::uint64_t>();
  }
  Result<std::vector<std::string>> names(const Json& object, const char* key) const {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_array()) return wrong(key);
    std::vector<std::string> names;
    for (const auto& name : *found) {
      if (!name.is_string()) return wrong(key);
      names.push_back(name.get<std::string>());
    }
    return names;
  }
  Result<Json> object(const Json& object, const char* key) const {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_object()) return wrong(key);
    return *found;
  }

 private:
  std::string_view path_;
};

std::string in_quotes(std::string_view name) {
  return "'" + printable(name) + "'";
}

std::string what_there_is(const std::vector<std::string>& columns) {
  std::string text = "the data set has ";
  if (columns.empty()) return text + "no columns";
  for (std::size_t i = 0; i < std::min(columns.size(), kListedColumns); ++i)
    text += (i == 0 ? "" : ", ") + in_quotes(columns[i]);
  if (columns.size() > kListedColumns)
    text += " and " + std::to_string(columns.size() - kListedColumns) + " more";
  return text;
}

}  // namespace

Result<DataSet> DataSet::open(const io::Root& datasets, const std::string& path) {
  const Reader reader(path);
  PAI_ASSIGN(const bool there, datasets.exists(path));
  if (!there) {
    return Error(ErrorCode::kNotFound, "data set '" + printable(path, 300) + "' does not exist")
        .with_hint("data_path names a folder that a finished alignment task wrote (its out_data_path)");
  }
  PAI_TRY(datasets.open_folder(path));
  const std::string description = path + "/dataset.json";
  PAI_ASSIGN(const bool described, datasets.exists(description));
  if (!described) return reader.error("it has no dataset.json");
  PAI_ASSIGN(const std::string text, datasets.read(description, kDescriptionBytesMax));
  const auto document = json::parse(text, {.bytes_max = kDescriptionBytesMax});
  if (!document.ok()) return reader.error("dataset.json: " + document.error().message());
  if (!document->is_object()) return reader.error("dataset.json is no object");
  PAI_ASSIGN(const auto format, reader.number(*document, "format"));
  if (format != kFormat) {
    return reader.error("dataset.json has format " + std::to_string(format) + ", this release reads 1");
  }
  DataSet set;
  set.path_ = path;
  PAI_ASSIGN(set.task_, reader.text(*document, "task"));
  PAI_ASSIGN(set.alignment_id_, reader.text(*document, "alignment_id"));
  PAI_ASSIGN(set.columns_, reader.names(*document, "columns"));
  PAI_ASSIGN(set.id_columns_, reader.names(*document, "id_columns"));
  if (set.id_columns_.empty()) return reader.wrong("id_columns");
  PAI_ASSIGN(const auto rows, reader.object(*document, "rows"));
  PAI_ASSIGN(set.train_rows_, reader.number(rows, "train"));
  PAI_ASSIGN(set.test_rows_, reader.number(rows, "test"));
  PAI_ASSIGN(const auto files, reader.object(*document, "files"));
  for (const auto& [name, entry] : files.items()) {
    if (!entry.is_object()) return reader.wrong("files");
    PAI_ASSIGN(set.bytes_[name], reader.number(entry, "bytes"));
    if (name.ends_with(kAlignedEnd)) set.aligned_name_ = name;
  }
  if (set.aligned_name_.empty() || !set.bytes_.contains("train.csv") || !set.bytes_.contains("test.csv"))
    return reader.wrong("files");
  for (const auto& [name, bytes] : set.bytes_) {
    const std::string file = path + "/" + name;
    auto fd = datasets.open_file(file);
    if (!fd.ok()) return std::move(fd).error().in_context("data set '" + printable(path, 300) + "'");
    PAI_ASSIGN(const auto identity, csv::identify(fd->get(), file));
    if (identity.bytes != bytes) {
      return Error(ErrorCode::kInvalid, "'" + printable(file, 300) + "' has " +
                                            with_thousands(identity.bytes) + " bytes; its alignment wrote " +
                                            with_thousands(bytes))
          .with_hint("it was changed after the alignment; run the alignment task again")
          .with_detail({ErrorDetail::Kind::kFile, file, "has another size than dataset.json says"});
    }
  }
  return set;
}

std::uint64_t DataSet::bytes_of(std::string_view name) const {
  const auto found = bytes_.find(name);
  return found == bytes_.end() ? 0 : found->second;
}

std::string DataSet::schema_hash(const std::vector<std::string>& names) {
  return task::sha256_hex(json::canonical(Json(names)));
}

Result<std::vector<std::uint32_t>> DataSet::select_columns(
    const std::optional<std::vector<csv::ColumnRequest::Column>>& wanted) const {
  std::vector<std::uint32_t> selected;
  if (!wanted) {
    for (std::uint32_t i = 0; i < columns_.size(); ++i) selected.push_back(i);
    return selected;
  }
  std::vector<std::string> problems;
  for (const auto& column : *wanted) {
    std::uint64_t position = columns_.size();
    std::string shown;
    if (const auto* const name = std::get_if<std::string>(&column)) {
      shown = in_quotes(*name);
      position =
          static_cast<std::uint64_t>(std::find(columns_.begin(), columns_.end(), *name) - columns_.begin());
      if (position == columns_.size()) {
        const std::vector<std::string_view> names(columns_.begin(), columns_.end());
        const auto near = nearest(*name, names);
        problems.push_back("column " + shown + " is not there" +
                           (near ? "; did you mean " + in_quotes(*near) + "?" : std::string()));
        continue;
      }
    } else {
      position = std::get<std::uint64_t>(column);
      shown = std::to_string(position);
      if (position >= columns_.size()) {
        problems.push_back("column " + shown + " is not there: the data set has " +
                           std::to_string(columns_.size()) +
                           (columns_.size() == 1 ? " column" : " columns, from 0"));
        continue;
      }
    }
    const auto index = static_cast<std::uint32_t>(position);
    if (std::find(selected.begin(), selected.end(), index) != selected.end())
      problems.push_back("column " + shown + " is asked for twice");
    else
      selected.push_back(index);
  }
  if (problems.empty()) return selected;
  std::vector<ErrorDetail> details;
  for (const auto& problem : problems)
    details.push_back({ErrorDetail::Kind::kFile, path_ + "/dataset.json", problem});
  return Error(ErrorCode::kInvalid, "columns of '" + printable(path_, 300) + "': " + problems.front())
      .with_hint(what_there_is(columns_))
      .with_details(std::move(details));
}

std::vector<std::string> DataSet::names_of(const std::vector<std::uint32_t>& columns) const {
  std::vector<std::string> names;
  for (const std::uint32_t column : columns) names.push_back(columns_[column]);
  return names;
}

}  // namespace pai::client::nn
