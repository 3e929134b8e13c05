#include "client/runtime/state_file.h"

#include <utility>

#include <nlohmann/json.hpp>

namespace pai::client {

namespace {

Status write(const io::Root& folder, const task::ClientReport& report, bool durable) {
  // Outside text may stand in a reason; what is no UTF-8 in it is replaced, never thrown about.
  const auto text = task::to_json(report).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  return folder.write_atomically(kStateFileName, text, durable);
}

}  // namespace

StateFile::StateFile(const io::Root& folder, std::chrono::milliseconds pace, std::function<task::ClientReport()> snapshot,
                     std::function<void(const Error&)> warn)
    : folder_(folder), pace_(pace), snapshot_(std::move(snapshot)), warn_(std::move(warn)), thread_([this] { run(); }) {}

StateFile::~StateFile() { stop(); }

void StateFile::touch(bool at_once) {
  // The change was made before; the thread takes its snapshot after it cleared the flag. So whoever sees the flag set here
  // is seen by that snapshot.
  if (!at_once && dirty_) return;
  const std::lock_guard lock(mutex_);
  const bool wakes = at_once ? !urgent_ : !dirty_;
  dirty_ = true;
  urgent_ |= at_once;
  if (wakes) changed_.notify_one();
}

void StateFile::run() {
  bool warned = false;
  auto written = std::chrono::steady_clock::now() - pace_;
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return dirty_.load() || stopped_; });
    if (stopped_) return;
    changed_.wait_until(lock, written + pace_, [this] { return urgent_ || stopped_; });
    if (stopped_) return;
    urgent_ = false;
    dirty_ = false;
    lock.unlock();
    const auto status = write(folder_, snapshot_(), false);
    if (!status.ok() && !std::exchange(warned, true)) warn_(status.error());
    written = std::chrono::steady_clock::now();
    lock.lock();
  }
}

void StateFile::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

Status StateFile::finish(const task::ClientReport& report) {
  stop();
  return write(folder_, report, true);
}

}  // namespace pai::client
