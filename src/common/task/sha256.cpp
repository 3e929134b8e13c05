#include "common/task/sha256.h"

#include <openssl/evp.h>

#include <array>
#include <cstdint>

#include "common/base/check.h"
#include "common/base/text.h"

namespace pai::task {

std::string sha256_hex(std::string_view bytes) {
  std::array<std::uint8_t, 32> digest{};
  unsigned int length = 0;
  const int done = EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr);
  // It fails only without memory or with a provider that has no SHA-256: nothing that a request can cause.
  PAI_CHECK(done == 1 && length == digest.size(), "OpenSSL computes no SHA-256");
  return to_hex(digest);
}

}  // namespace pai::task
