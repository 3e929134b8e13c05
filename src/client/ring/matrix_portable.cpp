#include "client/ring/kernel_tables.h"
#include "client/ring/matrix_kernel.h"

namespace pai::client::ring {

const Kernel kMatrixPortable =
    matrix_kernel<ScalarLanes, Cut{.rows = 4, .vectors = 2, .row_vectors = 8}>("portable");

}  // namespace pai::client::ring
