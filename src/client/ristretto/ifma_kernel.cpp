#include "client/ristretto/kernel.h"

namespace pai::client::ristretto {

const Kernel* ifma_kernel() { return nullptr; }

}  // namespace pai::client::ristretto
