#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace pai::ctl::tasks {

/// What one running party said to `/queryTask?query=waits`.
struct Answer {
  std::int64_t client = 0;
  nlohmann::json waits;  ///< `msg`: a list of {"peer", "message_type", "seconds"}; of another shape if it did not answer
  std::string fault;     ///< why there is none; empty if it answered
};

/// A line a party, and where the waiting leads, if it leads to one party alone: somebody is waited for who waits for nobody, or does not answer.
/// Parties of `status` (as /queryStatus has them) without an answer are shown with their state. Pure.
std::vector<std::string> waits_lines(const nlohmann::json& status, const std::vector<Answer>& answers);

}  // namespace pai::ctl::tasks
