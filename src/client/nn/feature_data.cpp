#include "client/nn/feature_data.h"

#include "client/nn/data/read_table.h"
#include "common/base/text.h"

namespace pai::client::nn {

namespace {

ReadProgress progress_of(Context& context) {
  return [&reporter = context.reporter, last = std::uint64_t{0}](std::uint64_t rows, std::uint64_t) mutable -> Status {
    reporter.advance(rows - last);
    last = rows;
    return {};
  };
}

Result<LargeWords> encode(Context& context, const Normalisation& normalisation, const NumericTable& table) {
  PAI_ASSIGN(auto words, room_for(context, table.rows, table.width()));
  normalisation.encode(table.values, ring::as_matrix(words.words(), table.rows, table.width()));
  return words;
}

}  // namespace

nlohmann::json FeatureData::description() const {
  return {{"alignment_id", alignment_id},
          {"columns", columns},
          {"schema_hash", DataSet::schema_hash(columns)},
          {"normalisation", normalisation.to_json()}};
}

Result<FeatureData> read_for_training(Context& context, const DataSettings& own) {
  PAI_ASSIGN(const auto set, DataSet::open(context.datasets, own.data_path));
  PAI_ASSIGN(const auto columns, set.select_columns(own.columns));
  context.reporter.phase("read", set.rows(), "rows");
  PAI_ASSIGN(const auto train, read_part(context.datasets, set, Part::kTrain, columns, progress_of(context)));
  PAI_ASSIGN(const auto method, Normalisation::method_from(own.normalize));
  PAI_ASSIGN(auto normalisation, Normalisation::fit(method, train));
  PAI_ASSIGN(auto train_words, encode(context, normalisation, train));
  PAI_ASSIGN(const auto test, read_part(context.datasets, set, Part::kTest, columns, progress_of(context)));
  PAI_ASSIGN(auto test_words, encode(context, normalisation, test));
  return FeatureData{set.alignment_id(), set.names_of(columns), std::move(normalisation), set.train_rows(),
                     set.test_rows(),    {std::move(train_words), std::move(test_words)}};
}

Result<FeatureData> read_for_prediction(Context& context, const DataSettings& own, const nlohmann::json& model_part) {
  PAI_ASSIGN(auto normalisation, Normalisation::from_json(model_part.value("normalisation", nlohmann::json())));
  const auto names = normalisation.names();
  PAI_ASSIGN(const auto set, DataSet::open(context.datasets, own.data_path));
  // The model's columns by name, whatever stands where in this data set.
  std::vector<csv::ColumnRequest::Column> wanted(names.begin(), names.end());
  PAI_ASSIGN(const auto columns, set.select_columns(wanted));
  context.reporter.phase("read", set.rows(), "rows");
  PAI_ASSIGN(const auto rows, read_aligned(context.datasets, set, columns, progress_of(context)));
  PAI_ASSIGN(auto words, encode(context, normalisation, rows.values));
  return FeatureData{set.alignment_id(), names, std::move(normalisation), 0, set.rows(), {LargeWords(), std::move(words)}};
}

Result<std::string> alignment_bytes(const std::string& hex) {
  const auto bytes = from_hex(hex);
  if (!bytes || bytes->size() != 32) {
    return Error(ErrorCode::kInvalid, "the data set's alignment id is not 64 hexadecimal digits: dataset.json was changed");
  }
  return std::string(bytes->begin(), bytes->end());
}

}  // namespace pai::client::nn
