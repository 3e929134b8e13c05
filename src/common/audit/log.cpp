#include "common/audit/log.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "common/base/time.h"
#include "common/log/log.h"

namespace pai::audit {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kUnwrittenMax = 4096;  // lines that a full disk keeps in memory
constexpr std::chrono::seconds kLeftOutInterval{60};

double steady_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

ordered_json document_of(const Entry& entry) {
  ordered_json line{{"time", utc_now()},         {"what", "request"},    {"who", entry.who},
                    {"credential", entry.credential}, {"from", entry.from}, {"method", entry.method},
                    {"path", entry.path}};
  if (!entry.task.empty()) line["task"] = entry.task;
  if (!entry.parameters.empty()) line["parameters"] = entry.parameters;
  if (!entry.body_sha256.empty()) line["body_sha256"] = entry.body_sha256;
  line["decision"] = entry.decision;
  line["code"] = entry.code;
  if (!entry.reason.empty()) line["reason"] = entry.reason;
  if (!entry.trace_id.empty()) line["trace_id"] = entry.trace_id;
  return line;
}

}  // namespace

bool Log::Bucket::take(double now) {
  constexpr double kMost = 60;
  if (last > 0) tokens = std::min(kMost, tokens + (now - last));
  last = now;
  if (tokens < 1) return false;
  tokens -= 1;
  return true;
}

Log::Log(Options options, LogFiles files)
    : options_(std::move(options)), files_(std::move(files)), chain_(files_.head()) {}

Result<std::unique_ptr<Log>> Log::open(Options options) {
  if (!options.write) options.write = [](int fd, const char* bytes, std::size_t count) { return ::write(fd, bytes, count); };
  PAI_ASSIGN(auto files, LogFiles::open(options.folder, options.write));
  std::unique_ptr<Log> log(new Log(std::move(options), std::move(files)));
  log->first_words();
  log->thread_ = std::thread([self = log.get()] { self->work(); });
  return log;
}

/// What the start found, as lines of the log itself.
void Log::first_words() {
  const std::lock_guard lock(mutex_);
  if (!files_.broken().empty()) {
    pai::log::error("the audit log is not sound; it was put aside and a new one begun",
                    {{"why", files_.broken()}, {"kept_as", files_.before()}});
    add_locked({{"time", utc_now()}, {"what", "begun anew"}, {"kept_as", files_.before()}, {"reason", files_.broken()}});
  } else if (!files_.before().empty()) {
    add_locked({{"time", utc_now()}, {"what", "rotated"}, {"previous_file", files_.before()}, {"previous_hash", chain_.head().hash}});
  }
  if (files_.mended() > 0) {
    add_locked({{"time", utc_now()}, {"what", "mended"}, {"cut_bytes", files_.mended()}, {"reason", "the last line was cut off by a crash"}});
  }
  pai::log::info("audit log is open", {{"lines", chain_.head().lines}, {"hash", chain_.head().hash}});
}

