#include "node/process/loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <utility>

namespace pai::node::process {
namespace {

constexpr Loop::Token kWakeToken = 0;

}  // namespace

Result<std::unique_ptr<Loop>> Loop::make() {
  io::Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.valid()) return errno_error("cannot create an epoll descriptor", errno);
  io::Fd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.valid()) return errno_error("cannot create an event descriptor", errno);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kWakeToken;
  if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, wake.get(), &event) != 0) {
    return errno_error("cannot watch an event descriptor", errno);
  }
  return std::unique_ptr<Loop>(new Loop(std::move(epoll), std::move(wake)));
}

Loop::Loop(io::Fd epoll, io::Fd wake)
    : epoll_(std::move(epoll)), wake_(std::move(wake)), thread_([this] { run(); }) {}

Loop::~Loop() {
  stop();
}

void Loop::stop() {
  PAI_CHECK(std::this_thread::get_id() != thread_.get_id(), "a loop is not stopped by its own callback");
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake();
  if (thread_.joinable()) thread_.join();
}

void Loop::wake() {
  const std::uint64_t one = 1;
  // EAGAIN means that the counter is full: the loop is being woken already.
  (void)!::write(wake_.get(), &one, sizeof one);
}

Result<Loop::Token> Loop::on_readable(int fd, Callback callback) {
  const std::lock_guard lock(mutex_);
  const Token token = next_token_++;
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = token;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    return errno_error("cannot watch a descriptor", errno);
  }
  readers_.emplace(token, std::pair(fd, std::make_shared<Callback>(std::move(callback))));
  return token;
}

Loop::Token Loop::after(std::chrono::milliseconds time, Callback callback) {
  Token token = 0;
  {
    const std::lock_guard lock(mutex_);
    token = next_token_++;
    timers_.emplace(Clock::now() + time, Timer{token, std::move(callback)});
  }
  wake();
  return token;
}

void Loop::cancel(Token token) {
  const std::lock_guard lock(mutex_);
  if (const auto reader = readers_.find(token); reader != readers_.end()) {
    (void)::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, reader->second.first,
                      nullptr);  // fails only if already closed
    readers_.erase(reader);
    return;
  }
  const auto timer = std::find_if(timers_.begin(), timers_.end(),
                                  [token](const auto& entry) { return entry.second.token == token; });
  if (timer != timers_.end()) timers_.erase(timer);
}

bool Loop::responsive(std::chrono::milliseconds patience) {
  {
    const std::lock_guard lock(mutex_);
    if (asked_at_) return Clock::now() - *asked_at_ < patience;
    asked_at_ = Clock::now();
  }
  wake();
  return true;
}

int Loop::wait_ms() {
  const std::lock_guard lock(mutex_);
  asked_at_.reset();
  if (timers_.empty()) return -1;
  const auto left = timers_.begin()->first - Clock::now();
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
  return static_cast<int>(std::clamp<std::int64_t>(ms, 0, std::numeric_limits<int>::max()));
}

void Loop::run_due_timers() {
  while (true) {
    Callback callback;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_ || timers_.empty() || timers_.begin()->first > Clock::now()) return;
      callback = std::move(timers_.begin()->second.callback);
      timers_.erase(timers_.begin());
    }
    callback();
  }
}

void Loop::run() {
  std::array<epoll_event, 32> events{};
  while (true) {
    const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), wait_ms());
    PAI_CHECK(count >= 0 || errno == EINTR, "epoll_wait fails only on a bad descriptor");
    for (int i = 0; i < count; ++i) {
      const Token token = events[static_cast<std::size_t>(i)].data.u64;
      if (token == kWakeToken) {
        std::uint64_t counter = 0;
        (void)!::read(wake_.get(), &counter, sizeof counter);  // nothing to read is fine: woken is woken
        continue;
      }
      std::shared_ptr<Callback> callback;
      {
        const std::lock_guard lock(mutex_);
        // Cancelled by a callback of the same round: its descriptor may be closed already.
        const auto reader = readers_.find(token);
        if (stopping_ || reader == readers_.end()) continue;
        callback = reader->second.second;
      }
      (*callback)();
    }
    run_due_timers();
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
  }
}

}  // namespace pai::node::process
