#include "client/nn/large_words.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/mman.h>

namespace pai::client::nn {

Result<LargeWords> LargeWords::map(std::size_t words, int flags, int fd) {
  LargeWords memory;
  if (words == 0) return memory;
  void* const data = ::mmap(nullptr, words * sizeof(ring::Word), PROT_READ | PROT_WRITE, flags, fd, 0);
  if (data == MAP_FAILED) return errno_error("cannot map memory for the masked features", errno);
  (void)::madvise(data, words * sizeof(ring::Word), MADV_DONTDUMP);  // only core dumps hang on it
  memory.data_ = static_cast<ring::Word*>(data);
  memory.words_ = words;
  return memory;
}

Result<LargeWords> LargeWords::in_memory(std::size_t words) {
  return map(words, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
}

Result<LargeWords> LargeWords::on_disk(std::size_t words, const io::Root& folder) {
  if (words == 0) return LargeWords();  // of a party without columns; no file has room for nothing
  const io::Fd file(::openat(folder.fd(), ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!file.valid()) return errno_error("cannot create a file for the masked features in the task's folder", errno);
  // Space is taken now: a write to a mapped page that finds the disk full would be a signal.
  if (const int error = ::posix_fallocate(file.get(), 0, static_cast<off_t>(words * sizeof(ring::Word))); error != 0) {
    return errno_error("no room for the masked features in the task's folder", error);
  }
  return map(words, MAP_SHARED, file.get());
}

LargeWords::~LargeWords() {
  if (data_ != nullptr) (void)::munmap(data_, words_ * sizeof(ring::Word));  // the kernel frees it at the end anyway
}

}  // namespace pai::client::nn
