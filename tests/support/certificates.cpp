#include "support/certificates.h"

#include <sys/wait.h>

#include <chrono>
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
