#include "client/align/output_file.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

#include "common/base/text.h"

namespace pai::client::align {
namespace {

constexpr std::size_t kWaitingMax = 4;
constexpr std::size_t kSpareMax = 4;
constexpr std::uint64_t kFlushBytes = std::uint64_t{8} << 20;

}  // namespace

Chunk Chunk::with_room(std::size_t bytes) {
  Chunk chunk;
  chunk.room = std::max(bytes, kBytes);
  chunk.data = std::make_unique_for_overwrite<char[]>(chunk.room + kSlack);
  return chunk;
}

OutputFile::OutputFile(io::Fd fd, std::string name) : fd_(std::move(fd)), name_(std::move(name)), thread_([this] { run(); }) {}

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
    if (!wrote.ok()) status_ = std::move(wrote);
    else if (chunk.room == Chunk::kBytes && spare_.size() < kSpareMax) spare_.push_back(std::move(chunk));
    changed_.notify_all();
  }
  if (status_.ok() && !abandoned_) {
    lock.unlock();
    const int failed = ::fdatasync(fd_.get()) == 0 ? 0 : errno;
    lock.lock();
    if (failed != 0) status_ = errno_error("cannot make '" + printable(name_, 300) + "' durable", failed);
  }
  done_ = true;
  changed_.notify_all();
}

Status OutputFile::write(const Chunk& chunk) {
  hash_.update(chunk.text());
  PAI_TRY(io::write_all(fd_.get(), chunk.text(), name_));
  written_ += chunk.used;
  if (written_ - flushed_ >= kFlushBytes) {
    // The disk starts now, while rows are still being matched; fdatasync waits for the rest and reports errors.
    (void)::sync_file_range(fd_.get(), static_cast<off64_t>(flushed_), static_cast<off64_t>(written_ - flushed_),
                            SYNC_FILE_RANGE_WRITE);
    flushed_ = written_;
  }
  return {};
}

}  // namespace pai::client::align
