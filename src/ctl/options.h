#pragma once

#include <string>
#include <variant>
#include <vector>

#include "ctl/owner/options.h"
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

/// Help or version: printed, and the program ends well.
struct PrintOptions {
  std::string text;
};

using Options = std::variant<PrintOptions, InitOptions, IssueOptions, RequestOptions, SignOptions,
                             RenewOptions, BundleOptions, ShowOptions, OwnerOptions>;

}  // namespace pai::ctl
