#pragma once

#include <cstdint>
#include <string_view>

namespace pai::ctl::data {

/// How the lines of a text are written; pieces may be cut anywhere. A line feed within quotes ends no line.
class LineProfile {
 public:
  void add(std::string_view piece);

  std::uint64_t line_feeds() const { return feeds_; }          ///< LF alone
  std::uint64_t carriage_returns() const { return returns_; }  ///< CRLF
  std::uint64_t blank() const { return blank_; }
  bool has_quotes() const { return quotes_; }
  bool has_byte_order_mark() const { return mark_ == kMark.size(); }

 private:
  static constexpr std::string_view kMark = "\xEF\xBB\xBF";

  std::uint64_t at_ = 0;  ///< bytes so far
  std::uint64_t feeds_ = 0, returns_ = 0, blank_ = 0;
  std::size_t mark_ = 0;  ///< bytes of the mark that stood at the start
  bool inside_ = false, quotes_ = false, empty_line_ = true;
  char before_ = '\n';
};

}  // namespace pai::ctl::data
