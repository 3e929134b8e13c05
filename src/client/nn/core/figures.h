#pragma once

namespace pai::client::nn {

/// For a log line, a report to main: four decimals.
double rounded(double value);
/// To four significant digits: a regression's loss is in the label's own unit.
double shortened(double value);
/// The record reaches the master's users: more digits would say more of single rows than of the model.
double rounded_for_record(double value);

/// The sigmoid's series is right for scores up to here.
inline constexpr double kScoreMax = 24;

}  // namespace pai::client::nn
