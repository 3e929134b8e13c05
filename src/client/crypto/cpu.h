#pragma once

// What the processor has, where the compilers' __builtin_cpu_supports does not know it by name.

namespace pai::client::crypto {

/// AES on whole vectors (VAES), with AVX2, for the operating system's part. clang 14 refuses the name "vaes".
/// False on other architectures.
bool cpu_has_vaes();

}  // namespace pai::client::crypto
