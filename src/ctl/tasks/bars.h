#pragma once

#include <string>
#include <vector>

namespace pai::ctl::tasks {

/// A bar of `width` characters of which this part (0 to 1) is full.
std::string bar(double part, std::size_t width);

/// A small plot in one line, the lowest at the bottom: a character a value, or, of more than `width`, a character for the mean of as many
/// as share it. Values that are not finite count for nothing; where there are no others is a blank.
std::string sparkline(const std::vector<double>& values, std::size_t width);

/// "7 s", "3 min", "2 h 05 min"
std::string duration(double seconds);

}  // namespace pai::ctl::tasks
