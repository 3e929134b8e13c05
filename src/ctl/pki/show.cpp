#include "ctl/pki/show.h"

#include <nlohmann/json.hpp>

#include "common/base/text.h"
#include "common/base/time.h"
#include "ctl/pki/key.h"
#include "ctl/pki/pem.h"
#include "ctl/pki/request.h"
#include "ctl/pki/times.h"

namespace pai::ctl::pki {
namespace {

using nlohmann::json;

constexpr std::int64_t kWarnDays = 30;

std::string kind_name(Shown::Kind kind) {
  switch (kind) {
    case Shown::Kind::kAuthority:
      return "CA";
    case Shown::Kind::kParty:
      return "party";
    case Shown::Kind::kRequest:
      return "request";
  }
  return {};
}

std::string serial_of(const X509* certificate) {
  const Owned<BIGNUM> number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr));
  char* hex = number ? BN_bn2hex(number.get()) : nullptr;
  std::string text = hex != nullptr ? hex : "unreadable";
  OPENSSL_free(hex);
  return text;
}

Shown shown_of(X509* certificate) {
  const tls::PeerIdentity identity = tls::identity_of(certificate);
  Shown shown;
  shown.kind = X509_check_ca(certificate) != 0 ? Shown::Kind::kAuthority : Shown::Kind::kParty;
  shown.subject = name_text(X509_get_subject_name(certificate));
  for (const auto& name : identity.names) shown.names.push_back(printable(name));
  shown.key = key_name(X509_get0_pubkey(certificate));
  shown.issuer = name_text(X509_get_issuer_name(certificate));
  shown.fingerprint = identity.fingerprint;
  shown.serial = serial_of(certificate);
  shown.not_before = unix_seconds(X509_get0_notBefore(certificate));
  shown.not_after = unix_seconds(X509_get0_notAfter(certificate));
  return shown;
}

Shown shown_of(const Request& request) {
  Shown shown;
  shown.kind = Shown::Kind::kRequest;
  shown.subject = "CN=" + request.names.common_name;
  shown.names = request.names.alternatives();
  shown.key = key_name(request.key.get());
  shown.left_out = request.left_out;
  return shown;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const auto& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

std::string line(std::string label, const std::string& value) {
  label.resize(13, ' ');
  return label + value + "\n";
}

std::string validity_text(const Shown& shown, std::int64_t now) {
  const std::int64_t days = days_left(shown.not_after, now);
  std::string text = day_text(shown.not_before) + " to " + day_text(shown.not_after) + ", ";
  if (now < shown.not_before) return text + "NOT YET VALID";
  if (now >= shown.not_after) return text + "EXPIRED";
  text += std::to_string(days) + (days == 1 ? " day left" : " days left");
  return days < kWarnDays ? text + ": renew it" : text;
}

std::string as_text(const Shown& shown, std::int64_t now) {
  std::string text = line("kind", kind_name(shown.kind)) + line("subject", shown.subject);
  text += line("names", shown.names.empty() ? "none" : joined(shown.names));
  text += line("key", shown.key);
  if (shown.kind == Shown::Kind::kRequest) {
    return text + line("left out", shown.left_out.empty() ? "nothing" : joined(shown.left_out));
  }
  text += line("issuer", shown.issuer) + line("valid", validity_text(shown, now));
  return text + line("fingerprint", shown.fingerprint) + line("serial", shown.serial);
}

json as_json(const Shown& shown, std::int64_t now) {
  json out{{"kind", kind_name(shown.kind)},
           {"subject", shown.subject},
           {"names", shown.names},
           {"key", shown.key}};
  if (shown.kind == Shown::Kind::kRequest) {
    out["left_out"] = shown.left_out;
    return out;
  }
  out["issuer"] = shown.issuer;
  out["fingerprint"] = shown.fingerprint;
  out["serial"] = shown.serial;
  out["not_before"] = utc_text(static_cast<double>(shown.not_before));
  out["not_after"] = utc_text(static_cast<double>(shown.not_after));
  out["days_left"] = days_left(shown.not_after, now);
  out["valid"] = shown.not_before <= now && now < shown.not_after;
  return out;
}

}  // namespace

Result<std::vector<Shown>> read_shown(const std::string& pem) {
  std::vector<Shown> all;
  if (pem.find("CERTIFICATE REQUEST-----") != std::string::npos) {
    PAI_ASSIGN(const Request request, read_request(pem));
    all.push_back(shown_of(request));
    return all;
  }
  PAI_ASSIGN(const std::vector<CertificatePtr> certificates, certificates_from(pem));
  for (const auto& one : certificates) all.push_back(shown_of(one.get()));
  return all;
}

std::string shown_as_text(const std::vector<Shown>& all, std::int64_t now) {
  std::string text;
  for (const auto& one : all) text += (text.empty() ? "" : "\n") + as_text(one, now);
  return text;
}

std::string shown_as_json(const std::vector<Shown>& all, std::int64_t now) {
  json out = json::object();
  if (!all.empty() && all.front().kind == Shown::Kind::kRequest) {
    out["request"] = as_json(all.front(), now);
  } else {
    out["certificates"] = json::array();
    for (const auto& one : all) out["certificates"].push_back(as_json(one, now));
  }
  return out.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace pai::ctl::pki
