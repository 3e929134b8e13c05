#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "common/audit/entry.h"
#include "common/audit/log_files.h"
#include "common/base/result.h"
#include "common/task/hash_chain.h"

namespace pai::audit {

struct Options {
  std::filesystem::path folder;
  std::uint64_t file_bytes_max = std::uint64_t{16} << 20;  ///< then a new file is begun
  std::chrono::milliseconds sync_delay{200};  ///< lines of so long share one fsync; a power cut may take them
  std::size_t waiting_max = 1024;             ///< of `post`
  LogFiles::Write write = {};                 ///< empty: write(2)
};

/// `audit.jsonl`: append-only, chained by hash (task::HashChain), a line a request. A line of `append` is with the
/// operating system on return, so that the end of this process loses none, and on the disk soon. When the disk is full,
/// lines wait in memory, and `ready` refuses new changes until they are written.
class Log {
 public:
  static Result<std::unique_ptr<Log>> open(Options options);
  ~Log();  ///< writes and syncs what waits
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  /// Asked before a change: kUnavailable when its line could not be written. May wait for the disk.
  Status ready();
  /// May wait for the disk.
  void append(const Entry& entry);
  /// For I/O threads: a background thread writes it. What strangers cause is bounded, 60 at once and then one a second;
  /// beyond that a line a minute says how many were left out.
  void post(Entry entry);

  struct Counters {
    std::uint64_t lines = 0;
    std::uint64_t left_out = 0;
    std::uint64_t failures = 0;  ///< writes and syncs that failed
    bool writable = true;
  };
  Counters counters() const;
  task::HashChain::Head head() const;

 private:
  /// Lets 60 through at once, and one a second.
  struct Bucket {
    double tokens = 60;
    double last = 0;
    bool take(double now);
  };

  Log(Options options, LogFiles files);
  void add_locked(const nlohmann::ordered_json& entry);
  void write_waiting_locked();
  void rotate_locked();
  void failed_locked(const Error& error);
  void first_words();
  void work();
  void write_posted();
  void write_left_out();
  void sync_now();

  const Options options_;
  mutable std::mutex mutex_;  ///< files, chain, counters; held during writes, not during fsync
  LogFiles files_;
  task::HashChain chain_;
  std::deque<std::string> unwritten_;
  bool dirty_ = false;
  bool faulty_ = false;   ///< the last sync failed
  bool no_room_ = false;  ///< when it was last asked
  double fault_logged_ = 0;
  Counters counters_;

  std::mutex posted_mutex_;  ///< never held while anything waits
  std::condition_variable posted_changed_;
  std::deque<Entry> posted_;
  Bucket strangers_, known_;
  std::uint64_t left_out_ = 0;
  bool stopping_ = false;
  bool wake_ = false;
  std::thread thread_;
};

}  // namespace pai::audit
