#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "common/log/log.h"

namespace pai::client {

/// Log lines that carry task and client.
class TaskLog {
 public:
  TaskLog(std::string task, int client) : task_(std::move(task)), client_(client) {}

  void write(log::Level level, std::string_view event, log::Fields fields = {}) const {
    fields.emplace_back("task", task_);
    fields.emplace_back("client", client_);
    log::write(level, event, fields);
  }
  void info(std::string_view event, log::Fields fields = {}) const { write(log::Level::kInfo, event, std::move(fields)); }
  void warning(std::string_view event, log::Fields fields = {}) const {
    write(log::Level::kWarning, event, std::move(fields));
  }
  void error(std::string_view event, log::Fields fields = {}) const { write(log::Level::kError, event, std::move(fields)); }

 private:
  std::string task_;
  int client_;
};

}  // namespace pai::client
