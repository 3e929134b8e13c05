#include "ctl/user_config.h"

#include <cstdlib>
#include <system_error>

#include "common/config/faults.h"
#include "common/config/file.h"

namespace pai::ctl {
namespace {

namespace fs = std::filesystem;
using Kind = config::Setting::Kind;

config::Declaration declaration() {
  return {.program = "paictl",
          .summary = "",
          .settings = {
              {.name = "master", .kind = Kind::kString, .help = "The master, https://HOST:PORT."},
              {.name = "ca", .kind = Kind::kPath, .help = "PEM bundle of the authorities whose certificates are believed."},
              {.name = "certificate", .kind = Kind::kPath, .help = "Own certificate, PEM."},
              {.name = "key", .kind = Kind::kPath, .help = "Its key, PEM."},
              {.name = "token_file", .kind = Kind::kPath, .help = "File with a token, mode 0600."},
          }};
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string without_end(std::string url) {
  if (url.ends_with('/')) url.pop_back();
  return url;
}

}  // namespace

fs::path user_config_file() {
  const std::string folder = variable("XDG_CONFIG_HOME");
  if (folder.starts_with('/')) return fs::path(folder) / "pai" / "paictl.toml";  // others are to be ignored
  const std::string home = variable("HOME");
  return home.empty() ? fs::path() : fs::path(home) / ".config" / "pai" / "paictl.toml";
}

Status complete(MasterOptions& master, const fs::path& file, bool has_token) {
  config::Values values;
  std::error_code fault;
  if (!file.empty() && fs::exists(file, fault)) {
    config::Faults faults;
    config::read_settings_file(declaration(), file, values, faults);
    if (!faults.empty()) return Error(ErrorCode::kInvalid, "the configuration has faults").with_details(faults.take());
  }
  const std::string named = values.text_or("master", "");
  if (master.url.empty()) master.url = named;
  if (master.url.empty()) {
    return Error(ErrorCode::kInvalid, "no master is known")
        .with_hint("--master https://HOST:PORT, or PAI_MASTER, or master = \"…\" in " + (file.empty() ? std::string("~/.config/pai/paictl.toml") : file.string()));
  }
  if (without_end(master.url) != without_end(named)) return {};
  const auto path = [&](const char* name) {
    const std::string given = values.text_or(name, "");
    if (given.empty()) return given;
    if (given.starts_with("~/")) return variable("HOME") + given.substr(1);
    return (file.parent_path() / given).lexically_normal().string();
  };
  if (master.ca.empty()) master.ca = path("ca");
  if (master.certificate.empty() && master.key.empty()) {
    master.certificate = path("certificate");
    master.key = path("key");
  }
  if (master.token_file.empty() && !has_token) master.token_file = path("token_file");
  return {};
}

Status complete(Options& options, const fs::path& file, bool has_token) {
  return std::visit(
      [&](auto& asked) -> Status {
        if constexpr (requires { asked.master; }) {
          return complete(asked.master, file, has_token);
        } else {
          return {};
        }
      },
      options);
}

}  // namespace pai::ctl
