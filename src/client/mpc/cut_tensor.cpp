#include "client/mpc/cut_tensor.h"

#include "client/ring/words.h"

namespace pai::client::mpc {

int CutTensor::top_bits() const {
  return ring::whole_bytes(cut_.top_bits());
}

void CutTensor::take(bool leads) {
  const auto opened = cut_.opened();
  mask_.resize(opened.size());
  cut_.take(mask_, false);  // without the public part, which is the leader's
  opened_.resize(opened.size());
  wraps_.resize(opened.size());
  const int bits = cut_.bits(), highest = cut_.ring_bits() - 1;
  const Word offset = Word{1} << (highest - 1 - bits);
  for (std::size_t i = 0; i < opened.size(); ++i) {
    opened_[i] = (opened[i] >> bits) - offset;
    wraps_[i] = (opened[i] >> highest) - 1;
  }
  share_ = mask_;
  if (leads) ring::add(share_, opened_);
}

}  // namespace pai::client::mpc
