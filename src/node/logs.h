#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "common/base/result.h"
#include "common/io/files.h"
#include "node/record.h"
#include "node/settings.h"

namespace pai::node {

inline constexpr std::size_t kTailLinesMax = 10'000;
inline constexpr std::size_t kTailDefault = 100;

/// The last lines of a client's log, as far as the owner shares them: kDenied for none, warnings and errors
/// only for errors. A client that never ran has an empty log. At most the last MiB is looked at.
Result<std::string> log_tail(const io::Root& tasks, const ClientKey& key, std::size_t lines, ShareLogs share);

/// Bytes of a client's log; 0 when there is none.
std::uint64_t log_size(const io::Root& tasks, const ClientKey& key);

/// The last line of level error from byte `begin` on, where a run's part begins; empty when there is none or the owner
/// shares none.
std::string last_error_line(const io::Root& tasks, const ClientKey& key, std::uint64_t begin, ShareLogs share);

/// Whether a line of either log format is a warning or an error (or only an error). Pure.
enum class Severity { kNone, kWarning, kError };
Severity severity_of(std::string_view line);

}  // namespace pai::node
