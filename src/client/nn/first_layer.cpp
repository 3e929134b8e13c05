#include "client/nn/first_layer.h"

#include "client/nn/forward_pass.h"
#include "client/nn/open_to_label.h"
#include "client/nn/scales.h"
#include "client/ring/words.h"

namespace pai::client::nn {

void FirstLayer::draw(mpc::Source& source, const mpc::OwnedRows& batch) {
  operation_ = source.operation();
  product_.draw(source, batch, width());
}

Status FirstLayer::run(const Party& party, const SharedModel& model, const mpc::OwnedRows& batch, std::vector<double>& z) {
  product_.mask(model.layers[0].weights());
  product_.open(party.exchange);
  PAI_TRY(party.exchange.run());
  share_.resize(batch.masked.rows * width());
  product_.take(batch, share_);
  add_biases(share_, model.layers[0].biases(), kFirstOutputScale);

  PAI_TRY(open_to_label<v1::FirstLayerShare>(party, operation_, share_));
  z.assign(share_.size(), 0);
  if (!party.is_label()) return {};
  for (std::size_t i = 0; i < z.size(); ++i) z[i] = ring::decode(share_[i], kFirstOutputScale);
  return {};
}

}  // namespace pai::client::nn
