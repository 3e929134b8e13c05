#include "client/align/ring.h"

#include <algorithm>

namespace pai::client::align {

bool Ring::contains(int party) const {
  return std::find(parties_.begin(), parties_.end(), party) != parties_.end();
}

int Ring::after(int party) const {
  const auto found = std::upper_bound(parties_.begin(), parties_.end(), party);
  return found == parties_.end() ? parties_.front() : *found;
}

int Ring::before(int party) const {
  const auto found = std::lower_bound(parties_.begin(), parties_.end(), party);
  return found == parties_.begin() ? parties_.back() : *std::prev(found);
}

}  // namespace pai::client::align
