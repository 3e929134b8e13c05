#include "ctl/tasks/bars.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace pai::ctl::tasks {
namespace {

constexpr std::array<std::string_view, 8> kLevels = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

std::string two_digits(long number) { return (number < 10 ? "0" : "") + std::to_string(number); }

}  // namespace

std::string bar(double part, std::size_t width) {
  const auto full = static_cast<std::size_t>(std::lround(std::clamp(part, 0.0, 1.0) * static_cast<double>(width)));
  return std::string(full, '#') + std::string(width - full, '.');
}

std::string sparkline(const std::vector<double>& values, std::size_t width) {
  const std::size_t from = values.size() > width ? values.size() - width : 0;
  double low = INFINITY;
  double high = -INFINITY;
  for (std::size_t i = from; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) continue;
    low = std::min(low, values[i]);
    high = std::max(high, values[i]);
  }
  std::string text;
  for (std::size_t i = from; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) {
      text += ' ';
      continue;
    }
    const double place = high > low ? (values[i] - low) / (high - low) : 0.5;
    text += kLevels[static_cast<std::size_t>(std::lround(place * (kLevels.size() - 1)))];
  }
  return text;
}

std::string duration(double seconds) {
  const long whole = std::lround(std::max(0.0, seconds));
  if (whole < 60) return std::to_string(whole) + " s";
  if (whole < 3600) return std::to_string(whole / 60) + " min " + two_digits(whole % 60) + " s";
  return std::to_string(whole / 3600) + " h " + two_digits(whole / 60 % 60) + " min";
}

}  // namespace pai::ctl::tasks
