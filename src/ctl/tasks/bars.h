#pragma once

#include <string>
#include <vector>

namespace pai::ctl::tasks {

/// A bar of `width` characters of which this part (0 to 1) is full.
std::string bar(double part, std::size_t width);

/// A small plot in one line, a character a value, the lowest at the bottom; the last `width` values. Values that are not finite are blanks.
std::string sparkline(const std::vector<double>& values, std::size_t width);

/// "7 s", "3 min", "2 h 05 min"
std::string duration(double seconds);

}  // namespace pai::ctl::tasks
