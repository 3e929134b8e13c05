#pragma once

#include <cstdint>
#include <memory>

#include "common/base/result.h"
#include "master/settings.h"

namespace pai::master {

/// The master in one object: state recovered, listening. Its destructor ends what runs within the calls' deadlines;
/// tasks go on at their nodes and are taken up again at the next start.
class Daemon {
 public:
  /// Opens the data folder (one daemon each), recovers, binds, listens. Errors say what to mend.
  static Result<std::unique_ptr<Daemon>> start(const Settings& settings);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  std::uint16_t port() const;
  /// Log level, [[users]], and certificates, for new connections.
  Status reload(const Settings& settings);
  /// Warns of a certificate that ends soon; asked now and then, from the thread that reloads.
  void look_at_certificate();
  /// Mutating calls are refused from now on; what runs is finished, within a bound.
  void drain();

 private:
  Status apply(const Settings& settings);
  struct Impl;
  explicit Daemon(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace pai::master
