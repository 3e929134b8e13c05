#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>

#include "common/base/result.h"
#include "common/store/database.h"

namespace pai::store {

/// Writes a page of the database with what stands there already: an error when the disk is full, gone or read-only.
Status rewrite_a_page(Database& database);

/// Whether a database can be written, for health checks that anybody may ask for as often as they like: it is tried at most once in
/// `interval`, and those who ask meanwhile get the last answer. Thread-safe.
class WriteProbe {
 public:
  explicit WriteProbe(std::function<Status()> try_to_write, std::chrono::milliseconds interval = std::chrono::seconds(1))
      : try_to_write_(std::move(try_to_write)), interval_(interval) {}

  Status ask();

 private:
  using Clock = std::chrono::steady_clock;
  const std::function<Status()> try_to_write_;
  const std::chrono::milliseconds interval_;
  std::mutex mutex_;
  std::optional<Clock::time_point> tried_;
  Status last_;
};

}  // namespace pai::store
