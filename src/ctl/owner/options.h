#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace pai::ctl {

/// A command of the data owner to its own node.
struct OwnerOptions {
  std::string data_dir;            ///< of the node: its socket is there
  nlohmann::json command;          ///< as the node takes it
  std::string task_file = {};      ///< read into `task` of the command; empty: none
  std::string policy_file = {};    ///< read into `text` of the command; empty: none
  bool json = false;               ///< the answer as it comes
};

}  // namespace pai::ctl
