#include "common/audit/log_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "common/audit/chain_files.h"

namespace pai::audit {
namespace {

constexpr const char* kCurrent = "audit.jsonl";
constexpr std::size_t kFileBytesMax = std::size_t{1} << 30;  // what is read back; far above any limit for rotating
constexpr std::uint64_t kReserve = 256 * 1024;
constexpr std::uint64_t kReserveLow = 64 * 1024;

std::string numbered(unsigned number) {
  char name[32];
  (void)std::snprintf(name, sizeof name, "audit-%06u.jsonl", number);
  return name;
}

}  // namespace

Result<LogFiles> LogFiles::open(const std::filesystem::path& folder, Write write) {
  PAI_ASSIGN(auto root, io::Root::open(folder, true));
  LogFiles files(std::move(root), std::move(write));
  PAI_TRY(files.find_end());
  PAI_TRY(files.open_current());
  if (files.mended_ > 0) {
    if (::ftruncate(files.file_.get(), static_cast<off_t>(files.size_)) != 0) return errno_error(kCurrent, errno);
  }
  return files;
}

/// Where the chain stands.
Status LogFiles::find_end() {
  PAI_ASSIGN(const bool present, root_.exists(kCurrent));
  std::string name = kCurrent;
  if (!present) {
    // A crash between the rename and the new file; or there is no log yet.
    unsigned last = 0;
    for (;; ++last) {
      PAI_ASSIGN(const bool older, root_.exists(numbered(last + 1)));
      if (!older) break;
    }
    if (last == 0) return {};
    name = before_ = numbered(last);
  }
  PAI_ASSIGN(std::string text, root_.read(name, kFileBytesMax));
  const auto whole = text.rfind('\n');
  const std::size_t kept = whole == std::string::npos ? 0 : whole + 1;
  const std::uint64_t cut = text.size() - kept;
  text.resize(kept);
  auto checked = check_file(text);
  if (checked.ok()) {
    head_ = checked->ends;
    size_ = present ? kept : 0;
    mended_ = present ? cut : 0;
    return {};
  }
  broken_ = name + ": " + checked.error().message();
  head_ = {};
  if (!present) return {};
  before_ = next_name();
  return root_.rename(kCurrent, before_);
}

Status LogFiles::open_current() {
  file_ = io::Fd(::openat(root_.fd(), kCurrent, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file_.valid()) return errno_error(root_.path().string() + "/" + kCurrent, errno);
  struct stat info{};
  if (::fstat(file_.get(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return Error(ErrorCode::kInvalid, std::string(kCurrent) + " is no regular file");
  }
  return root_.sync_folder(".");
}

/// Half a line would break the chain for whoever reads it, and for what is written behind it.
Status LogFiles::take_back_half_a_line() {
  if (torn_ && ::ftruncate(file_.get(), static_cast<off_t>(size_)) != 0) return errno_error("audit.jsonl", errno);
  torn_ = false;
  return {};
}

Status LogFiles::add(std::string_view line) {
  PAI_TRY(take_back_half_a_line());
  std::size_t written = 0;
  while (written < line.size()) {
    const ssize_t n = write_(file_.get(), line.data() + written, line.size() - written);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      const int fault = n < 0 ? errno : ENOSPC;
      torn_ = written > 0;
      (void)take_back_half_a_line();  // else before the next line, or at the next start
      return errno_error("audit.jsonl", fault);
    }
    written += static_cast<std::size_t>(n);
  }
  size_ += line.size();
  return {};
}

Status LogFiles::reserve() {
  if (size_ + kReserveLow <= reserved_) return {};
  if (::fallocate(file_.get(), FALLOC_FL_KEEP_SIZE, static_cast<off_t>(size_), static_cast<off_t>(kReserve)) != 0) {
    // Not every file system can promise room; then the write itself will tell.
    if (errno == EOPNOTSUPP || errno == ENOSYS || errno == EINTR) return {};
    return errno_error("audit.jsonl", errno);
  }
  reserved_ = size_ + kReserve;
  return {};
}

Status LogFiles::sync() {
  if (::fdatasync(file_.get()) != 0) return errno_error("audit.jsonl", errno);
  return {};
}

std::string LogFiles::next_name() const {
  for (unsigned number = 1;; ++number) {
    const auto taken = root_.exists(numbered(number));
    if (!taken.ok() || !*taken) return numbered(number);
  }
}

Result<std::string> LogFiles::rotate() {
  PAI_TRY(sync());
  (void)!::ftruncate(file_.get(), static_cast<off_t>(size_));  // gives back what was reserved; else it is only wasted
  const std::string name = next_name();
  PAI_TRY(root_.rename(kCurrent, name));
  io::Fd old = std::move(file_);
  if (auto opened = open_current(); !opened.ok()) {
    (void)root_.rename(name, kCurrent);  // then the old one goes on; else the next start finds it by its number
    file_ = std::move(old);
    return opened.error();
  }
  size_ = reserved_ = 0;
  return name;
}

}  // namespace pai::audit
