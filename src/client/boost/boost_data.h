#pragma once

#include <string>
#include <vector>

#include "client/boost/core/bins.h"
#include "client/nn/training_settings.h"
#include "client/runtime/context.h"

namespace pai::client::boost {

/// A feature client's columns as bins.
struct BoostData {
  std::string alignment_id;  ///< lower-case hex
  BinEdges edges;
  std::uint64_t train_rows = 0, test_rows = 0;
  std::vector<std::uint8_t> bins;  ///< rows × features, train rows first
};

/// Reads train.csv and test.csv of the data set; empty cells are missing values. kInvalid with file, line and column for what is no number.
Result<BoostData> read_for_training(Context& context, const nn::DataSettings& own, std::size_t bins);
/// Reads all aligned rows with the columns and edges of a model's part; they are test rows. kInvalid when the data set lacks a column.
Result<BoostData> read_for_prediction(Context& context, const nn::DataSettings& own, const nlohmann::json& model_part);

}  // namespace pai::client::boost
