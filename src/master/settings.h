#pragma once

#include <filesystem>
#include <vector>

#include "common/base/result.h"
#include "common/config/settings.h"
#include "common/http/server.h"
#include "common/log/log.h"
#include "common/tls/tls.h"
#include "master/retention.h"
#include "master/door.h"
#include "master/lifecycle.h"
#include "master/node_link.h"
#include "master/node_policy.h"

namespace pai::master {

/// Everything this daemon is told, checked.
struct Settings {
  http::HostPort listen;
  bool insecure = false;
  tls::Files tls;
  std::filesystem::path data_dir;  ///< absolute
  std::vector<ConfiguredNode> nodes;
  DoorRules door;
  bool certificate_optional = false;  ///< callers without one may connect, and need a token
  LinkTimeouts link;
  LifecycleOptions lifecycle;
  RetentionRules retention;
  std::uint64_t audit_file_bytes_max = 0;
  log::Options log;
  http::Limits http;
};

/// The one declaration of all settings: file, flags, checks, help and the documentation page come from it.
const config::Declaration& declaration();

/// From checked values to settings: what a single value can't show, such as --insecure on a public address. All faults
/// are reported together (kInvalid).
Result<Settings> settings_from(const config::Values& values);

/// What can only be seen on this machine, for --check-config: the data folder, TLS files. Creates nothing. All faults
/// are reported together.
Status check_machine(const Settings& settings);

}  // namespace pai::master
