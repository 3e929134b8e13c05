#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace pai::http {

/// A socket that sends what no well-behaved client would.
class RawConnection {
 public:
  /// `from`: the loopback address to call from.
  explicit RawConnection(std::uint16_t port, const char* from = "127.0.0.1");
  ~RawConnection();
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;

  /// False when the other side has closed.
  bool send(std::string_view text);
  void shut_write();
  /// Closes with a reset.
  void reset();

  struct Answer {
    int status = 0;  ///< 0: the connection ended before a whole answer, or none came in 20 s
    std::string head;
    std::string body;
  };
  /// Reads one answer; its length comes from Content-Length or chunks. `head_only` after HEAD.
  Answer read_answer(bool head_only = false);
  /// Everything until `text` has come (with it), or until the end.
  std::string read_until(std::string_view text);
  /// True when the other side closes and says nothing more; false when bytes come or 20 s pass.
  bool at_end();

 private:
  bool fill();
  std::string take(std::size_t bytes);

  int fd_ = -1;
  std::string buffer_;
};

}  // namespace pai::http