Log::~Log() {
  {
    const std::lock_guard lock(posted_mutex_);
    stopping_ = true;
    posted_changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  const std::lock_guard lock(mutex_);
  write_waiting_locked();
  (void)files_.sync();  // there is nobody left to tell
  pai::log::info("audit log ends", {{"lines", chain_.head().lines}, {"hash", chain_.head().hash}});
}

Status Log::ready() {
  const std::lock_guard lock(mutex_);
  write_waiting_locked();
  if (unwritten_.empty() && !faulty_) {
    const Status room = files_.reserve();
    no_room_ = !room.ok();
    if (room.ok()) return {};
    failed_locked(room.error());
  }
  return Error(ErrorCode::kUnavailable, "the audit log cannot be written, so nothing may be changed")
      .with_hint("the operator of this daemon finds the reason in its log; most often the disk is full");
}

void Log::append(const Entry& entry) {
  {
    const std::lock_guard lock(mutex_);
    add_locked(document_of(entry));
  }
  const std::lock_guard lock(posted_mutex_);
  wake_ = true;
  posted_changed_.notify_all();
}

void Log::post(Entry entry) {
  const std::lock_guard lock(posted_mutex_);
  Bucket& bucket = entry.who.empty() ? strangers_ : known_;
  if (posted_.size() >= options_.waiting_max || !bucket.take(steady_now())) {
    ++left_out_;
    return;
  }
  posted_.push_back(std::move(entry));
  posted_changed_.notify_all();
}

Log::Counters Log::counters() const {
  const std::lock_guard lock(mutex_);
  Counters counters = counters_;
  counters.writable = unwritten_.empty() && !faulty_ && !no_room_;
  return counters;
}

task::HashChain::Head Log::head() const {
  const std::lock_guard lock(mutex_);
  return chain_.head();
}

void Log::add_locked(const ordered_json& entry) {
  write_waiting_locked();
  if (unwritten_.empty() && files_.size() >= options_.file_bytes_max) rotate_locked();
  if (unwritten_.size() >= kUnwrittenMax) {  // changes are refused by then: these are refusals
    ++counters_.left_out;
    return;
  }
  ++counters_.lines;
  unwritten_.push_back(chain_.append(entry));
  write_waiting_locked();
}

void Log::write_waiting_locked() {
  while (!unwritten_.empty()) {
    const Status written = files_.add(unwritten_.front());
    if (!written.ok()) return failed_locked(written.error());
    unwritten_.pop_front();
    dirty_ = true;
  }
}

void Log::rotate_locked() {
  const auto kept = files_.rotate();
  if (!kept.ok()) return failed_locked(kept.error());
  unwritten_.push_back(chain_.append({{"time", utc_now()},
                                      {"what", "rotated"},
                                      {"previous_file", *kept},
                                      {"previous_hash", chain_.head().hash}}));
  pai::log::info("audit log was rotated", {{"kept_as", *kept}, {"lines", chain_.head().lines}, {"hash", chain_.head().hash}});
}

void Log::failed_locked(const Error& error) {
  ++counters_.failures;
  const double now = steady_now();
  if (fault_logged_ > 0 && now - fault_logged_ < 1) return;
  fault_logged_ = now;
  pai::log::error("the audit log cannot be written; changes are refused", {{"why", error.message()}});
}

void Log::work() {
  using Clock = std::chrono::steady_clock;
  auto next_left_out = Clock::now() + kLeftOutInterval;
  auto sync_at = Clock::time_point::max();
  for (bool last = false; !last;) {
    {
      std::unique_lock lock(posted_mutex_);
      posted_changed_.wait_until(lock, std::min(next_left_out, sync_at), [&] {
        return stopping_ || !posted_.empty() || (wake_ && sync_at == Clock::time_point::max());
      });
      wake_ = false;
      last = stopping_;
    }
    write_posted();
    if (last || Clock::now() >= next_left_out) {
      next_left_out = Clock::now() + kLeftOutInterval;
      write_left_out();
    }
    const bool waits = [this] {
      const std::lock_guard lock(mutex_);
      return dirty_ || faulty_;
    }();
    // Lines of the next moment share the sync.
    if (waits && sync_at == Clock::time_point::max()) sync_at = Clock::now() + options_.sync_delay;
    if (!last && Clock::now() < sync_at) continue;
    sync_at = Clock::time_point::max();
    if (waits) sync_now();
  }
}

void Log::write_left_out() {
  std::uint64_t left_out = 0;
  {
    const std::lock_guard lock(posted_mutex_);
    std::swap(left_out, left_out_);
  }
  if (left_out == 0) return;
  const std::lock_guard lock(mutex_);
  counters_.left_out += left_out;
  add_locked({{"time", utc_now()}, {"what", "left out"}, {"refusals", left_out}});
}

/// Without the lock: who appends does not wait for the disk.
void Log::sync_now() {
  io::Fd file;
  {
    const std::lock_guard lock(mutex_);
    dirty_ = false;
    file = io::Fd(::dup(files_.fd()));
  }
  const bool synced = file.valid() && ::fdatasync(file.get()) == 0;
  const int fault = errno;
  const std::lock_guard lock(mutex_);
  faulty_ = !synced;
  if (!synced) failed_locked(errno_error("audit.jsonl", fault));
}

void Log::write_posted() {
  std::deque<Entry> entries;
  {
    const std::lock_guard lock(posted_mutex_);
    entries.swap(posted_);
  }
  const std::lock_guard lock(mutex_);
  for (const auto& entry : entries) add_locked(document_of(entry));
}

}  // namespace pai::audit
