// Compiled for processors with AVX2.
#if defined(__x86_64__)

#include "client/ring/kernel_tables.h"
#include "client/ring/lanes_avx2.h"
#include "client/ring/matrix_kernel.h"

namespace pai::client::ring {

const Kernel kMatrixAvx2 = matrix_kernel<Avx2Lanes, Cut{.rows = 2, .vectors = 2, .row_vectors = 3}>("avx2");

}  // namespace pai::client::ring

#endif
