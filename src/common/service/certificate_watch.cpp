#include "common/service/certificate_watch.h"

#include "common/log/log.h"

namespace pai::service {

bool CertificateWatch::is_due(std::int64_t not_after, std::int64_t now) {
  if (not_after == 0 || not_after - now > kWarningDays * kDay) return false;
  if (not_after == said_for_ && now - said_at_ < kDay) return false;
  said_for_ = not_after;
  said_at_ = now;
  return true;
}

void CertificateWatch::look(std::int64_t not_after, std::int64_t now) {
  if (!is_due(not_after, now)) return;
  const auto days = (not_after - now) / kDay;
  if (not_after <= now) {
    log::error("the certificate has ended: peers refuse this daemon", {{"days_ago", -days}, {"hint", "paictl pki renew, then reload"}});
  } else {
    log::warning("the certificate ends soon", {{"days_left", days}, {"hint", "paictl pki renew, then reload"}});
  }
}

}  // namespace pai::service
