#pragma once

#include "common/base/check.h"

namespace pai::client::mpc {

/// Whether masks that were drawn still have to hide their value. A second value under the same masks would give the difference of both
/// away, so a second use is our own bug and aborts.
class OneUse {
 public:
  void draw() { ready_ = true; }
  void spend() {
    PAI_CHECK(ready_, "a mask serves one value: draw another");
    ready_ = false;
  }

 private:
  bool ready_ = false;
};

}  // namespace pai::client::mpc
