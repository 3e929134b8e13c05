#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace pai::http {

/// Takes a text/event-stream apart, however its bytes are cut.
class EventParser {
 public:
  using OnEvent = std::function<void(std::string_view event, std::string_view data)>;

  EventParser(std::size_t event_bytes_max, OnEvent on_event)
      : event_bytes_max_(event_bytes_max), on_event_(std::move(on_event)) {}

  /// kProtocol when one event is larger than allowed.
  Status feed(std::string_view bytes);

 private:
  void take_line(std::string_view line);
  void end_event();

  const std::size_t event_bytes_max_;
  const OnEvent on_event_;
  std::string line_;
  std::string event_;
  std::string data_;
  bool has_data_ = false;
};

}  // namespace pai::http
