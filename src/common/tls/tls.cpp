#include "common/tls/tls.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <strings.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <ctime>

#include "common/base/text.h"
#include "common/tls/openssl.h"

namespace pai::tls {
namespace {

constexpr std::size_t kPemBytesMax = std::size_t{4} << 20;  // a system's whole bundle is about 220 KiB

void wipe(std::string& secret) {
  OPENSSL_cleanse(secret.data(), secret.size());
  secret.clear();
}

int no_password(char*, int, int, void*) { return 0; }

/// Collects what is wrong with which file.
class Faults {
 public:
  void add(const std::string& file, std::string message) {
    details_.push_back({ErrorDetail::Kind::kFile, file, std::move(message)});
  }
  bool any() const { return !details_.empty(); }
  Error error() && {
    std::string message = details_.front().where + ": " + details_.front().message;
    if (details_.size() > 1) message += " (and " + std::to_string(details_.size() - 1) + " more)";
    return Error(ErrorCode::kInvalid, "the TLS files cannot be used: " + message).with_details(std::move(details_));
  }

 private:
  std::vector<ErrorDetail> details_;
};

struct Descriptor {
  int fd = -1;
  ~Descriptor() {
    if (fd >= 0) (void)::close(fd);  // opened for reading: nothing can be lost
  }
};

enum class Secrecy { kPublic, kKey };

/// The file's bytes, or a fault and an empty string. `what` is the setting's name.
std::string read_file(const std::string& path, std::string_view what, Secrecy secrecy, Faults& faults) {
  if (path.empty()) {
    faults.add("tls." + std::string(what), "is not set");
    return {};
  }
  Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  struct stat info{};
  if (file.fd < 0 || ::fstat(file.fd, &info) != 0) {
    faults.add(path, "cannot be opened: " + errno_message(errno));
    return {};
  }
  if (!S_ISREG(info.st_mode)) {
    faults.add(path, "is not a regular file");
    return {};
  }
  if (static_cast<std::size_t>(info.st_size) > kPemBytesMax) {
    faults.add(path, "is larger than 4 MiB");
    return {};
  }
  if (secrecy == Secrecy::kKey && (info.st_mode & 077) != 0) {
    faults.add(path, "can be read or written by others than its owner: chmod 0600 it, and consider the key known");
  }
  std::string bytes(static_cast<std::size_t>(info.st_size), '\0');
  std::size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t got = ::read(file.fd, bytes.data() + have, bytes.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      faults.add(path, "cannot be read: " + errno_message(errno));
      wipe(bytes);
      return {};
    }
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  bytes.resize(have);  // shrinking neither moves nor leaves a copy
  if (bytes.empty()) faults.add(path, "is empty");
  return bytes;
}

std::string date_text(const ASN1_TIME* time) {
  std::tm parts{};
  char text[32] = "an unreadable date";
  if (ASN1_TIME_to_tm(time, &parts) == 1) (void)std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts);
  return text;
}

/// Empty when the certificate holds today.
std::string date_fault(X509* certificate) {
  if (X509_cmp_current_time(X509_get0_notAfter(certificate)) <= 0) {
    return "expired on " + date_text(X509_get0_notAfter(certificate));
  }
  if (X509_cmp_current_time(X509_get0_notBefore(certificate)) >= 0) {
    return "is not valid before " + date_text(X509_get0_notBefore(certificate));
  }
  return {};
}

/// The own certificate, and a fault for each one of the chain that is unreadable or out of date.
CertificatePtr check_chain(const std::string& path, const std::string& pem, Faults& faults) {
  const BioPtr bio = memory_bio(pem);
  CertificatePtr own(PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr));
  if (!own) {
    (void)openssl_message();  // its words ("no start line") say less than ours
    faults.add(path, "holds no PEM certificate");
    return nullptr;
  }
  if (const auto fault = date_fault(own.get()); !fault.empty()) faults.add(path, "the certificate " + fault);
  while (const CertificatePtr next{PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr)}) {
    const auto fault = date_fault(next.get());
    if (!fault.empty()) faults.add(path, "an intermediate certificate " + fault);
  }
  (void)openssl_message();  // the end of the file stands in the queue as an error
  return own;
}

void check_key(const Files& files, const std::string& pem, X509* certificate, Faults& faults) {
  const BioPtr bio = memory_bio(pem);
  const KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
  if (!key) {
    (void)openssl_message();
    const bool encrypted = pem.find("ENCRYPTED") != std::string::npos;
    faults.add(files.key, encrypted ? "is protected by a password, which a daemon cannot type" : "holds no PEM private key");
    return;
  }
  if (certificate != nullptr && X509_check_private_key(certificate, key.get()) != 1) {
    (void)openssl_message();
    faults.add(files.key, "does not belong to the certificate " + files.certificate);
  }
}

