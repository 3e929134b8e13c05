#include "ctl/tasks/bars.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace pai::ctl::tasks {
namespace {

constexpr std::array<std::string_view, 8> kLevels = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

std::string two_digits(long number) { return (number < 10 ? "0" : "") + std::to_string(number); }

/// At most `width` values, each the mean of its neighbours' share.
std::vector<double> squeezed(const std::vector<double>& values, std::size_t width) {
  if (values.size() <= width) return values;
  std::vector<double> means;
  for (std::size_t at = 0; at < width; ++at) {
    double sum = 0;
    std::size_t count = 0;
    for (std::size_t i = at * values.size() / width; i < (at + 1) * values.size() / width; ++i) {
      if (!std::isfinite(values[i])) continue;
      sum += values[i];
      ++count;
    }
    means.push_back(count > 0 ? sum / static_cast<double>(count) : NAN);
  }
  return means;
}

}  // namespace

std::string bar(double part, std::size_t width) {
  const auto full = static_cast<std::size_t>(std::lround(std::clamp(part, 0.0, 1.0) * static_cast<double>(width)));
  return std::string(full, '#') + std::string(width - full, '.');
}

std::string sparkline(const std::vector<double>& all, std::size_t width) {
  const auto values = squeezed(all, width);
  double low = INFINITY;
  double high = -INFINITY;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  std::string text;
  for (const double value : values) {
    if (!std::isfinite(value)) {
      text += ' ';
      continue;
    }
    const double place = high > low ? (value - low) / (high - low) : 0.5;
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
