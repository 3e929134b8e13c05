#include "client/boost/boost_data.h"

#include "client/nn/data/data_set.h"
#include "client/nn/data/read_table.h"

namespace pai::client::boost {

namespace {

nn::ReadProgress progress_of(Context& context) {
  return [&reporter = context.reporter, last = std::uint64_t{0}](std::uint64_t rows, std::uint64_t) mutable -> Status {
    reporter.advance(rows - last);
    last = rows;
    return {};
  };
}

}  // namespace

Result<BoostData> read_for_training(Context& context, const nn::DataSettings& own, std::size_t bins) {
  PAI_ASSIGN(const auto set, nn::DataSet::open(context.datasets, own.data_path));
  PAI_ASSIGN(const auto columns, set.select_columns(own.columns));
  context.reporter.phase("read", set.rows(), "rows");
  constexpr auto kEmpty = nn::EmptyCells::kMissing;
  PAI_ASSIGN(const auto train, nn::read_part(context.datasets, set, nn::Part::kTrain, columns, progress_of(context), kEmpty));
  BoostData data{set.alignment_id(), BinEdges::fit(train, bins), set.train_rows(), set.test_rows(), {}};
  data.bins = data.edges.encode(train);
  PAI_ASSIGN(const auto test, nn::read_part(context.datasets, set, nn::Part::kTest, columns, progress_of(context), kEmpty));
  const auto test_bins = data.edges.encode(test);
  data.bins.insert(data.bins.end(), test_bins.begin(), test_bins.end());
  return data;
}

Result<BoostData> read_for_prediction(Context& context, const nn::DataSettings& own, const nlohmann::json& model_part) {
  PAI_ASSIGN(auto edges, BinEdges::from_json(model_part.value("bins", nlohmann::json())));
  PAI_ASSIGN(const auto set, nn::DataSet::open(context.datasets, own.data_path));
  // The model's columns by name, whatever stands where in this data set.
  std::vector<csv::ColumnRequest::Column> wanted(edges.names().begin(), edges.names().end());
  PAI_ASSIGN(const auto columns, set.select_columns(wanted));
  context.reporter.phase("read", set.rows(), "rows");
  PAI_ASSIGN(const auto rows, nn::read_aligned(context.datasets, set, columns, progress_of(context), nn::EmptyCells::kMissing));
  auto bins = edges.encode(rows.values);
  return BoostData{set.alignment_id(), std::move(edges), 0, set.rows(), std::move(bins)};
}

}  // namespace pai::client::boost
