#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace pai::client::nn::test {

/// Looks for numbers that must not be there in bytes that a party received: in every 8-byte window, whatever
/// its alignment.
class PlainSearch {
 public:
  /// The number as a word at a scale, and everything that is within `tolerance` of it (both as numbers).
  void forbid(const std::string& what, double number, int scale, double tolerance);
  /// The number as a double, and its neighbours.
  void forbid_double(const std::string& what, double number);
  /// The text itself.
  void forbid_text(const std::string& text) { texts_.push_back(text); }

  /// What was found, in words; empty when nothing.
  std::string find(const std::string& bytes) const;
  std::size_t size() const { return ranges_.size() + texts_.size(); }

 private:
  struct Range {
    std::uint64_t last;
    std::string what;
  };
  std::multimap<std::uint64_t, Range> ranges_;  // by first
  std::uint64_t longest_ = 0;
  std::vector<std::string> texts_;
  void add(const std::string& what, std::uint64_t first, std::uint64_t last);
};

}  // namespace pai::client::nn::test
