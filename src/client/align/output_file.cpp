#include "client/align/output_file.h"

#include <fcntl.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

#include "common/base/text.h"

namespace pai::client::align {
namespace {

constexpr std::size_t kWaitingMax = 4;
constexpr std::size_t kSpareMax = 4;

Error write_error(const std::string& name, int error_number) {
  Error error = errno_error("cannot write '" + printable(name, 300) + "'", error_number);
  if (error_number == ENOSPC || error_number == EDQUOT) {
    return std::move(error).with_hint(
        "free space on the disk that holds the node's datasets folder, then start the task again");
  }
  return error;
}

}  // namespace

void Chunk::Free::operator()(char* memory) const {
  ::operator delete[](memory, std::align_val_t{kAlignment});
}

Chunk Chunk::with_room(std::size_t bytes) {
  Chunk chunk;
  chunk.room = std::max(bytes, kBytes);
  chunk.data.reset(static_cast<char*>(::operator new[](chunk.room + kSlack, std::align_val_t{kAlignment})));
  return chunk;
}

OutputFile::OutputFile(io::Fd fd, std::string name) : fd_(std::move(fd)), name_(std::move(name)) {
  set_direct(true);
  thread_ = std::thread([this] { run(); });
}

OutputFile::~OutputFile() {
  {
    const std::lock_guard lock(mutex_);
    abandoned_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Chunk OutputFile::fresh(std::size_t bytes) {
  {
    const std::lock_guard lock(mutex_);
    if (!spare_.empty() && spare_.back().room >= bytes) {
      Chunk chunk = std::move(spare_.back());
      spare_.pop_back();
      chunk.used = 0;
      return chunk;
    }
  }
  return Chunk::with_room(bytes);
}

Status OutputFile::push(Chunk chunk) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return waiting_.size() < kWaitingMax || !status_.ok(); });
  if (!status_.ok()) return status_;
  waiting_.push_back(std::move(chunk));
  lock.unlock();
  changed_.notify_all();
  return {};
}

void OutputFile::end() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
}

Result<OutputFile::Digest> OutputFile::finish() {
  end();
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return done_; });
  if (!status_.ok()) return status_.error();
  return Digest{written_, hash_.finish()};
}

void OutputFile::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return !waiting_.empty() || ending_ || abandoned_; });
    if (abandoned_ || !status_.ok() || waiting_.empty()) break;
    Chunk chunk = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    Status wrote = write(chunk);
    lock.lock();
    if (!wrote.ok())
      status_ = std::move(wrote);
    else if (chunk.room == Chunk::kBytes && spare_.size() < kSpareMax)
      spare_.push_back(std::move(chunk));
    changed_.notify_all();
  }
  if (status_.ok() && !abandoned_) {
    lock.unlock();
    Status ended = write_rest();
    if (ended.ok() && ::fdatasync(fd_.get()) != 0) {
      ended = errno_error("cannot make '" + printable(name_, 300) + "' durable", errno);
    }
    lock.lock();
    status_ = std::move(ended);
  }
  done_ = true;
  changed_.notify_all();
}

Status OutputFile::write(const Chunk& chunk) {
  const std::string_view text = chunk.text();
  hash_.update(text);
  written_ += text.size();
  if (rest_.used == 0 && text.size() % Chunk::kAlignment == 0) return write_blocks(text);
  if (rest_.data == nullptr) rest_ = Chunk::with_room(Chunk::kBytes);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = std::min(text.size() - at, Chunk::kBytes - rest_.used);
    std::memcpy(rest_.data.get() + rest_.used, text.data() + at, size);
    rest_.used += size;
    at += size;
    if (rest_.used < Chunk::kBytes) continue;
    PAI_TRY(write_blocks(rest_.text()));
    rest_.used = 0;
  }
  return {};
}

/// Writes whole blocks from aligned memory to an aligned place.
Status OutputFile::write_blocks(std::string_view blocks) {
  while (!blocks.empty()) {
    const ssize_t count = ::write(fd_.get(), blocks.data(), blocks.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EINVAL && direct_) {
      set_direct(false);  // a file system that takes the flag and not the alignment
      continue;
    }
    if (count < 0) return write_error(name_, errno);
    blocks.remove_prefix(static_cast<std::size_t>(count));
    if (direct_ && static_cast<std::size_t>(count) % Chunk::kAlignment != 0) set_direct(false);
  }
  return {};
}

/// The end of the file, which fills no block.
Status OutputFile::write_rest() {
  if (rest_.used == 0) return {};
  set_direct(false);
  return io::write_all(fd_.get(), rest_.text(), name_);
}

/// Not every file system knows it; nothing but speed hangs on it.
void OutputFile::set_direct(bool direct) {
  const int flags = ::fcntl(fd_.get(), F_GETFL);
  direct_ =
      flags >= 0 && ::fcntl(fd_.get(), F_SETFL, direct ? flags | O_DIRECT : flags & ~O_DIRECT) == 0 && direct;
}

}  // namespace pai::client::align
