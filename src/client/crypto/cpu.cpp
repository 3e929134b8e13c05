#include "client/crypto/cpu.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace pai::client::crypto {

bool cpu_has_vaes() {
#if defined(__x86_64__)
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __builtin_cpu_supports("avx2") && __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 &&
         (c & bit_VAES) != 0;
#else
  return false;
#endif
}

}  // namespace pai::client::crypto
