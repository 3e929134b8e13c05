#pragma once

#include <vector>

#include "client/nn/core/plain_network.h"
#include "integration/nn/training_run.h"

namespace pai::client::nn::test {

/// The same training in double precision on the pooled table: same normalisation, batches and initial weights. Returns the network after
/// `batches` batches; `exact` uses the true sigmoid, else the protocol's series.
PlainNetwork train_plain(const std::vector<PartyData>& parties, std::size_t test_rows, const ModelShape& shape, const TrainingRule& rule,
                         std::uint64_t seed, std::size_t batch_size, std::uint64_t batches, bool exact);

/// Normalised features of all rows, and encoded labels.
struct PooledTable {
  std::size_t features = 0, outputs = 0, train_rows = 0;
  std::vector<double> x, y;
};
PooledTable pool(const std::vector<PartyData>& parties, std::size_t test_rows, OutputActivation activation, std::size_t outputs);

/// The largest difference between a network's parameters and opened ones.
double largest_difference(const PlainNetwork& network, const std::vector<std::vector<double>>& opened);

}  // namespace pai::client::nn::test
