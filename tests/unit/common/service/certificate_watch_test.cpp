// When a daemon says that its certificate ends soon: from 30 days before, once a day, and again for another certificate.
#include "common/service/certificate_watch.h"

#include <gtest/gtest.h>

namespace pai::service {
namespace {

constexpr std::int64_t kNow = 1'800'000'000;
constexpr std::int64_t kDay = CertificateWatch::kDay;

TEST(CertificateWatch, KeepsQuietWithoutACertificateAndLongBeforeTheEnd) {
  CertificateWatch watch;
  EXPECT_FALSE(watch.is_due(0, kNow));
  EXPECT_FALSE(watch.is_due(kNow + 31 * kDay, kNow));
}

TEST(CertificateWatch, SpeaksFromThirtyDaysBeforeOnceADay) {
  CertificateWatch watch;
  const auto end = kNow + 30 * kDay;
  EXPECT_TRUE(watch.is_due(end, kNow));
  EXPECT_FALSE(watch.is_due(end, kNow + 3600));
  EXPECT_TRUE(watch.is_due(end, kNow + kDay));
  EXPECT_TRUE(watch.is_due(end, end + kDay)) << "after the end it is worse, not better";
}

TEST(CertificateWatch, SpeaksAtOnceOfAnotherCertificate) {
  CertificateWatch watch;
  EXPECT_TRUE(watch.is_due(kNow + kDay, kNow));
  EXPECT_TRUE(watch.is_due(kNow + 2 * kDay, kNow));
  EXPECT_FALSE(watch.is_due(kNow + 365 * kDay, kNow));
}

}  // namespace
}  // namespace pai::service
