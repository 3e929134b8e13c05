#include "node/port_probe.h"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>

#include "common/io/files.h"
#include "common/log/log.h"

namespace pai::node {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::size_t kOpenMax = 4;
constexpr auto kOpenFor = 15s;
constexpr auto kTryFor = 2s;
constexpr int kPortsTried = 64;
constexpr std::size_t kCallsMax = 30;
constexpr auto kPerCalls = 1min;

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

Addresses resolve(const std::string& host, std::uint16_t port, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) found = nullptr;
  return {found, ::freeaddrinfo};
}

/// The C library's look-up has no deadline of its own: one that is not there by `end` is left to a thread that nobody waits for. Of
/// such threads there are at most so many.
constexpr int kLookupsMax = 64;
std::atomic<int> lookups = 0;

Addresses resolve_until(const std::string& host, std::uint16_t port, Clock::time_point end) {
  struct Lookup {
    std::mutex mutex;
    std::condition_variable done;
    Addresses found{nullptr, ::freeaddrinfo};
    bool is_done = false;
  };
  if (++lookups > kLookupsMax) {
    --lookups;
    return {nullptr, ::freeaddrinfo};
  }
  const auto lookup = std::make_shared<Lookup>();
  try {
    std::thread([lookup, host, port] {
      auto found = resolve(host, port, 0);
      const std::lock_guard lock(lookup->mutex);
      lookup->found = std::move(found);
      lookup->is_done = true;
      lookup->done.notify_all();
      --lookups;
    }).detach();
  } catch (const std::system_error&) {  // no thread: as if the name were unknown
    --lookups;
    return {nullptr, ::freeaddrinfo};
  }
  std::unique_lock lock(lookup->mutex);
  lookup->done.wait_until(lock, end, [&] { return lookup->is_done; });
  return std::move(lookup->found);
}

int milliseconds_until(Clock::time_point end) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

bool wait_for(int fd, short events, Clock::time_point end) {
  pollfd wanted{fd, events, 0};
  int ready = 0;
  do ready = ::poll(&wanted, 1, milliseconds_until(end));
  while (ready < 0 && errno == EINTR);
  return ready > 0;
}

Result<io::Fd> listen_on(const std::string& host, std::uint16_t port) {
  const std::string where = host + ":" + std::to_string(port);
  const Addresses addresses = resolve(host, port, AI_PASSIVE);
  if (!addresses) return Error(ErrorCode::kInvalid, "cannot listen on " + where + ": the address is unknown");
  io::Fd socket(::socket(addresses->ai_family, addresses->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, addresses->ai_protocol));
  if (!socket.valid()) return errno_error("cannot create a socket", errno);
  const int on = 1;
  (void)::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);  // without it the test is only stricter
  if (::bind(socket.get(), addresses->ai_addr, addresses->ai_addrlen) == 0 && ::listen(socket.get(), 16) == 0) return socket;
  if (errno == EADDRINUSE) return Error(ErrorCode::kConflict, "computation port " + where + " is in use");
  return errno_error("cannot listen on " + where, errno);
}

bool reaches(const PortProbe::Target& target, const std::string& nonce) {
  const auto end = Clock::now() + kTryFor;
  const Addresses addresses = resolve_until(target.addr, target.port, end);
  if (!addresses) return false;
  const io::Fd socket(::socket(addresses->ai_family, addresses->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, addresses->ai_protocol));
  if (!socket.valid()) return false;
  if (::connect(socket.get(), addresses->ai_addr, addresses->ai_addrlen) != 0 && errno != EINPROGRESS) return false;
  if (!wait_for(socket.get(), POLLOUT, end)) return false;
  int fault = 0;
  socklen_t size = sizeof fault;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &fault, &size) != 0 || fault != 0) return false;
  std::string said;
  std::array<char, 128> bytes{};
  while (said.size() < nonce.size() && wait_for(socket.get(), POLLIN, end)) {
    const ssize_t got = ::recv(socket.get(), bytes.data(), std::min(bytes.size(), nonce.size() - said.size()), 0);
    if (got <= 0) break;
    said.append(bytes.data(), static_cast<std::size_t>(got));
  }
  return said == nonce;
}

}  // namespace

