#pragma once

#include <CLI/App.hpp>
#include <optional>
#include <string>

#include "common/base/result.h"
#include "ctl/options.h"

namespace pai::ctl {

/// The part of the command line that talks to daemons: `paictl user …`, `paictl preflight`, and that reads what they leave: `paictl audit …`.
class DaemonGrammar {
 public:
  void add_to(CLI::App& app);
  /// What was asked for, when `understood` is one of its commands.
  std::optional<Result<Options>> options(const CLI::App& understood) const;

 private:
  void add_user(CLI::App& app);
  void add_audit(CLI::App& app);
  void add_preflight(CLI::App& app);
  void reach_master(CLI::App* app);

  MasterOptions master_;
  UserOptions user_;
  AuditOptions audit_;
  PreflightOptions preflight_;
  std::string output_ = "text";
  CLI::App* user_app_ = nullptr;
  CLI::App* audit_app_ = nullptr;
  CLI::App* preflight_app_ = nullptr;
};

}  // namespace pai::ctl
