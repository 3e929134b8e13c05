#pragma once

#include <atomic>
#include <cstdint>

namespace pai::service {

/// Says in the log that this daemon's certificate ends soon: from 30 days before, once a day.
class CertificateWatch {
 public:
  static constexpr std::int64_t kDay = 86'400;
  static constexpr std::int64_t kWarningDays = 30;

  /// Whether to say it at `now` (Unix seconds). `not_after`: when the certificate in use ends; 0 without one. One caller at a time.
  bool is_due(std::int64_t not_after, std::int64_t now);
  /// Asks `is_due`, and says it.
  void look(std::int64_t not_after, std::int64_t now);

 private:
  std::int64_t said_for_ = 0;  ///< the certificate's end
  std::int64_t said_at_ = 0;
};

}  // namespace pai::service
