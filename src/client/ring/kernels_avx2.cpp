// Compiled for processors with AVX2.
#if defined(__x86_64__)

#include "client/ring/kernel_tables.h"
#include "client/ring/lanes_avx2.h"
#include "client/ring/matrix_kernel.h"
#include "client/ring/narrow_kernel.h"
#include "client/ring/sine_kernel.h"
#include "client/ring/words_kernel.h"

namespace pai::client::ring {

const Kernel kMatrixAvx2 = matrix_kernel<Avx2Lanes, Cut{.rows = 2, .vectors = 2, .row_vectors = 3}>("avx2");
const SineKernel kSineAvx2{"avx2", false, wave_tables_kernel<Avx2Lanes>, series_share_kernel<Avx2Lanes>};
const WordsKernel kWordsAvx2 = words_kernel<Avx2Lanes>("avx2");
const NarrowKernel kNarrowAvx2{"avx2", false, NarrowProduct<32>::run};

}  // namespace pai::client::ring

#endif
