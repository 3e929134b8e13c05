#include "client/runtime/disclosure_ledger.h"

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include "common/base/time.h"
#include "common/disclosure/declarations.h"

namespace pai::client {

namespace {

using nlohmann::ordered_json;

/// At least so often what was sent comes to the disk.
constexpr auto kPace = std::chrono::seconds(10);
/// A line is some 300 bytes, and a phase has one for each peer and message type: larger is no ledger.
constexpr std::size_t kFileBytesMax = std::size_t{1} << 30;

ordered_json entry_of(std::string_view event) {
  return {{"time", utc_now()}, {"event", event}};
}

}  // namespace

Result<std::unique_ptr<DisclosureLedger>> DisclosureLedger::open(const io::Root& folder,
                                                                 const task::TaskFile& task) {
  task::HashChain::Head head;
  std::size_t cut_off = 0;
  PAI_ASSIGN(const bool exists, folder.exists(task::kLedgerFileName));
  if (exists) {
    PAI_ASSIGN(auto text, folder.read(task::kLedgerFileName, kFileBytesMax));
    const auto whole = text.rfind('\n') + 1;  // 0 without a newline
    cut_off = text.size() - whole;
    auto verified = task::HashChain::verify(std::string_view(text).substr(0, whole));
    if (!verified.ok())
      return Error(verified.error())
          .with_hint("keep " + std::string(task::kLedgerFileName) +
                     " elsewhere as evidence before the task is started again");
    head = *std::move(verified);
  }
  io::Fd fd(
      ::openat(folder.fd(), task::kLedgerFileName, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.valid())
    return errno_error("cannot open '" + std::string(task::kLedgerFileName) + "' in the task's folder", errno);
  if (cut_off != 0) {
    const auto end = ::lseek(fd.get(), 0, SEEK_END);
    if (end < 0 || ::ftruncate(fd.get(), end - static_cast<off_t>(cut_off)) != 0) {
      return errno_error("cannot mend the end of '" + std::string(task::kLedgerFileName) + "'", errno);
    }
  }
  std::unique_ptr<DisclosureLedger> ledger(new DisclosureLedger(std::move(fd), std::move(head)));
  auto begin = entry_of("begin");
  begin["task"] = task.spec.name;
  begin["client"] = task.client_id;
  begin["run"] = task.run_id;
  begin["digest"] = task.spec.digest();
  if (cut_off != 0) begin["dropped_bytes"] = cut_off;
  PAI_TRY(ledger->write(begin));
  PAI_TRY(ledger->sync());
  PAI_TRY(folder.sync_folder("."));
  return ledger;
}

DisclosureLedger::~DisclosureLedger() {
  stop();
}

void DisclosureLedger::follow(Totals totals, std::function<void(const Error&)> on_failure,
                              std::string_view phase) {
  totals_ = std::move(totals);
  on_failure_ = std::move(on_failure);
  phase_ = phase;
  thread_ = std::thread([this] { run(); });
}

void DisclosureLedger::phase(std::string_view name) {
  {
    const std::lock_guard lock(mutex_);
    if (totals_) ended_.push_back({std::exchange(phase_, std::string(name)), totals_()});
  }
  changed_.notify_one();
}

void DisclosureLedger::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait_for(lock, kPace, [this] { return !ended_.empty() || stopped_; });
    if (ended_.empty() && !stopped_) ended_.push_back({phase_, totals_()});
    if (ended_.empty()) return;
    std::vector<Snapshot> snapshots(std::move_iterator(ended_.begin()), std::move_iterator(ended_.end()));
    ended_.clear();
    lock.unlock();
    auto written = write(snapshots);
    lock.lock();
    if (!written.ok() && status_.ok()) {
      status_ = std::move(written);
      on_failure_(status_.error());
    }
  }
}

void DisclosureLedger::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

Result<task::HashChain::Head> DisclosureLedger::seal() {
  phase("end");
  stop();
  PAI_TRY(status_);
  return chain_.head();
}

Status DisclosureLedger::close(std::string_view outcome, const std::vector<PeerLedger>& peers) {
  stop();
  const auto totals = std::exchange(totals_, nullptr);  // the channel may go
  PAI_TRY(status_);
  if (totals) PAI_TRY(write({{phase_, totals()}}));
  for (const auto& [peer, head] : peers) {
    auto told = entry_of("peer_ledger");
    told["peer"] = peer;
    told["lines"] = head.lines;
    told["head"] = head.hash;
    PAI_TRY(write(told));
  }
  auto end = entry_of("end");
  end["outcome"] = outcome;
  PAI_TRY(write(end));
  return sync();
}

/// A line for each peer and message type of which there is more than the ledger has.
Status DisclosureLedger::write(const std::vector<Snapshot>& snapshots) {
  bool any = false;
  for (const auto& [phase, totals] : snapshots) {
    for (const auto& total : totals) {
      auto& recorded = recorded_[{total.peer, total.message_type}];
      if (recorded.messages == total.messages) continue;
      const auto disclosed = disclosure::disclosed_by(total.message_type);
      auto entry = entry_of("sent");
      entry["phase"] = phase;
      entry["peer"] = total.peer;
      entry["message"] = total.message_type;
      entry["discloses"] = disclosed.kind;
      entry["learns"] = disclosed.learns;
      entry["messages"] = total.messages - recorded.messages;
      entry["bytes"] = total.bytes - recorded.bytes;
      PAI_TRY(write(entry));
      recorded = total;
      any = true;
    }
  }
  return any ? sync() : Status();
}

Status DisclosureLedger::write(const ordered_json& entry) {
  return io::write_all(fd_.get(), chain_.append(entry), task::kLedgerFileName);
}

Status DisclosureLedger::sync() const {
  while (::fdatasync(fd_.get()) != 0) {
    if (errno != EINTR)
      return errno_error("cannot write '" + std::string(task::kLedgerFileName) + "' to the disk", errno);
  }
  return {};
}

}  // namespace pai::client
