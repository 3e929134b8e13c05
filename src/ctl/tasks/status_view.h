#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace pai::ctl::tasks {

// What /queryStatus and /queryRecord say, in lines for a terminal. Pure; documents of another shape give what can be read of them.

struct Look {
  std::size_t width = 100;  ///< characters of a line at most
  bool colour = false;
  bool whole = false;  ///< why a party ended is said to the end, whatever `width`
};

/// A line a party: phase, bar, how much of how much, rate, time left, or how it ended.
std::vector<std::string> party_lines(const nlohmann::json& status, const Look& look);

/// Which task, in which state, and for how long it was watched.
std::string title_line(const nlohmann::json& status, double seconds, const Look& look);

/// The task's state in one line; with a failure its cause.
std::string state_line(const nlohmann::json& status, const Look& look);

/// A line a column of the test record: a plot of it and its last value. Empty without a record.
std::vector<std::string> record_lines(const nlohmann::json& record, const Look& look);

/// State and phase of each party, without progress: what is worth a line where nothing can be overwritten.
std::string milestones(const nlohmann::json& status);

/// `msg`, if it is a text.
std::string message_of(const nlohmann::json& status);

/// Whether `msg` is one of Finished, Failed, Stopped.
bool has_ended(const nlohmann::json& status);

}  // namespace pai::ctl::tasks
