#include "client/align/core/large_memory.h"

#include <sys/mman.h>
#include <algorithm>
#include <cerrno>

#include "common/base/text.h"

namespace pai::client::align {
namespace {

constexpr std::size_t kPage = 4096;

}  // namespace

Result<LargeMemory> LargeMemory::reserve(std::size_t bytes) {
  LargeMemory memory;
  const std::size_t size = bytes + 1;
  void* base =
      ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (base == MAP_FAILED) {
    return Error(ErrorCode::kIo,
                 "the system has no " + with_thousands(bytes) + " bytes of memory: " + errno_message(errno))
        .with_hint("lower memory_bytes_max in the node's configuration, or raise the client's limit");
  }
  memory.base_ = base;
  memory.bytes_ = size;
  (void)::madvise(base, size, MADV_DONTDUMP);  // rows don't belong into core files
  return memory;
}

void LargeMemory::populate(std::size_t begin, std::size_t bytes) const {
#if defined(MADV_POPULATE_WRITE)
  const std::size_t first = begin / kPage * kPage;
  const std::size_t end = std::min((begin + bytes + kPage - 1) / kPage * kPage, bytes_ / kPage * kPage);
  // Older kernels refuse it, and the pages come one by one.
  if (end > first) (void)::madvise(data() + first, end - first, MADV_POPULATE_WRITE);
#else
  (void)begin;
  (void)bytes;
#endif
}

LargeMemory::~LargeMemory() {
  if (base_ != nullptr) (void)::munmap(base_, bytes_);
}

}  // namespace pai::client::align
