#pragma once

#include <vector>

#include "client/mpc/owned_product.h"
#include "client/nn/party.h"
#include "client/nn/shared_model.h"

namespace pai::client::nn {

/// The first layer at security "split": computed on shares, its output opened to the label client and nobody else. One use a `draw`.
class FirstLayer {
 public:
  explicit FirstLayer(const ModelShape& shape) : shape_{shape.features, {shape.fan_out(0)}} {}

  void draw(mpc::Source& source, const mpc::OwnedRows& batch);
  /// Two rounds. At the label client `z` is B × width; elsewhere it has that size and is zero.
  Status run(const Party& party, const SharedModel& model, const mpc::OwnedRows& batch, std::vector<double>& z);

  std::size_t width() const { return shape_.outputs(); }
  /// Of this layer alone.
  const ModelShape& shape() const { return shape_; }

 private:
  ModelShape shape_;
  mpc::OwnedProduct product_;
  std::uint64_t operation_ = 0;
  std::vector<Word> share_;
};

}  // namespace pai::client::nn
