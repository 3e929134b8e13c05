#include "ctl/data/line_profile.h"

namespace pai::ctl::data {

void LineProfile::add(std::string_view piece) {
  for (const char byte : piece) {
    if (at_ < kMark.size() && mark_ == at_ && byte == kMark[mark_]) ++mark_;
    ++at_;
    if (byte == '"') {
      inside_ = !inside_;
      quotes_ = true;
    }
    if (byte == '\n' && !inside_) {
      ++(before_ == '\r' ? returns_ : feeds_);
      if (empty_line_) ++blank_;
      empty_line_ = true;
    } else if (byte != '\r') {
      empty_line_ = false;
    }
    before_ = byte;
  }
}

}  // namespace pai::ctl::data
