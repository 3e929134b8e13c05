// Compiled for processors with AVX-512 F and DQ.
#if defined(__x86_64__)

#include "client/ring/kernel_tables.h"
#include "client/ring/sine_kernel.h"

namespace pai::client::ring {

const SineKernel kSineAvx512{"avx512", false, wave_tables_kernel<PlainLanes<8>>,
                             series_share_kernel<PlainLanes<8>>};

}  // namespace pai::client::ring

#endif
