#include "node/ledgers.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

#include "common/task/task_file.h"

namespace pai::node {
namespace {

constexpr std::size_t kKeptMax = 32;

}  // namespace

Result<task::LedgerSummary> Ledgers::summary(const io::Root& tasks, const ClientKey& key) {
  const auto file = tasks.open_file(key.folder() + "/" + task::kLedgerFileName);
  if (!file.ok()) {
    if (file.error().code() == ErrorCode::kNotFound) return task::LedgerSummary();
    return file.error();
  }
  struct stat status {};
  if (::fstat(file->get(), &status) != 0) return errno_error("cannot look at the ledger", errno);
  const auto size = static_cast<std::uint64_t>(status.st_size);

  const std::lock_guard lock(mutex_);
  Kept& known = kept(key, status.st_dev, status.st_ino, size);
  std::string text(static_cast<std::size_t>(std::min<std::uint64_t>(size - known.read_bytes, read_bytes_max_)), '\0');
  std::size_t filled = 0;
  while (filled < text.size()) {
    const ssize_t got = ::pread(file->get(), text.data() + filled, text.size() - filled, static_cast<off_t>(known.read_bytes + filled));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno_error("cannot read the ledger", errno);
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  text.resize(filled);
  // The last line may be half written. One that fills all that is read at once is none of a ledger's.
  const auto end = text.rfind('\n');
  const bool endless = end == std::string::npos && text.size() == read_bytes_max_;
  const std::size_t whole = endless ? text.size() : end == std::string::npos ? 0 : end + 1;
  known.sums.take(std::string_view(text).substr(0, whole));
  known.read_bytes += whole;
  auto summary = known.sums.summary();
  if (known.read_bytes + (text.size() - whole) < size) summary.unread_bytes = size - known.read_bytes;
  return summary;
}

/// What is known of the file; anew for another one, or one that was cut.
Ledgers::Kept& Ledgers::kept(const ClientKey& key, std::uint64_t device, std::uint64_t inode, std::uint64_t size) {
  const auto found = std::find_if(kept_.begin(), kept_.end(), [&](const Kept& each) { return each.key == key; });
  if (found != kept_.end()) {
    kept_.splice(kept_.begin(), kept_, found);
    Kept& known = kept_.front();
    if (known.device != device || known.inode != inode || known.read_bytes > size) known = Kept{key, device, inode, 0, {}};
    return known;
  }
  if (kept_.size() >= kKeptMax) kept_.pop_back();
  kept_.push_front(Kept{key, device, inode, 0, {}});
  return kept_.front();
}

}  // namespace pai::node
