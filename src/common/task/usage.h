#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace pai::task {

/// Seconds spent in a phase, all its turns together.
struct PhaseTime {
  std::string phase;
  double seconds = 0;

  bool operator==(const PhaseTime&) const = default;
};

/// What was exchanged with one other client. Bytes are those of the messages, without what transport and TLS add.
struct PeerUsage {
  int client = 0;
  std::uint64_t sent_bytes = 0;
  std::uint64_t sent_messages = 0;
  std::uint64_t received_bytes = 0;
  std::uint64_t received_messages = 0;
  std::uint64_t rounds = 0;  ///< times that something was received after something was sent
  double wait_seconds = 0;   ///< that receives waited

  bool operator==(const PeerUsage&) const = default;
};

inline constexpr std::size_t kUsagePhasesMax = 64;

/// What a run has cost so far. Every number grows within a run, and begins anew with the next.
struct Usage {
  std::uint64_t memory_peak_bytes = 0;  ///< resident
  double cpu_seconds = 0;
  std::vector<PhaseTime> phases;        ///< in the order in which they first began, the present one included; kUsagePhasesMax at most
  std::vector<PeerUsage> peers;         ///< by client, ascending

  bool operator==(const Usage&) const = default;
};

}  // namespace pai::task
