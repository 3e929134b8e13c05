#include "common/log/sink.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include <spdlog/details/os.h>

#include "common/base/text.h"

namespace pai::log {
namespace {

constexpr int kStalledReaderMs = 1'000;

Result<int> open_for_append(const std::string& path) {
  // O_NONBLOCK so that a FIFO without a reader is an error and not a wait.
  const int fd = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
  if (fd < 0) return errno_error("cannot open the log file '" + printable(path, 400) + "'", errno);
  return fd;
}

}  // namespace

DescriptorSink::~DescriptorSink() {
  if (!path_.empty()) ::close(fd_);
}

Result<std::shared_ptr<DescriptorSink>> DescriptorSink::open_file(const std::string& path) {
  PAI_ASSIGN(const int fd, open_for_append(path));
  auto sink = std::make_shared<DescriptorSink>(fd);
  sink->path_ = path;
  return sink;
}

Status DescriptorSink::reopen() {
  const std::lock_guard lock(mutex_);
  if (path_.empty()) return {};
  PAI_ASSIGN(const int fd, open_for_append(path_));
  ::close(std::exchange(fd_, fd));
  torn_ = false;
  return {};
}

void DescriptorSink::sink_it_(const spdlog::details::log_msg& message) {
  spdlog::memory_buf_t buffer;
  formatter_->format(message, buffer);
  if (lost_ > 0) {
    spdlog::memory_buf_t note;
    // In both formats a valid line: the payload of the JSON pattern is a list of members.
    const bool json = message.payload.size() > 0 && message.payload[0] == '"';
    const std::string payload = json ? "\"event\":\"log lines were lost\",\"count\":" + std::to_string(lost_)
                                     : "log lines were lost count=" + std::to_string(lost_);
    formatter_->format(spdlog::details::log_msg("", spdlog::level::warn, payload), note);
    if (!write_out({note.data(), note.size()})) {
      ++lost_;
      return;
    }
    lost_ = 0;
  }
  if (!write_out({buffer.data(), buffer.size()})) ++lost_;
}

bool DescriptorSink::write_out(std::string_view bytes) {
  std::string repaired;
  if (torn_) {
    repaired.append("\n").append(bytes);
    bytes = repaired;
  }
  bool begun = false;
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written > 0) {
      begun = true;
      bytes.remove_prefix(static_cast<std::size_t>(written));
      continue;
    }
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EAGAIN) {
      // A terminal or pipe that somebody made non-blocking: wait for its reader, but not for ever.
      pollfd ready{fd_, POLLOUT, 0};
      if (::poll(&ready, 1, kStalledReaderMs) > 0 && (ready.revents & POLLOUT) != 0) continue;
    }
    torn_ = torn_ || begun;
    return false;
  }
  torn_ = false;
  return true;
}

bool stderr_is_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  if (stream == nullptr) return false;
  unsigned long long device = 0;
  unsigned long long inode = 0;
  struct stat status {};
  if (std::sscanf(stream, "%llu:%llu", &device, &inode) != 2 || ::fstat(STDERR_FILENO, &status) != 0) return false;
  return status.st_dev == device && status.st_ino == inode;
}

}  // namespace pai::log
