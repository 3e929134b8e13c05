#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/tls/tls.h"

namespace pai::test {

/// A trial CA and certificates of it, made by scripts/make-certificates. A fault of the script fails the test that asks.
class Certificates {
 public:
  explicit Certificates(std::filesystem::path folder) : folder_(std::move(folder)) {}

  struct Options {
    int days = 365;                 ///< 0 or less: expired
    std::vector<std::string> sans = {};
    bool anew = false;              ///< replace those that are there
  };
  void make(const std::vector<std::string>& names, const Options& options = {365, {}, false}) const;

  /// Signs the certificate of `name` anew, valid from tomorrow on.
  void postdate(const std::string& name) const;

  std::filesystem::path ca() const { return folder_ / "ca.pem"; }
  std::filesystem::path certificate(const std::string& name) const { return folder_ / (name + ".pem"); }
  std::filesystem::path key(const std::string& name) const { return folder_ / (name + ".key"); }

  tls::Files files(const std::string& name) const;
  /// Loaded and checked. Expired ones do not pass: see `unchecked`.
  tls::Material material(const std::string& name) const;
  /// The files' content as it is, for what tls::load refuses.
  tls::Material unchecked(const std::string& name) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace pai::test
