#pragma once

#include "client/ring/matrix.h"
#include "client/ring/sine_kernels.h"

/// What each kernel's file defines. Constants without a constructor, so that no code of a kernel's file runs
/// at start-up.
namespace pai::client::ring {

extern const Kernel kMatrixPortable;
extern const SineKernel kSinePortable;
#if defined(__x86_64__)
extern const Kernel kMatrixAvx2;
extern const Kernel kMatrixAvx512;
extern const SineKernel kSineAvx2;
extern const SineKernel kSineAvx512;
#endif

}  // namespace pai::client::ring
