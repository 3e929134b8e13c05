#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <thread>

#include "bench/channel/links.h"

namespace pai::bench {

namespace {

using namespace std::chrono_literals;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int dial(std::uint16_t port) {
  const auto address = loopback(port);
  for (int attempt = 0; attempt < 2000; ++attempt) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
    ::close(fd);
    std::this_thread::sleep_for(5ms);
  }
  give_up("nobody listens");
}

class TlsLinks final : public Links {
 public:
  explicit TlsLinks(const Party& party) : ssl_(party.ports.size()), buffer_(1 << 20) {
    context_ = ::SSL_CTX_new(::TLS_method());
    ::SSL_CTX_set_min_proto_version(context_, TLS1_3_VERSION);
    ::SSL_CTX_set_num_tickets(context_, 0);
    ::SSL_CTX_set_verify(context_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    if (::SSL_CTX_use_certificate_chain_file(context_, party.files.certificate.c_str()) != 1 ||
        ::SSL_CTX_use_PrivateKey_file(context_, party.files.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
        ::SSL_CTX_load_verify_locations(context_, party.files.trusted.c_str(), nullptr) != 1) {
      give_up("TLS files not taken");
    }
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const auto address = loopback(party.ports.at(static_cast<std::size_t>(party.self)));
    if (::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      give_up("port taken");
    ::listen(listener, 8);
    for (int peer = 0; peer < party.self; ++peer) {
      auto* ssl = open(dial(party.ports.at(static_cast<std::size_t>(peer))));
      const auto self = static_cast<std::uint8_t>(party.self);
      if (::SSL_connect(ssl) != 1 || ::SSL_write(ssl, &self, 1) != 1) give_up("handshake failed");
      ssl_.at(static_cast<std::size_t>(peer)) = ssl;
    }
    for (int count = party.self + 1; count < party.parties(); ++count) {
      auto* ssl = open(::accept(listener, nullptr, nullptr));
      std::uint8_t peer = 0;
      if (::SSL_accept(ssl) != 1 || ::SSL_read(ssl, &peer, 1) != 1) give_up("handshake failed");
      ssl_.at(peer) = ssl;
    }
    ::close(listener);
  }

  ~TlsLinks() override {
    for (auto* ssl : ssl_) {
      if (ssl != nullptr) ::close(::SSL_get_fd(ssl));
      ::SSL_free(ssl);
    }
    ::SSL_CTX_free(context_);
  }

  void send(int peer, const std::string& body) override {
    const auto size = static_cast<std::uint32_t>(body.size());
    std::memcpy(buffer_.data(), &size, sizeof size);
    std::memcpy(buffer_.data() + sizeof size, body.data(), size);
    const auto bytes = static_cast<int>(sizeof size + size);
    if (::SSL_write(ssl_.at(static_cast<std::size_t>(peer)), buffer_.data(), bytes) != bytes)
      give_up("write failed");
  }

  std::size_t receive(int peer) override {
    std::uint32_t size = 0;
    read(peer, reinterpret_cast<char*>(&size), sizeof size);
    read(peer, buffer_.data(), size);
    return size;
  }

 private:
  SSL* open(int fd) {
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto* ssl = ::SSL_new(context_);
    ::SSL_set_fd(ssl, fd);
    return ssl;
  }

  void read(int peer, char* to, std::size_t bytes) {
    while (bytes != 0) {
      const int got = ::SSL_read(ssl_.at(static_cast<std::size_t>(peer)), to, static_cast<int>(bytes));
      if (got <= 0) give_up("read failed");
      to += got;
      bytes -= static_cast<std::size_t>(got);
    }
  }

  SSL_CTX* context_ = nullptr;
  std::vector<SSL*> ssl_;
  std::vector<char> buffer_;
};

}  // namespace

std::unique_ptr<Links> tls_links(const Party& party) {
  return std::make_unique<TlsLinks>(party);
}

}  // namespace pai::bench
