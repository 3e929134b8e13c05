#include "common/http/event_parser.h"

#include <algorithm>

namespace pai::http {

Status EventParser::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto end = bytes.find('\n');
    line_.append(bytes.substr(0, end));
    if (line_.size() + data_.size() > event_bytes_max_) {
      return Error(ErrorCode::kProtocol, "an event is larger than " + std::to_string(event_bytes_max_) + " bytes");
    }
    if (end == std::string_view::npos) return {};
    bytes.remove_prefix(end + 1);
    if (!line_.empty() && line_.back() == '\r') line_.pop_back();
    take_line(line_);
    line_.clear();
  }
  return {};
}

void EventParser::take_line(std::string_view line) {
  if (line.empty()) {
    end_event();
    return;
  }
  const auto colon = std::min(line.find(':'), line.size());
  const auto field = line.substr(0, colon);
  auto value = line.substr(std::min(colon + 1, line.size()));
  if (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  if (field == "event") event_ = std::string(value);
  if (field == "data") {
    if (has_data_) data_ += '\n';
    data_.append(value);
    has_data_ = true;
  }
  // Comments (an empty field name), ids and retry times are no business of ours.
}

void EventParser::end_event() {
  if (has_data_) on_event_(event_.empty() ? std::string_view("message") : std::string_view(event_), data_);
  event_.clear();
  data_.clear();
  has_data_ = false;
}

}  // namespace pai::http
