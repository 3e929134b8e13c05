#pragma once

#include <string>
#include <vector>

#include "client/nn/core/normalisation.h"
#include "client/nn/data/data_set.h"
#include "client/nn/session.h"

namespace pai::client::nn {

/// A feature client's columns, ready for training: normalised by its training rows, as words.
struct FeatureData {
  std::string alignment_id;  ///< lower-case hex
  std::vector<std::string> columns;
  Normalisation normalisation;
  std::uint64_t train_rows = 0, test_rows = 0;
  OwnRows words;

  /// For the party's part of the model.
  nlohmann::json description() const;
};

/// Reads train.csv and test.csv of the data set. kInvalid with file, line and column for what is no number; what Normalisation refuses.
Result<FeatureData> read_for_training(Context& context, const DataSettings& own);
/// Reads all aligned rows, with the columns and the normalisation of a model's part; they are the `test` words. kInvalid when the data set
/// lacks a column of the model.
Result<FeatureData> read_for_prediction(Context& context, const DataSettings& own, const nlohmann::json& model_part);

/// The 32 bytes of an alignment id in hex; kInvalid when it isn't one.
Result<std::string> alignment_bytes(const std::string& hex);

}  // namespace pai::client::nn
