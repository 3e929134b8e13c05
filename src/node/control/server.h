#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <thread>

#include <nlohmann/json.hpp>

#include "common/base/result.h"
#include "common/io/files.h"

namespace pai::node::control {

inline constexpr std::string_view kSocketName = "control.sock";

/// Answers one command, an object with `command`. Runs on the server's thread and may block.
using Handler = std::function<Result<nlohmann::json>(const nlohmann::json& command)>;

/// The owner's door: a Unix socket in the data folder (0600) that answers this user and root only. One JSON line in, one
/// out, and the connection ends; one at a time, each within seconds.
class Server {
 public:
  /// Replaces a socket that an earlier life left. kIo when it can't be made.
  static Result<std::unique_ptr<Server>> open(const io::Root& data, Handler handler);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

 private:
  Server(io::Fd listener, io::Fd stop, Handler handler);
  void run();
  void serve(const io::Fd& connection);

  io::Fd listener_;
  io::Fd stop_;
  const Handler handler_;
  std::thread thread_;
};

}  // namespace pai::node::control
