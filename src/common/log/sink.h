#pragma once

#include <sys/types.h>

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include <spdlog/sinks/base_sink.h>

#include "common/base/result.h"

namespace pai::log {

/// Writes each line by one write(2) to a descriptor. Never throws and never fails the caller: a line that the
/// disk or the reader does not take is counted, and the next one that goes through is preceded by the number lost.
class DescriptorSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  /// Writes to `fd` (stderr), which stays open.
  explicit DescriptorSink(int fd) : fd_(fd) {}
  ~DescriptorSink() override;

  /// Opens the file for appending (created 0640).
  static Result<std::shared_ptr<DescriptorSink>> open_file(const std::string& path);
  /// Opens the file's name anew; keeps the old file when that fails. Nothing for stderr.
  Status reopen();

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override {}

 private:
  bool write_out(std::string_view bytes);

  int fd_;
  std::string path_;     // empty: fd_ is not ours
  bool torn_ = false;    // the last line was cut short: the next starts a new one
  std::size_t lost_ = 0;
};

/// True when stderr is the journal's stream: JOURNAL_STREAM names its device and inode (systemd.exec(5)).
bool stderr_is_journal();

}  // namespace pai::log
