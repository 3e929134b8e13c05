#include "ctl/files.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "common/base/text.h"

namespace pai::ctl {
namespace {

constexpr std::size_t kKeyBytesMax = std::size_t{64} << 10;
constexpr unsigned kKeyMode = 0600;
constexpr unsigned kPublicMode = 0644;

std::string in_quotes(const std::filesystem::path& path) {
  return "'" + printable(path.native(), 400) + "'";
}

/// Fills a file that was just made.
Status fill(const io::Fd& file, const std::string& name, std::string_view bytes, unsigned mode) {
  PAI_TRY(io::write_all(file.get(), bytes, name));
  if (::fchmod(file.get(), mode) != 0) return errno_error("cannot set the mode of " + in_quotes(name), errno);
  if (::fsync(file.get()) != 0) return errno_error("cannot write " + in_quotes(name), errno);
  return {};
}

}  // namespace

Result<NewFiles> NewFiles::in(const std::filesystem::path& folder) {
  PAI_ASSIGN(io::Root root, io::Root::open(folder, true));
  return NewFiles(std::move(root));
}

NewFiles::~NewFiles() {
  for (const auto& name : made_)
    (void)root_.remove_tree(name);  // the command's own fault is what is reported
}

Status NewFiles::add_key(const std::string& name, const pki::Secret& pem) {
  return add(name, pem.view(), kKeyMode);
}

Status NewFiles::add_public(const std::string& name, const std::string& text) {
  return add(name, text, kPublicMode);
}

Status NewFiles::add(const std::string& name, std::string_view bytes, unsigned mode) {
  auto file = root_.create_file(name);
  if (!file.ok() && file.error().code() == ErrorCode::kConflict) {
    return Error(ErrorCode::kConflict, in_quotes(path(name)) + " exists already; nothing was changed")
        .with_hint(
            "choose another name or folder, or move the file away yourself: paictl never overwrites keys and "
            "certificates");
  }
  if (!file.ok()) return std::move(file).error();
  made_.push_back(name);
  return fill(*file, name, bytes, mode);
}

Status NewFiles::keep() {
  PAI_TRY(root_.sync_folder("."));
  made_.clear();
  return {};
}

Status replace_certificate(const std::filesystem::path& file, const std::string& text) {
  const auto parent = file.parent_path();
  const std::string name = file.filename().string();
  PAI_ASSIGN(const io::Root root,
             io::Root::open(parent.empty() ? std::filesystem::path(".") : parent, false));
  PAI_TRY(root.remove_tree(name + ".new"));  // of a renewal that was cut short
  PAI_ASSIGN(const io::Fd made, root.create_file(name + ".new"));
  PAI_TRY(fill(made, name + ".new", text, kPublicMode));
  PAI_TRY(root.exchange(name + ".new", name));
  PAI_TRY(root.remove_tree(name + ".old"));
  PAI_TRY(root.rename(name + ".new", name + ".old"));
  return root.sync_folder(".");
}

Result<pki::Secret> read_key(const std::filesystem::path& file) { return read_secret(file, "key"); }

Result<pki::Secret> read_secret(const std::filesystem::path& file, const std::string& kind) {
  const std::string what = "cannot read the " + kind + " " + in_quotes(file);
  const io::Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status {};
  if (!fd.valid() || ::fstat(fd.get(), &status) != 0) return errno_error(what, errno);
  if (!S_ISREG(status.st_mode)) return Error(ErrorCode::kInvalid, what + ": it is no regular file");
  if ((status.st_mode & 077) != 0) {
    return Error(ErrorCode::kDenied, in_quotes(file) + " can be read or written by others than its owner")
        .with_hint("chmod 0600 it, and consider the " + kind + " known if others had a chance to read it");
  }
  if (status.st_size <= 0 || static_cast<std::size_t>(status.st_size) > kKeyBytesMax) {
    return Error(ErrorCode::kInvalid, what + ": it is empty or larger than 64 KiB");
  }
  pki::Secret bytes(static_cast<std::size_t>(status.st_size));
  for (std::size_t have = 0; have < bytes.size();) {
    const ssize_t got = ::read(fd.get(), bytes.data() + have, bytes.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno_error(what, errno);
    if (got == 0) return Error(ErrorCode::kIo, what + ": it became shorter while it was read");
    have += static_cast<std::size_t>(got);
  }
  return bytes;
}

Result<std::string> read_public(const std::filesystem::path& file) {
  PAI_ASSIGN(std::string text, io::read_file(file));
  if (text.find("PRIVATE KEY") != std::string::npos) {
    OPENSSL_cleanse(text.data(), text.size());
    return Error(ErrorCode::kInvalid, in_quotes(file) + " holds a private key")
        .with_hint(
            "name the certificate (.pem) or request (.csr) beside it; keys are neither shown nor sent");
  }
  return text;
}

}  // namespace pai::ctl
