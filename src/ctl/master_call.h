#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <nlohmann/json.hpp>

#include "common/base/result.h"
#include "common/http/client.h"
#include "ctl/options.h"

namespace pai::ctl {

/// Calls to one master, with what the command line gave. The token is wiped at the end.
class Master {
 public:
  /// kInvalid: the URL, files or token; kDenied: plain HTTP to another machine.
  static Result<Master> reach(const MasterOptions& options);
  Master(Master&&) = default;
  Master& operator=(Master&&) = delete;
  ~Master();

  /// The answer's document. An error answer is the master's own error; kNodeFailed or kTimeout when there is none.
  Result<nlohmann::json> call(http::Method method, std::string target,
                              std::chrono::milliseconds timeout = std::chrono::seconds(20), std::string body = {});

 private:
  Master(std::unique_ptr<http::Client> client, http::Endpoint endpoint, std::string token)
      : client_(std::move(client)), endpoint_(std::move(endpoint)), token_(std::move(token)) {}

  std::unique_ptr<http::Client> client_;
  http::Endpoint endpoint_;
  std::string token_;
};

}  // namespace pai::ctl
