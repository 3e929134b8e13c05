// Compiled for processors with AVX-512 F and DQ, whose vpmullq is the ring's product.
#if defined(__x86_64__)

#include "client/ring/kernel_tables.h"
#include "client/ring/matrix_kernel.h"
#include "client/ring/narrow_kernel.h"
#include "client/ring/sine_kernel.h"
#include "client/ring/words_kernel.h"

namespace pai::client::ring {

const Kernel kMatrixAvx512 =
    matrix_kernel<PlainLanes<8>, Cut{.rows = 8, .vectors = 2, .row_vectors = 4}>("avx512");
const SineKernel kSineAvx512{"avx512", false, wave_tables_kernel<PlainLanes<8>>,
                             series_share_kernel<PlainLanes<8>>};
const WordsKernel kWordsAvx512 = words_kernel<PlainLanes<8>>("avx512");
const NarrowKernel kNarrowAvx512{"avx512", false, NarrowProduct<64>::run};

}  // namespace pai::client::ring

#endif
