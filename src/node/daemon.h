#pragma once

#include <memory>

#include "common/base/result.h"
#include "node/settings.h"

namespace pai::node {

/// The whole node daemon: state recovered, clients taken over, listening. Destroying it lets running clients
/// go on.
class Daemon {
 public:
  /// All that can be wrong with folders, state, certificates or the address is an error here; nothing listens
  /// then.
  static Result<std::unique_ptr<Daemon>> start(const Settings& settings);
  ~Daemon();

  std::uint16_t port() const;
  /// False when something hangs, for the watchdog.
  bool alive();
  /// Takes new certificates and the log level; an error leaves the old ones in use.
  Status reload(const Settings& settings);
  /// Warns of a certificate that ends soon; asked now and then, from the thread that reloads.
  void look_at_certificate();
  /// Not ready, no new connections; requests under way get a moment.
  void drain();

 private:
  Status apply(const Settings& settings);
  struct Impl;
  explicit Daemon(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace pai::node
