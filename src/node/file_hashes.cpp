#include "node/file_hashes.h"

#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "common/base/text.h"

namespace pai::node {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 20;

Result<std::string> hash_of(int fd, const std::string& name, std::uint64_t bytes) {
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  const Error failed(ErrorCode::kInternal, "OpenSSL computes no SHA-256");
  if (!context || EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) != 1) return failed;
  std::vector<char> block(kBlock);
  for (std::uint64_t at = 0; at < bytes;) {
    PAI_ASSIGN(const std::size_t got, csv::read_at(fd, name, block.data(), block.size(), at));
    if (got == 0) return csv::changed_error(name);
    if (EVP_DigestUpdate(context.get(), block.data(), got) != 1) return failed;
    at += got;
  }
  std::array<std::uint8_t, 32> digest{};
  unsigned length = 0;
  if (EVP_DigestFinal_ex(context.get(), digest.data(), &length) != 1 || length != digest.size()) return failed;
  return to_hex(digest);
}

}  // namespace

Result<std::string> FileHashes::sha256(int fd, const std::string& name) {
  PAI_ASSIGN(const auto before, csv::identify(fd, name));
  {
    const std::lock_guard lock(mutex_);
    const auto found = known_.find(name);
    if (found != known_.end() && found->second.first == before) return found->second.second;
  }
  PAI_ASSIGN(auto digest, hash_of(fd, name, before.bytes));
  PAI_ASSIGN(const auto after, csv::identify(fd, name));
  if (!(after == before)) return csv::changed_error(name);
  const std::lock_guard lock(mutex_);
  if (known_.size() >= kFilesMax) known_.clear();
  known_[name] = {before, digest};
  return digest;
}

}  // namespace pai::node
