#pragma once

#include "client/ring/sine_kernels.h"

/// What each kernel's file defines. Constants without a constructor, so that no code of a kernel's file runs
/// at start-up.
namespace pai::client::ring {

extern const SineKernel kSinePortable;

}  // namespace pai::client::ring
