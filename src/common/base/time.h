#pragma once

#include <string>

namespace pai {

/// A time of the wall clock, seconds since 1970, as `2026-11-27T20:18:34.250Z`; empty when the calendar has
/// no such time.
std::string utc_text(double unix_seconds);
/// Now.
std::string utc_now();

}  // namespace pai