/// A name, or a fingerprint that is one: a mistyped one would be a name that nobody has.
void check_entry(const std::string& setting, const std::string& entry, Faults& faults) {
  constexpr std::string_view kPrefix = "sha256:";
  constexpr std::size_t kDigits = 64;
  const bool prefixed = entry.size() >= kPrefix.size() && strncasecmp(entry.c_str(), kPrefix.data(), kPrefix.size()) == 0;
  std::string digits = prefixed ? entry.substr(kPrefix.size()) : entry;
  std::erase(digits, ':');
  const bool hex = std::all_of(digits.begin(), digits.end(), [](unsigned char c) { return std::isxdigit(c) != 0; });
  if (prefixed ? !hex || digits.size() != kDigits : hex && digits.size() == kDigits) {
    faults.add(setting, "'" + printable(entry, 100) + "' is no fingerprint: sha256: and 64 hexadecimal digits");
  }
}

void check_bundle(const std::string& path, const std::string& pem, Faults& faults) {
  const BioPtr bio = memory_bio(pem);
  int certificates = 0;
  int usable = 0;
  std::string last_fault;
  while (const CertificatePtr one{PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr)}) {
    ++certificates;
    const auto fault = date_fault(one.get());
    if (X509_check_ca(one.get()) == 0) {
      last_fault = "holds no CA certificate, only those of parties";
    } else if (!fault.empty()) {
      last_fault = "the CA " + fault;
    } else {
      ++usable;
    }
  }
  (void)openssl_message();
  if (certificates == 0) {
    faults.add(path, "holds no PEM certificate");
  } else if (usable == 0) {
    faults.add(path, last_fault);
  }
}

}  // namespace

Material::~Material() { wipe(key_pem); }

Material& Material::operator=(const Material& other) {
  if (this == &other) return *this;
  wipe(key_pem);
  certificate_pem = other.certificate_pem;
  key_pem = other.key_pem;
  trusted_pem = other.trusted_pem;
  allowed_peers = other.allowed_peers;
  vetting = other.vetting;
  not_after = other.not_after;
  return *this;
}

Result<Material> load(const Files& files) {
  Faults faults;
  Material material;
  material.certificate_pem = read_file(files.certificate, "certificate", Secrecy::kPublic, faults);
  material.key_pem = read_file(files.key, "key", Secrecy::kKey, faults);
  material.trusted_pem = read_file(files.trusted, "trusted", Secrecy::kPublic, faults);
  material.allowed_peers = files.allowed_peers;
  material.vetting.revoked = files.revoked;

  CertificatePtr own;
  if (!material.certificate_pem.empty()) own = check_chain(files.certificate, material.certificate_pem, faults);
  if (!material.key_pem.empty()) check_key(files, material.key_pem, own.get(), faults);
  if (!material.trusted_pem.empty()) check_bundle(files.trusted, material.trusted_pem, faults);
  for (const auto& [file, names] : files.authorities) {
    auto pem = read_file(file, "authorities.certificates", Secrecy::kPublic, faults);
    if (pem.empty()) continue;
    check_bundle(file, pem, faults);
    if (names.empty()) faults.add(file, "speaks for no name");
    material.trusted_pem += "\n" + pem;
    material.vetting.authorities.push_back({std::move(pem), names});
  }
  if (!material.vetting.authorities.empty()) material.vetting.trusted_pem = material.trusted_pem;
  for (const auto& entry : files.revoked) check_entry("tls.revoked", entry, faults);
  for (const auto& entry : files.allowed_peers) check_entry("tls.allowed_peers", entry, faults);
  if (!faults.any()) {
    // What only a context finds out (a key too short for the security level, say) is told now, not at the first caller.
    const auto context = make_context(material, Side::kServer);
    if (!context.ok()) faults.add(files.certificate, context.error().message());
  }
  if (faults.any()) return std::move(faults).error();
  material.not_after = identity_of(own.get()).not_after;
  return material;
}

Result<Material> load_trusted(const std::string& file) {
  Faults faults;
  Material material;
  material.trusted_pem = read_file(file, "trusted", Secrecy::kPublic, faults);
  if (!material.trusted_pem.empty()) check_bundle(file, material.trusted_pem, faults);
  if (!faults.any()) {
    const auto context = make_context(material, Side::kClient);
    if (!context.ok()) faults.add(file, context.error().message());
  }
  if (faults.any()) return std::move(faults).error();
  return material;
}

}  // namespace pai::tls
