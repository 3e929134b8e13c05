// pai-master: the daemon that users talk to. Reads settings, starts the daemon, waits for signals.
#include <algorithm>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "common/access/token.h"
#include "common/base/time.h"
#include "common/config/settings.h"
#include "common/log/log.h"
#include "common/service/service.h"
#include "master/create_admin.h"
#include "master/daemon.h"
#include "master/settings.h"

namespace {

using pai::master::Daemon;
using pai::master::Settings;

int fail(const pai::Error& error) {
  std::fprintf(stderr, "pai-master: %s\n", error.message().c_str());
  for (const auto& detail : error.details()) {
    std::fprintf(stderr, "  %s: %s\n", detail.where.c_str(), detail.message.c_str());
  }
  if (!error.hint().empty()) std::fprintf(stderr, "hint: %s\n", error.hint().c_str());
  return 1;
}

void reload(Daemon& daemon, const std::vector<std::string>& arguments) {
  pai::service::notify_reloading();
  const auto again = [&]() -> pai::Status {
    PAI_ASSIGN(const auto invocation, pai::config::read(pai::master::declaration(), arguments));
    PAI_ASSIGN(const Settings settings, pai::master::settings_from(invocation.values));
    return daemon.reload(settings);
  };
  if (const pai::Status reloaded = again(); reloaded.ok()) {
    pai::log::info("log level, users and certificates were reloaded");
  } else {
    pai::log::error("reload failed, what was in use stays", {{"fault", reloaded.error().describe()}});
  }
  pai::service::notify_ready("running");
}

int run(const Settings& settings, const std::vector<std::string>& arguments) {
  pai::service::block_signals();
  pai::service::harden_process();
  if (const pai::Status logging = pai::log::init(settings.log); !logging.ok()) return fail(logging.error());
  auto daemon = Daemon::start(settings);
  if (!daemon.ok()) {
    pai::log::error("master could not start", {{"fault", daemon.error().describe()}});
    return 1;
  }
  pai::service::notify_ready("running");
  pai::service::run_until_stopped({.reload = [&] { reload(**daemon, arguments); }, .hourly = [&] { (*daemon)->look_at_certificate(); }});
  pai::service::notify_stopping("draining; tasks go on");
  (*daemon)->drain();
  daemon->reset();
  pai::log::info("master stopped, tasks go on");
  return 0;
}

/// Takes `--create-admin NAME` out of the arguments: it is no setting, for a daemon that starts makes nobody admin.
std::optional<std::string> take_create_admin(std::vector<std::string>& arguments) {
  for (auto at = arguments.begin(); at != arguments.end(); ++at) {
    constexpr std::string_view kWithValue = "--create-admin=";
    if (at->starts_with(kWithValue)) {
      std::string name = at->substr(kWithValue.size());
      arguments.erase(at);
      return name;
    }
    if (*at != "--create-admin") continue;
    std::string name = at + 1 == arguments.end() ? "" : *(at + 1);
    arguments.erase(at, at + 1 == arguments.end() ? at + 1 : at + 2);
    return name;
  }
  return std::nullopt;
}

/// What the configuration says of the network does not matter here: `--data-dir D` alone is enough.
void fill_in_network(std::vector<std::string>& arguments) {
  for (const auto& one : arguments) {
    if (one.starts_with("--config") || one.starts_with("--listen")) return;
  }
  arguments.insert(arguments.end(), {"--listen", "127.0.0.1:1"});
  if (std::find(arguments.begin(), arguments.end(), "--insecure") == arguments.end()) arguments.push_back("--insecure");
}

int create_admin(const Settings& settings, const std::string& name) {
  pai::log::set_level(pai::log::Level::kWarning);  // the token stands alone
  auto made = pai::master::create_admin(settings.data_dir, name);
  if (!made.ok()) return fail(made.error());
  std::printf("made the admin %s; the token holds until %s and is not shown again:\n\n%s\n", name.c_str(),
              pai::utc_text(made->user.expires_at).c_str(), made->token.c_str());
  pai::access::wipe(made->token);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  const auto new_admin = take_create_admin(arguments);
  if (new_admin) fill_in_network(arguments);
  const auto invocation = pai::config::read(pai::master::declaration(), arguments);
  if (!invocation.ok()) return fail(invocation.error());
  if (invocation->action == pai::config::Invocation::Action::kPrintAndExit) {
    std::puts(invocation->print.c_str());
    return 0;
  }
  const auto settings = pai::master::settings_from(invocation->values);
  if (!settings.ok()) return fail(settings.error());
  if (new_admin) return create_admin(*settings, *new_admin);
  if (invocation->action == pai::config::Invocation::Action::kRun) return run(*settings, arguments);
  if (const pai::Status machine = pai::master::check_machine(*settings); !machine.ok()) return fail(machine.error());
  std::puts("the configuration is fine");
  return 0;
}
