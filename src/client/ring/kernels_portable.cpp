#include "client/ring/kernel_tables.h"
#include "client/ring/matrix_kernel.h"
#include "client/ring/narrow_kernel.h"
#include "client/ring/sine_kernel.h"
#include "client/ring/words_kernel.h"

namespace pai::client::ring {

const Kernel kMatrixPortable =
    matrix_kernel<ScalarLanes, Cut{.rows = 4, .vectors = 2, .row_vectors = 8}>("portable");
const SineKernel kSinePortable{"portable", false, wave_tables_kernel<PlainLanes<2>>,
                               series_share_kernel<PlainLanes<2>>};
const WordsKernel kWordsPortable = words_kernel<ScalarLanes>("portable");
const NarrowKernel kNarrowPortable{"portable", false, NarrowProduct<16>::run};

}  // namespace pai::client::ring
