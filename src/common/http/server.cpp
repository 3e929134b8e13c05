#include "common/http/server.h"

#include <fcntl.h>

#include <condition_variable>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <unordered_set>

#include "common/base/check.h"
#include "common/http/connection.h"
#include "common/log/log.h"

namespace pai::http {
namespace {

using namespace std::chrono_literals;

constexpr auto kAcceptBackOff = 100ms;
constexpr std::size_t kTurnedAwayMax = 64;  // told why; beyond it connections are closed without a word

class ServerImpl final : public Server {
 public:
  ServerImpl(const ServerOptions& options, std::vector<Route> routes, Observer observer)
      : shared_(std::move(routes), std::move(observer), options), acceptor_(shared_.io), back_off_(shared_.io) {}

  ~ServerImpl() override {
    // Handlers first: a connection that waits for one is woken when its task is let go.
    shared_.quick.stop();
    shared_.slow.stop();
    if (!thread_.joinable()) return;
    asio::post(shared_.io, [this] {
      stop_accepting();
      for (const auto& connection : connections_) connection->abort();
      work_.reset();
    });
    thread_.join();
  }

  Status listen(const ServerOptions& options);

  std::uint16_t port() const override { return port_; }

  void start() override {
    PAI_CHECK(!thread_.joinable(), "the server was started twice");
    asio::co_spawn(shared_.io, accept_all(), [](std::exception_ptr fault) { report(fault, "accept loop"); });
    thread_ = std::thread([this] { shared_.io.run(); });
  }

  Status reload_tls(const tls::Material& material) override {
    PAI_ASSIGN(auto context, tls::make_context(material, tls::Side::kServer,
                                                    shared_.certificate_optional ? tls::PeerCertificate::kOptional
                                                                                 : tls::PeerCertificate::kRequired));
    auto tls = std::make_shared<ServerTls>();
    tls->context = std::move(context);
    tls->allowed_peers = material.allowed_peers;
    tls->vetting = material.vetting;
    {
      const std::lock_guard lock(tls_mutex_);
      tls_ = std::move(tls);
    }
    // Whoever is connected was judged by what was believed before: each connection ends with the answer at hand.
    if (thread_.joinable()) asio::post(shared_.io, [this] { drain_connections(); });
    return {};
  }

  void drain(std::chrono::milliseconds grace) override {
    if (!thread_.joinable()) return;
    const auto deadline = Clock::now() + grace;
    asio::post(shared_.io, [this] {
      stop_accepting();
      drain_connections();
      const std::lock_guard lock(drain_mutex_);
      draining_ = true;
      drained_.notify_all();
    });
    std::unique_lock lock(drain_mutex_);
    const auto quiet = [this] { return draining_ && connection_count_ == 0; };
    if (drained_.wait_until(lock, deadline, quiet)) return;
    lock.unlock();
    asio::post(shared_.io, [this] {
      for (const auto& connection : connections_) connection->abort();
    });
  }

 private:
  asio::awaitable<void> accept_all();
  void admit(Tcp::socket socket);
  void make_room();
  void drain_connections() {
    // A copy: a connection that was idle may end, and leave the set, at the next turn of the loop.
    const std::vector<std::shared_ptr<Connection>> all(connections_.begin(), connections_.end());
    for (const auto& connection : all) connection->drain();
  }
  void forget(const std::shared_ptr<Connection>& connection);
  std::shared_ptr<const ServerTls> current_tls() {
    const std::lock_guard lock(tls_mutex_);
    return tls_;
  }

  void stop_accepting() {
    error_code ignored;  // the descriptor is given back in any case
    (void)acceptor_.close(ignored);
    back_off_.cancel();
  }

  static void report(std::exception_ptr fault, std::string_view what) {
    if (!fault) return;
    try {
      std::rethrow_exception(fault);
    } catch (const std::exception& error) {
      log::error("HTTP server task failed", {{"task", what}, {"why", error.what()}});
    }
  }

  void count_changed() {
    const std::lock_guard lock(drain_mutex_);
    connection_count_ = connections_.size();
    drained_.notify_all();
  }

  ServerShared shared_;
  Tcp::acceptor acceptor_;
  asio::steady_timer back_off_;
  asio::executor_work_guard<asio::io_context::executor_type> work_{shared_.io.get_executor()};
  std::uint16_t port_ = 0;
  std::unordered_set<std::shared_ptr<Connection>> connections_;
  std::unordered_map<std::string, std::size_t> per_source_;  ///< how many of them each address has

  std::mutex tls_mutex_;
  std::shared_ptr<const ServerTls> tls_;

  std::mutex drain_mutex_;
  std::condition_variable drained_;
  bool draining_ = false;
  std::size_t connection_count_ = 0;

