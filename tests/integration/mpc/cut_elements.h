#pragma once

#include <span>

#include "client/mpc/cut_product.h"
#include "client/mpc/cut_tensor.h"
#include "integration/mpc/parties.h"

namespace pai::client::mpc::test {

/// Two tensors that are cut in one round and multiplied element by element.
struct CutElementsTools {
  CutTensor x, y;
  CutElements product;

  Status multiply(DataClient& self, std::span<const Word> x_share, std::span<const Word> y_share, std::span<Word> result) {
    x.mask(x_share, self.leads());
    y.mask(y_share, self.leads());
    x.open(self.exchange);
    y.open(self.exchange);
    PAI_TRY(self.exchange.run());
    x.take(self.leads());
    y.take(self.leads());
    product.take(x, y, result);
    return {};
  }
};

}  // namespace pai::client::mpc::test
