#include "client/align/core/large_memory.h"

#include <cerrno>
#include <cstdint>
#include <sys/mman.h>

#include "common/base/text.h"

namespace pai::client::align {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;

}  // namespace

Result<LargeMemory> LargeMemory::reserve(std::size_t bytes) {
  LargeMemory memory;
  // Small tables get by with ordinary pages; a huge one would have to be zeroed whole.
  const std::size_t alignment = bytes >= kHugePage ? kHugePage : 0;
  memory.bytes_ = bytes + alignment + 1;
  void* base = ::mmap(nullptr, memory.bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (base == MAP_FAILED) {
    memory.bytes_ = 0;
    return Error(ErrorCode::kIo, "the system has no " + with_thousands(bytes) + " bytes of memory: " + errno_message(errno))
        .with_hint("lower memory_bytes_max in the node's configuration, or raise the client's limit");
  }
  memory.base_ = base;
  memory.begin_ = static_cast<char*>(base);
  if (alignment != 0) {
    const auto address = reinterpret_cast<std::uintptr_t>(base);
    memory.begin_ += (alignment - address % alignment) % alignment;
    (void)::madvise(memory.begin_, bytes / kHugePage * kHugePage, MADV_HUGEPAGE);  // only speed hangs on it
  }
  (void)::madvise(base, memory.bytes_, MADV_DONTDUMP);  // rows don't belong into core files
  return memory;
}

LargeMemory::~LargeMemory() {
  if (base_ != nullptr) (void)::munmap(base_, bytes_);
}

}  // namespace pai::client::align
