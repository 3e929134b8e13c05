#pragma once

#include <openssl/crypto.h>

#include <cstddef>
#include <memory>
#include <string_view>

namespace pai::ctl::pki {

/// Bytes of fixed size that are wiped when they go: a private key as PEM. It is moved, never copied, and has
/// no way to a stream or a message.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::size_t size) : bytes_(new char[size](), Wipe{size}), size_(size) {}

  char* data() { return bytes_.get(); }
  std::size_t size() const { return size_; }
  std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  struct Wipe {
    std::size_t size = 0;
    void operator()(char* bytes) const {
      OPENSSL_cleanse(bytes, size);
      delete[] bytes;
    }
  };
  std::unique_ptr<char[], Wipe> bytes_{nullptr, Wipe{}};
  std::size_t size_ = 0;
};

}  // namespace pai::ctl::pki
