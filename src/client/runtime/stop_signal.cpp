#include "client/runtime/stop_signal.h"

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <exception>
#include <string>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace pai::client {

namespace {

sigset_t stop_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGTERM);
  ::sigaddset(&set, SIGINT);
  return set;
}

}  // namespace

void StopSignal::block() {
  const auto set = stop_signals();
  PAI_CHECK(::pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0, "signals can be blocked");
  ::signal(SIGPIPE, SIG_IGN);
}

StopSignal::~StopSignal() {
  if (!thread_.joinable()) return;
  const std::uint64_t one = 1;
  PAI_CHECK(::write(end_.get(), &one, sizeof one) == sizeof one, "an eventfd takes its first count");
  thread_.join();
}

Status StopSignal::watch(std::function<void(int)> action) {
  const auto set = stop_signals();
  signals_ = io::Fd(::signalfd(-1, &set, SFD_CLOEXEC));
  if (!signals_.valid()) return errno_error("cannot wait for signals", errno);
  end_ = io::Fd(::eventfd(0, EFD_CLOEXEC));
  if (!end_.valid()) return errno_error("cannot wait for signals", errno);
  const auto wait = [this, act = std::move(action)] {
    pollfd waits[2] = {{signals_.get(), POLLIN, 0}, {end_.get(), POLLIN, 0}};
    while (::poll(waits, 2, -1) < 0 && errno == EINTR) {
    }
    signalfd_siginfo info{};
    if ((waits[0].revents & POLLIN) != 0 && ::read(signals_.get(), &info, sizeof info) == sizeof info) {
      act(static_cast<int>(info.ssi_signo));
    }
  };
  try {
    thread_ = std::thread(wait);
  } catch (const std::exception& exception) {
    return Error(ErrorCode::kInternal, std::string("cannot start a thread that waits for signals: ") + exception.what());
  }
  return {};
}

}  // namespace pai::client
