#include "node/ports.h"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "common/io/files.h"

namespace pai::node {
namespace {

constexpr std::uint16_t kFirstFreePort = 1024;  // below, ports take a privilege

/// Binds and listens for a moment, as the client will. Addresses in TIME_WAIT don't count, as they don't for
/// gRPC.
Status try_to_listen(const std::string& host, std::uint16_t port) {
  const std::string where = host + ":" + std::to_string(port);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  if (const int fault = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
      fault != 0) {
    return Error(ErrorCode::kInvalid, "cannot listen on " + where + ": " + ::gai_strerror(fault))
        .with_hint("see computation_bind in the node's configuration");
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, ::freeaddrinfo);
  const io::Fd socket(::socket(found->ai_family, found->ai_socktype | SOCK_CLOEXEC, found->ai_protocol));
  if (!socket.valid()) return errno_error("cannot create a socket", errno);
  const int on = 1;
  (void)::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on,
                     sizeof on);  // without it the test is only stricter
  if (::bind(socket.get(), found->ai_addr, found->ai_addrlen) == 0 && ::listen(socket.get(), 1) == 0)
    return {};
  if (errno == EADDRINUSE) {
    return Error(ErrorCode::kConflict,
                 "computation port " + where + " is in use by another process of this machine");
  }
  return errno_error("cannot listen on " + where, errno);
}

}  // namespace

Status Ports::check_locked(std::uint16_t port, const ClientKey& client) const {
  const auto holder = holders_.find(port);
  if (holder == holders_.end()) return {};
  if (holder->second == client) return {};
  return Error(ErrorCode::kConflict,
               "computation port " + std::to_string(port) + " is in use by " + holder->second.text());
}

Status Ports::check(std::uint16_t port, const ClientKey& client) const {
  const std::lock_guard lock(mutex_);
  PAI_TRY(check_locked(port, client));
  return try_to_listen(bind_host_, port);
}

Status Ports::claim(std::uint16_t port, const ClientKey& client) {
  const std::lock_guard lock(mutex_);
  PAI_TRY(check_locked(port, client));
  PAI_TRY(try_to_listen(bind_host_, port));
  holders_[port] = client;
  return {};
}

Result<std::uint16_t> Ports::assign(const PortRange& range, const std::string& caller, const ClientKey& client, const std::string& attempt, const std::set<std::uint16_t>& in_use,
                                    const std::set<std::uint16_t>& avoid, double now, double hold_s, bool only_look) {
  const std::lock_guard lock(mutex_);
  std::erase_if(assigned_, [&](const auto& each) { return each.second.until < now; });
  for (auto& [port, assigned] : assigned_) {
    if (assigned.client != client || assigned.attempt != attempt || only_look) continue;
    assigned.until = now + hold_s;
    return port;
  }
  const auto of_caller = std::count_if(assigned_.begin(), assigned_.end(), [&](const auto& each) { return each.second.caller == caller && !in_use.contains(each.first); });
  if (!only_look && of_caller >= kAssignedMax) {
    return Error(ErrorCode::kBusy, "this master holds " + std::to_string(of_caller) + " computation ports for clients that it has not prepared")
        .with_hint("they are free again when they were not used for a while");
  }
  const unsigned size = static_cast<unsigned>(range.last - range.first) + 1;
  const unsigned begin = range.contains(next_) ? static_cast<unsigned>(next_ - range.first) : 0;
  for (unsigned step = 0; step < size; ++step) {
    const auto port = static_cast<std::uint16_t>(range.first + (begin + step) % size);
    if (in_use.contains(port) || avoid.contains(port) || assigned_.contains(port) || holders_.contains(port)) continue;
    if (const auto free = try_to_listen(bind_host_, port); !free.ok()) {
      // Taken by others, or not for this user; any other fault would be the next port's too.
      if (free.error().code() == ErrorCode::kConflict || port < kFirstFreePort) continue;
      return free.error();
    }
    if (only_look) return port;
    assigned_[port] = {caller, client, attempt, now + hold_s};
    next_ = port == range.last ? range.first : static_cast<std::uint16_t>(port + 1);
    return port;
  }
  return Error(ErrorCode::kConflict, "no computation port is left at this node: all of " + range.text() + " are assigned or in use")
      .with_hint("delete tasks that are done, or widen computation_ports in the node's configuration");
}

void Ports::adopt(std::uint16_t port, const ClientKey& client) {
  const std::lock_guard lock(mutex_);
  holders_[port] = client;
}

void Ports::release(std::uint16_t port, const ClientKey& client) {
  const std::lock_guard lock(mutex_);
  const auto holder = holders_.find(port);
  if (holder != holders_.end() && holder->second == client) holders_.erase(holder);
}

}  // namespace pai::node
