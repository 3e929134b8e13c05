#include "ctl/pki/bundle.h"

#include <algorithm>

#include "ctl/pki/pem.h"
#include "ctl/pki/times.h"

namespace pai::ctl::pki {
namespace {

const Bundle::Member* find(const Bundle& bundle, std::string Bundle::Member::*field,
                           const std::string& value) {
  const auto at = std::find_if(bundle.members.begin(), bundle.members.end(),
                               [&](const Bundle::Member& one) { return one.*field == value; });
  return at == bundle.members.end() ? nullptr : &*at;
}

/// An error for what may not stand in a bundle; what is there already is noted and left out.
Status add(Bundle& bundle, const std::string& file, X509* certificate, std::int64_t now) {
  Bundle::Member member{.name = name_text(X509_get_subject_name(certificate)),
                        .fingerprint = tls::identity_of(certificate).fingerprint,
                        .not_after = unix_seconds(X509_get0_notAfter(certificate))};
  if (X509_check_ca(certificate) != 1) {
    return Error(ErrorCode::kInvalid, "the certificate of " + member.name + " is none of a CA");
  }
  if (find(bundle, &Bundle::Member::fingerprint, member.fingerprint) != nullptr) {
    bundle.notes.push_back(file + ": " + member.name + " is there already and was left out");
    return {};
  }
  if (member.not_after <= now) {
    bundle.notes.push_back(file + ": " + member.name + " expired on " + day_text(member.not_after) +
                           "; nobody believes it");
  }
  if (find(bundle, &Bundle::Member::name, member.name) != nullptr) {
    bundle.notes.push_back(file + ": another CA of the bundle is called " + member.name +
                           " too; make sure that both fingerprints are whom you mean");
  }
  PAI_ASSIGN(const std::string pem, to_pem(certificate));
  bundle.pem +=
      "# " + member.name + ", until " + day_text(member.not_after) + "\n# " + member.fingerprint + "\n" + pem;
  bundle.members.push_back(std::move(member));
  return {};
}

Status add_all(Bundle& bundle, const BundleInput& input, std::int64_t now) {
  PAI_ASSIGN(const std::vector<CertificatePtr> all, certificates_from(input.pem));
  for (const auto& one : all) PAI_TRY(add(bundle, input.file, one.get(), now));
  return {};
}

}  // namespace

Result<Bundle> make_bundle(const std::vector<BundleInput>& inputs, std::int64_t now) {
  Bundle bundle;
  std::vector<ErrorDetail> faults;
  for (const auto& input : inputs) {
    if (const Status added = add_all(bundle, input, now); !added.ok()) {
      faults.push_back({ErrorDetail::Kind::kFile, input.file, added.error().message()});
    }
  }
  if (faults.empty()) return bundle;
  std::string message = faults.front().where + ": " + faults.front().message;
  if (faults.size() == 1) faults.clear();
  return Error(ErrorCode::kInvalid, "no bundle was made: " + message)
      .with_details(std::move(faults))
      .with_hint(
          "a bundle holds the ca.pem of each organisation that is to be believed, and no party's own "
          "certificate");
}

}  // namespace pai::ctl::pki
