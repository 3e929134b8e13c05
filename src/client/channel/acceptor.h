#pragma once

#include <chrono>
#include <memory>

#include "client/channel/session.h"
#include "common/base/result.h"

namespace pai::client {

/// The listening side: takes the streams of clients with higher ids, and the master's questions.
class Acceptor {
 public:
  /// Binds the computation port. kConflict "computation port 9000 is taken"; kInvalid for an address that is not ours or
  /// TLS material that gRPC does not take. `session` outlives the acceptor.
  static Result<std::unique_ptr<Acceptor>> start(Session& session);

  virtual ~Acceptor() = default;
  /// Takes no more, ends what still runs at the deadline, and waits for it.
  virtual void stop(std::chrono::system_clock::duration grace) = 0;
};

}  // namespace pai::client
