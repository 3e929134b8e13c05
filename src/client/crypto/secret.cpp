#include "client/crypto/secret.h"

#include <sodium.h>
#include <sys/random.h>
#include <atomic>
#include <cerrno>

#include "common/base/check.h"

namespace pai::client::crypto {
namespace detail {

namespace {
std::atomic<std::size_t> alive = 0;
}  // namespace

std::size_t secrets_alive() {
  return alive.load();
}

void* allocate_secret(std::size_t bytes) {
  static const int ready = sodium_init();
  PAI_CHECK(ready >= 0, "libsodium could not be set up");
  // A multiple of 64, so that the start is aligned: libsodium puts the end at a page's end.
  void* memory = sodium_malloc((bytes + 63) / 64 * 64);
  PAI_CHECK(memory != nullptr, "no locked memory for a key (see RLIMIT_MEMLOCK)");
  ++alive;
  return memory;
}

void free_secret(void* memory) {
  if (memory != nullptr) --alive;
  sodium_free(memory);
}

}  // namespace detail

void wipe(std::span<std::uint8_t> bytes) {
  sodium_memzero(bytes.data(), bytes.size());
}

void random_bytes(std::span<std::uint8_t> bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = ::getrandom(bytes.data() + done, bytes.size() - done, 0);
    if (count < 0 && errno == EINTR) continue;
    PAI_CHECK(count > 0, "the operating system gives no random bytes");
    done += static_cast<std::size_t>(count);
  }
}

bool equal_constant_time(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace pai::client::crypto
