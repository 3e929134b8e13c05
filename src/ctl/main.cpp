// paictl: reads the command line, runs one verb, prints.
#include <openssl/crypto.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "common/log/trace.h"
#include "ctl/command_line.h"
#include "ctl/user_config.h"
#include "ctl/verbs.h"

namespace {

constexpr int kFailed = 1;
constexpr int kNotAllowed = 2;
constexpr int kUsage = 64;

/// Keys are in this process: no core dump, no debugger of the same user, and, where the system allows it, no
/// swap.
void guard_memory() {
  const rlimit none{};
  (void)::setrlimit(RLIMIT_CORE,
                    &none);  // a refusal leaves what the system has; the keys' files are as they were
  (void)::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  (void)CRYPTO_secure_malloc_init(std::size_t{1} << 18, 32);  // without it OpenSSL wipes, but cannot lock
}

int code_of(const pai::Error& error) {
  switch (error.code()) {
    case pai::ErrorCode::kDenied:
    case pai::ErrorCode::kUnauthenticated:
    case pai::ErrorCode::kNodeFailed:
    case pai::ErrorCode::kUnavailable:
    case pai::ErrorCode::kTimeout:
      return kNotAllowed;
    default:
      return kFailed;
  }
}

int fail(const pai::Error& error, int code) {
  std::fprintf(stderr, "paictl: %s\n", error.message().c_str());
  for (const auto& detail : error.details()) {
    std::fprintf(stderr, "  %s: %s\n", detail.where.c_str(), detail.message.c_str());
  }
  if (!error.hint().empty()) std::fprintf(stderr, "hint: %s\n", error.hint().c_str());
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  guard_memory();
  auto options = pai::ctl::read_command_line(std::vector<std::string>(argv + 1, argv + argc));
  if (!options.ok()) return fail(options.error(), kUsage);
  if (const auto known = pai::ctl::complete(*options, pai::ctl::user_config_file(), std::getenv("PAI_TOKEN") != nullptr); !known.ok()) {
    return fail(known.error(), kUsage);
  }
  pai::log::set_process_trace(pai::log::new_trace());  // one for all that this command asks for
  const auto printed = pai::ctl::run(*options, std::time(nullptr));
  if (!printed.ok()) return fail(printed.error(), code_of(printed.error()));
  return std::fputs(printed->text.c_str(), stdout) < 0 || std::fflush(stdout) != 0 ? kFailed : printed->exit_code;
}
