// Compiled for processors with AVX2.
#if defined(__x86_64__)

#include "client/ring/kernel_tables.h"
#include "client/ring/lanes_avx2.h"
#include "client/ring/sine_kernel.h"

namespace pai::client::ring {

const SineKernel kSineAvx2{"avx2", false, wave_tables_kernel<Avx2Lanes>, series_share_kernel<Avx2Lanes>};

}  // namespace pai::client::ring

#endif
