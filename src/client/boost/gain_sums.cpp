#include "client/boost/gain_sums.h"

#include "client/ring/words.h"
#include "common/base/check.h"

namespace pai::client::boost {

void GainSums::draw(mpc::Source& source) {
  const auto features = shape_.features_before(shape_.parties());
  cut_.draw(source, nodes(), scale_ - kGainScale);
  splits_.draw(source, features * nodes());
  gains_.draw(source, nodes());
  product_.draw(source, {.kind = mpc::SharedProduct::Kind::kMatrix, .m = features, .k = nodes(), .n = 1}, splits_, gains_);
}

void GainSums::open_gains(const nn::Party& party, std::span<const Word> gains) {
  cut_.mask(gains, party.leads());
  cut_.open(party.exchange);
}

void GainSums::open_products(const nn::Party& party, const Tree& tree) {
  std::vector<Word> gains(nodes());
  cut_.take(gains, party.leads());
  gains_.mask(gains);
  gains_.open(party.exchange);
  const auto self = static_cast<std::size_t>(party.group.self);
  std::vector<Word> splits(shape_.features_before(shape_.parties()) * nodes());
  for (std::size_t node = 0; node < nodes(); ++node) {
    if (tree.owners[node] != self || !tree.splits[node].splits) continue;
    splits[(shape_.features_before(self) + tree.splits[node].feature) * nodes() + node] = 1;
  }
  splits_.mask(splits);
  splits_.open(party.exchange);
}

void GainSums::take() {
  sums_.resize(shape_.features_before(shape_.parties()));
  product_.take(splits_, gains_, sums_);
}

void GainSums::add_to(std::span<Word> sums) const {
  PAI_CHECK(sums.size() == sums_.size(), "sums of other features");
  ring::add(sums, sums_);
}

}  // namespace pai::client::boost
