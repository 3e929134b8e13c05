// pai-node: one party's daemon. Reads settings, starts the daemon, waits for signals.
#include <cstdio>
#include <string>
#include <vector>

#include "common/config/settings.h"
#include "common/log/log.h"
#include "common/service/privileges.h"
#include "common/service/service.h"
#include "node/daemon.h"
#include "node/settings.h"

namespace {

using pai::node::Daemon;
using pai::node::Settings;

int fail(const pai::Error& error) {
  std::fprintf(stderr, "pai-node: %s\n", error.message().c_str());
  for (const auto& detail : error.details()) {
    std::fprintf(stderr, "  %s: %s\n", detail.where.c_str(), detail.message.c_str());
  }
  if (!error.hint().empty()) std::fprintf(stderr, "hint: %s\n", error.hint().c_str());
  return 1;
}

void reload(Daemon& daemon, const std::vector<std::string>& arguments) {
  const auto again = [&]() -> pai::Status {
    PAI_ASSIGN(const auto invocation, pai::config::read(pai::node::declaration(), arguments));
    PAI_ASSIGN(const Settings settings, pai::node::settings_from(invocation.values));
    return daemon.reload(settings);
  };
  if (const pai::Status reloaded = again(); reloaded.ok()) {
    pai::log::info("log level, certificates and policy were reloaded");
  } else {
    pai::log::error("reload failed, what was in use stays", {{"fault", reloaded.error().describe()}});
  }
}

int run(const Settings& settings, const std::vector<std::string>& arguments) {
  pai::service::block_signals();
  if (const pai::Status logging = pai::log::init(settings.log); !logging.ok()) return fail(logging.error());
  if (!settings.user.empty()) {
    // The log was opened before; what else only root may open has no place here.
    if (const pai::Status became = pai::service::become_user(
            settings.user, {settings.data_dir.string(), settings.raw_dir.string(), settings.datasets_dir.string(),
                            settings.tasks_dir.string(), settings.staging_dir.string()});
        !became.ok()) {
      return fail(became.error());
    }
  }
  pai::service::harden_process();
  auto daemon = Daemon::start(settings);
  if (!daemon.ok()) {
    pai::log::error("node could not start", {{"fault", daemon.error().describe()}});
    return 1;
  }
  pai::service::notify_ready("running");
  pai::service::run_until_stopped(
      {.reload = [&] { reload(**daemon, arguments); }, .alive = [&] { return (*daemon)->alive(); },
       .hourly = [&] { (*daemon)->look_at_certificate(); }});
  pai::service::notify_stopping("draining; clients run on");
  (*daemon)->drain();
  daemon->reset();
  pai::log::info("node stopped, clients run on");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const auto invocation = pai::config::read(pai::node::declaration(), arguments);
  if (!invocation.ok()) return fail(invocation.error());
  if (invocation->action == pai::config::Invocation::Action::kPrintAndExit) {
    std::fputs(invocation->print.c_str(), stdout);
    return 0;
  }
  const auto settings = pai::node::settings_from(invocation->values);
  if (!settings.ok()) return fail(settings.error());
  if (invocation->action == pai::config::Invocation::Action::kRun) return run(*settings, arguments);
  if (const pai::Status machine = pai::node::check_machine(*settings); !machine.ok())
    return fail(machine.error());
  std::puts("the configuration is fine");
  return 0;
}