class PortProbe::Listener {
 public:
  Listener(io::Fd socket, std::string nonce) : nonce_(std::move(nonce)), socket_(std::move(socket)), thread_([this] { serve(); }) {}
  ~Listener() {
    stop_ = true;
    thread_.join();
  }
  const std::string& nonce() const { return nonce_; }
  bool ended() const { return ended_; }

 private:
  void serve() {
    const auto end = Clock::now() + kOpenFor;
    while (!stop_ && Clock::now() < end) {
      if (!wait_for(socket_.get(), POLLIN, std::min(end, Clock::now() + 100ms))) continue;
      const io::Fd caller(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      // It fits any socket's buffer; a caller that is gone has lost nothing.
      if (caller.valid()) (void)!::send(caller.get(), nonce_.data(), nonce_.size(), MSG_NOSIGNAL);
    }
    socket_ = io::Fd();
    ended_ = true;
  }

  const std::string nonce_;
  io::Fd socket_;
  std::atomic<bool> stop_ = false;
  std::atomic<bool> ended_ = false;
  std::thread thread_;
};

PortProbe::PortProbe(const Settings& settings) : settings_(settings) {}

PortProbe::~PortProbe() = default;

void PortProbe::drop_ended() {
  std::erase_if(open_, [](const auto& listener) { return listener->ended(); });
}

Result<std::uint16_t> PortProbe::open(std::uint16_t port, const std::string& nonce) {
  const std::lock_guard lock(mutex_);
  drop_ended();
  if (open_.size() >= kOpenMax) return Error(ErrorCode::kBusy, "other ports are being tried; ask again in 15 s");
  const auto& allowed = settings_.computation_ports;
  if (port != 0 && !allowed.contains(port)) {
    return Error(ErrorCode::kDenied, "computation port " + std::to_string(port) + " is not among " + allowed.text());
  }
  const int first = port != 0 ? port : allowed.first;
  const int last = port != 0 ? port : std::min<int>(allowed.last, first + kPortsTried);
  for (int candidate = first; candidate <= last; ++candidate) {
    auto socket = listen_on(settings_.computation_bind, static_cast<std::uint16_t>(candidate));
    if (socket.ok()) {
      try {
        open_.push_back(std::make_unique<Listener>(std::move(*socket), nonce));
      } catch (const std::system_error& fault) {
        return Error(ErrorCode::kBusy, std::string("no thread to listen with: ") + fault.what());
      }
      return static_cast<std::uint16_t>(candidate);
    }
    if (candidate == last || socket.error().code() != ErrorCode::kConflict) return socket.error();
  }
  return Error(ErrorCode::kConflict, "no computation port is free");
}

void PortProbe::close(const std::string& nonce) {
  const std::lock_guard lock(mutex_);
  std::erase_if(open_, [&](const auto& listener) { return listener->nonce() == nonce; });
  drop_ended();
}

Result<std::vector<std::string>> PortProbe::try_all(const std::vector<Target>& targets, const std::string& nonce) {
  const std::unique_lock one(trying_, std::try_to_lock);
  if (!one.owns_lock()) return Error(ErrorCode::kBusy, "ports are being tried for another call");
  const auto now = Clock::now();
  std::erase_if(tried_at_, [&](const auto& at) { return now - at > kPerCalls; });
  if (tried_at_.size() >= kCallsMax) return Error(ErrorCode::kBusy, "ports were tried too often; ask again in a minute");
  tried_at_.push_back(now);
  std::vector<std::string> outcomes(targets.size(), "not reached");
  std::vector<std::jthread> tries;  // joined whatever happens
  for (std::size_t i = 0; i < targets.size(); ++i) {
    log::info("peer's port is tried for a preflight", {{"addr", targets[i].addr}, {"port", static_cast<unsigned>(targets[i].port)}});
    try {
      tries.emplace_back([&, i] {
        if (reaches(targets[i], nonce)) outcomes[i] = "reached";
      });
    } catch (const std::system_error& fault) {
      return Error(ErrorCode::kBusy, std::string("no thread to try the ports with: ") + fault.what());
    }
  }
  tries.clear();
  return outcomes;
}

}  // namespace pai::node
