#include "support/certificates.h"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <stdexcept>

#include "support/process.h"
#include "support/temp_folder.h"

namespace pai::test {

void Certificates::make(const std::vector<std::string>& names, const Options& options) const {
  std::vector<std::string> argv = {std::string(PAI_SOURCE_DIR) + "/scripts/make-certificates", "--days",
                                   std::to_string(options.days)};
  for (const auto& san : options.sans) argv.insert(argv.end(), {"--san", san});
  if (options.anew) argv.push_back("--force");
  argv.push_back(folder_.string());
  argv.insert(argv.end(), names.begin(), names.end());

  const auto log = folder_.string() + ".log";
  Process script(argv, log);
  const auto status = script.wait(std::chrono::seconds(30));
  if (!status || !WIFEXITED(*status) || WEXITSTATUS(*status) != 0) {
    throw std::runtime_error("make-certificates failed: " + read_text(log));
  }
}

void Certificates::postdate(const std::string& name) const {
  const auto file_of = [](const std::filesystem::path& path, const char* mode) {
    return std::unique_ptr<std::FILE, int (*)(std::FILE*)>(std::fopen(path.c_str(), mode), std::fclose);
  };
  constexpr long kTomorrow = 24 * 3600;
  const std::unique_ptr<X509, void (*)(X509*)> made(PEM_read_X509(file_of(certificate(name), "r").get(), nullptr, nullptr, nullptr), X509_free);
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> signer(PEM_read_PrivateKey(file_of(folder_ / "ca.key", "r").get(), nullptr, nullptr, nullptr),
                                                              EVP_PKEY_free);
  if (made == nullptr || signer == nullptr || X509_gmtime_adj(X509_getm_notBefore(made.get()), kTomorrow) == nullptr ||
      X509_sign(made.get(), signer.get(), EVP_sha256()) == 0 || PEM_write_X509(file_of(certificate(name), "w").get(), made.get()) == 0) {
    throw std::runtime_error("the certificate of " + name + " could not be signed anew");
  }
}

tls::Files Certificates::files(const std::string& name) const {
  tls::Files files;
  files.certificate = certificate(name);
  files.key = key(name);
  files.trusted = ca();
  return files;
}

tls::Material Certificates::material(const std::string& name) const {
  auto loaded = tls::load(files(name));
  if (!loaded.ok()) throw std::runtime_error(loaded.error().describe());
  return std::move(loaded).value();
}

tls::Material Certificates::unchecked(const std::string& name) const {
  tls::Material material;
  material.certificate_pem = read_text(certificate(name));
  material.key_pem = read_text(key(name));
  material.trusted_pem = read_text(ca());
  return material;
}

}  // namespace pai::test
