#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/io/files.h"
#include "ctl/pki/secret.h"

namespace pai::ctl {

/// The new files of one command, below one folder: made with O_EXCL, so that nothing is overwritten, and
/// removed again unless the command came to its end.
class NewFiles {
 public:
  /// Opens the folder; a missing one is made with mode 0700.
  static Result<NewFiles> in(const std::filesystem::path& folder);
  NewFiles(NewFiles&&) = default;
  NewFiles& operator=(NewFiles&&) = delete;
  ~NewFiles();

  /// Mode 0600. kConflict when the file exists.
  Status add_key(const std::string& name, const pki::Secret& pem);
  /// Mode 0644: for everybody. kConflict when the file exists.
  Status add_public(const std::string& name, const std::string& text);
  /// Makes them durable and lets them be.
  Status keep();

  std::string path(const std::string& name) const { return (root_.path() / name).string(); }

 private:
  explicit NewFiles(io::Root root) : root_(std::move(root)) {}
  Status add(const std::string& name, std::string_view bytes, unsigned mode);

  io::Root root_;
  std::vector<std::string> made_;
};

/// Puts a certificate in the place of a file in one step, so that a daemon reads either; what was there is
/// NAME.old.
Status replace_certificate(const std::filesystem::path& file, const std::string& text);

/// A file's bytes that nobody else may read, at most 64 KiB; `what` it is, for messages. kDenied when others than its owner may read or write
/// it, or we may not.
Result<pki::Secret> read_secret(const std::filesystem::path& file, const std::string& what);

/// A private key file's bytes. kDenied when others than its owner may read or write it, or we may not.
Result<pki::Secret> read_key(const std::filesystem::path& file);

/// A file of certificates or requests, at most 1 MiB. kInvalid for a file with a private key, whose bytes are
/// wiped: keys are not shown and not sent.
Result<std::string> read_public(const std::filesystem::path& file);

}  // namespace pai::ctl
