#pragma once

#include <string>
#include <variant>
#include <vector>

#include "ctl/pki/key.h"
#include "ctl/pki/names.h"

namespace pai::ctl {

// What the command line asks for, checked. Folders and files as they were given.

struct InitOptions {
  std::string folder;
  std::string name;
  pki::KeyType key = pki::KeyType::kP256;
  int days = 3650;
};

struct IssueOptions {
  std::string folder;
  pki::Names names;
  pki::KeyType key = pki::KeyType::kP256;
  int days = 365;
  std::string out;  ///< empty: the CA's folder
};

struct RequestOptions {
  pki::Names names;
  pki::KeyType key = pki::KeyType::kP256;
  std::string out;
};

struct SignOptions {
  std::string folder;
  std::string request;
  std::string name;  ///< empty: whatever the request says
  int days = 365;
  std::string out;  ///< empty: the CA's folder
};

struct RenewOptions {
  std::string folder;
  std::string certificate;
  int days = 365;
  std::string out;  ///< empty: in the place of the certificate
};

struct BundleOptions {
  std::string out;
  std::vector<std::string> files;
};

struct ShowOptions {
  std::string file;
  bool json = false;
};

/// Where the master is, and as whom it is called.
struct MasterOptions {
  std::string url;          ///< https://HOST:PORT, or http:// on loopback
  std::string ca;           ///< whom to believe; needed for https
  std::string certificate;  ///< own one, with its key; empty: none
  std::string key;
  std::string token_file;   ///< empty: the environment's PAI_TOKEN, if it is set
};

struct UserOptions {
  enum class Verb { kAdd, kList, kRenew, kRevoke };
  MasterOptions master;
  Verb verb = Verb::kList;
  std::string name;
  std::string role;
  int days = 90;
  bool json = false;
};

struct AuditOptions {
  std::vector<std::string> files;  ///< or folders, for what they hold of an audit log
};

struct PreflightOptions {
  MasterOptions master;
  std::string task_file;  ///< empty: the nodes of the master's configuration
  bool json = false;
};

/// Help or version: printed, and the program ends well.
struct PrintOptions {
  std::string text;
};

using Options = std::variant<PrintOptions, InitOptions, IssueOptions, RequestOptions, SignOptions,
                             RenewOptions, BundleOptions, ShowOptions, UserOptions, AuditOptions, PreflightOptions>;

}  // namespace pai::ctl
