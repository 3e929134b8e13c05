#include "client/ring/kernel_tables.h"
#include "client/ring/sine_kernel.h"

namespace pai::client::ring {

const SineKernel kSinePortable{"portable", true, wave_tables_kernel<PlainLanes<2>>,
                               series_share_kernel<PlainLanes<2>>};

}  // namespace pai::client::ring