  std::thread thread_;
};

Error listen_error(const ServerOptions& options, std::string_view what, const error_code& fault) {
  const ErrorCode code = fault == asio::error::address_in_use ? ErrorCode::kConflict
                         : fault == asio::error::access_denied ? ErrorCode::kDenied
                                                               : ErrorCode::kIo;
  const std::string where = options.host + ":" + std::to_string(options.port);
  return Error(code, "cannot " + std::string(what) + " " + where + ": " + fault.message())
      .with_detail({ErrorDetail::Kind::kNode, where, fault.message()});
}

Status ServerImpl::listen(const ServerOptions& options) {
  error_code fault;
  Tcp::resolver resolver(shared_.io);
  const auto found = resolver.resolve(options.host, std::to_string(options.port), Tcp::resolver::passive, fault);
  if (fault || found.empty()) return listen_error(options, "resolve", fault);
  // A name such as localhost means both ::1 and 127.0.0.1; callers that write addresses write the latter.
  Tcp::endpoint endpoint = found.begin()->endpoint();
  for (const auto& entry : found) {
    if (entry.endpoint().address().is_v4()) {
      endpoint = entry.endpoint();
      break;
    }
  }
  (void)acceptor_.open(endpoint.protocol(), fault);
  if (fault) return listen_error(options, "open a socket for", fault);
  (void)::fcntl(acceptor_.native_handle(), F_SETFD, FD_CLOEXEC);
  (void)acceptor_.set_option(Tcp::acceptor::reuse_address(true), fault);
  if (!fault) (void)acceptor_.bind(endpoint, fault);
  if (!fault) (void)acceptor_.listen(Tcp::acceptor::max_listen_connections, fault);
  if (fault) return listen_error(options, "listen on", fault);
  port_ = acceptor_.local_endpoint(fault).port();
  if (fault) return listen_error(options, "listen on", fault);
  if (options.tls) return reload_tls(*options.tls);
  return {};
}

asio::awaitable<void> ServerImpl::accept_all() {
  LogLimiter failures;
  while (acceptor_.is_open()) {
    auto [fault, socket] = co_await acceptor_.async_accept(kNoThrow);
    if (!acceptor_.is_open()) co_return;  // stopping; one that was accepted meanwhile is closed like those behind it
    if (!fault) {
      admit(std::move(socket));
      continue;
    }
    if (fault == asio::error::connection_aborted) continue;  // the caller gave up while it waited
    // Out of descriptors or memory: what runs now will give some back.
    if (failures.allows()) log::warning("connection could not be accepted", {{"why", fault.message()}});
    back_off_.expires_after(kAcceptBackOff);
    (void)co_await back_off_.async_wait(kNoThrow);
  }
}

/// Of those that wait for a request, the one that waits longest of whoever has most connections: so that whoever opens
/// thousands and says nothing shuts nobody out but himself.
void ServerImpl::make_room() {
  std::shared_ptr<Connection> leaves;
  std::size_t most = 0;
  for (const auto& connection : connections_) {
    if (!connection->is_waiting()) continue;
    const auto has = per_source_[connection->source()];
    if (leaves && (has < most || (has == most && connection->waiting_since() >= leaves->waiting_since()))) continue;
    leaves = connection;
    most = has;
  }
  if (!leaves) return;
  leaves->abort();
  forget(leaves);
}

void ServerImpl::forget(const std::shared_ptr<Connection>& connection) {
  if (connections_.erase(connection) == 0) return;
  if (const auto at = per_source_.find(connection->source()); at != per_source_.end() && --at->second == 0) per_source_.erase(at);
  count_changed();
}

void ServerImpl::admit(Tcp::socket socket) {
  const std::size_t connections_max = shared_.limits.connections_max;
  if (connections_.size() >= connections_max) make_room();
  if (connections_.size() >= connections_max + kTurnedAwayMax) return;  // the socket closes here
  prepare_socket(socket);
  const bool turned_away = connections_.size() >= connections_max;
  auto connection = std::make_shared<Connection>(shared_, std::move(socket), current_tls());
  connections_.insert(connection);
  ++per_source_[connection->source()];
  count_changed();
  auto life = turned_away ? connection->turn_away() : connection->run();
  asio::co_spawn(shared_.io, std::move(life), [this, connection](std::exception_ptr fault) {
    report(fault, "connection");
    connection->abort();
    forget(connection);
  });
}

}  // namespace

Result<std::unique_ptr<Server>> Server::bind(ServerOptions options, std::vector<Route> routes, Observer observer) {
  try {
    auto server = std::make_unique<ServerImpl>(options, std::move(routes), std::move(observer));
    PAI_TRY(server->listen(options));
    return std::unique_ptr<Server>(std::move(server));
  } catch (const std::exception& fault) {  // no epoll, no descriptors: what Asio's constructors say
    return Error(ErrorCode::kInternal, "the HTTP server could not be made: " + std::string(fault.what()));
  }
}

}  // namespace pai::http
