#include "common/http/client.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "common/base/check.h"
#include "common/base/text.h"
#include "common/http/client_link.h"
#include "common/http/subscription.h"
#include "common/log/trace.h"

namespace pai::http {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kIdlePerEndpointMax = 8;
constexpr auto kIdleTimeMax = 30s;  // shorter than the server's, so that it seldom closes first

/// Kept connections; on the I/O thread.
class Pool {
 public:
  std::unique_ptr<ClientLink> take(const Endpoint& endpoint) {
    auto& links = idle_[endpoint];
    while (!links.empty()) {
      auto link = std::move(links.back());  // the youngest: the others may then grow old and be closed
      links.pop_back();
      if (Clock::now() - link->idle_since < kIdleTimeMax && link->is_quiet()) return link;
    }
    return nullptr;
  }

  void keep(std::unique_ptr<ClientLink> link) {
    auto& links = idle_[link->endpoint()];
    if (links.size() >= kIdlePerEndpointMax) return;
    link->idle_since = Clock::now();
    links.push_back(std::move(link));
  }

  /// Closes what is old or was closed by the server.
  void sweep() {
    for (auto entry = idle_.begin(); entry != idle_.end();) {
      auto& links = entry->second;
      links.erase(std::remove_if(links.begin(), links.end(),
                                 [](const auto& link) {
                                   return Clock::now() - link->idle_since >= kIdleTimeMax || !link->is_quiet();
                                 }),
                  links.end());
      entry = links.empty() ? idle_.erase(entry) : std::next(entry);
    }
  }

  void clear() { idle_.clear(); }
  bool empty() const { return idle_.empty(); }

 private:
  std::map<Endpoint, std::vector<std::unique_ptr<ClientLink>>> idle_;
};

/// Where a caller's thread waits for its answers. Each call has a deadline of its own, so the wait ends.
class Answers {
 public:
  explicit Answers(std::size_t count) : answers_(count), left_(count) {}

  void put(std::size_t at, Result<Response> answer) {
    const std::lock_guard lock(mutex_);
    answers_[at].emplace(std::move(answer));
    if (--left_ == 0) all_.notify_one();
  }

  std::vector<Result<Response>> wait() {
    std::unique_lock lock(mutex_);
    all_.wait(lock, [this] { return left_ == 0; });
    std::vector<Result<Response>> results;
    results.reserve(answers_.size());
    for (auto& answer : answers_) results.push_back(std::move(*answer));
    return results;
  }

 private:
  std::mutex mutex_;
  std::condition_variable all_;
  std::vector<std::optional<Result<Response>>> answers_;
  std::size_t left_;
};

class ClientImpl final : public Client {
 public:
  ClientImpl() : shared_(std::make_shared<ClientShared>()), sweep_timer_(shared_->io) {}

  ~ClientImpl() override {
    asio::post(shared_->io, [this] {
      shared_->stop();
      pool_.clear();
      sweep_timer_.cancel();
      work_.reset();
    });
    thread_.join();
  }

  Status start(const std::optional<tls::Material>& tls) {
    if (tls) {
      PAI_ASSIGN(shared_->tls, make_tls(*tls));
    }
    thread_ = std::thread([shared = shared_] { shared->io.run(); });
    return {};
  }

  Result<Response> call(const Endpoint& endpoint, const Call& call) override {
    auto answers = call_all({{endpoint, call}});
    return std::move(answers.front());
  }

  std::vector<Result<Response>> call_all(const std::vector<std::pair<Endpoint, Call>>& calls) override;

  void call_each(std::vector<std::pair<Endpoint, Call>> calls,
                 std::function<void(std::size_t, Result<Response>)> on_answer) override;

  void cancel() override {
    asio::post(shared_->io, [this] {
      shared_->stop();
      pool_.clear();
    });
  }

  std::unique_ptr<Subscription> subscribe(const Endpoint& endpoint, const std::string& target,
                                          std::function<void(std::string_view, std::string_view)> on_event,
                                          std::function<void(const Error&)> on_end) override {
    return follow(shared_, endpoint, target, std::move(on_event), std::move(on_end));
  }

  Status reload_tls(const tls::Material& material) override {
    PAI_ASSIGN(auto tls, make_tls(material));
    asio::post(shared_->io, [this, tls = std::move(tls)] {
      shared_->tls = tls;
      pool_.clear();  // they were judged by what was trusted before
    });
    return {};
  }

 private:
  static Result<std::shared_ptr<const ClientTls>> make_tls(const tls::Material& material) {
    PAI_ASSIGN(auto context, tls::make_context(material, tls::Side::kClient));
    auto tls = std::make_shared<ClientTls>();
    tls->context = std::move(context);
    tls->vetting = material.vetting;
    return std::shared_ptr<const ClientTls>(std::move(tls));
  }

  /// Calls that nobody waits for: they own what they need.
  struct Batch {
    std::vector<std::pair<Endpoint, Call>> calls;
    std::function<void(std::size_t, Result<Response>)> on_answer;
    log::Trace trace;
  };

  asio::awaitable<Result<Response>> perform(const Endpoint& endpoint, const Call& call, log::Trace trace);
  asio::awaitable<void> answer(std::shared_ptr<const Batch> batch, std::size_t at);
  asio::awaitable<void> answer(const Endpoint& endpoint, const Call& call, log::Trace trace, Answers& answers, std::size_t at);
  void keep(std::unique_ptr<ClientLink> link);
  void sweep_later();

  std::shared_ptr<ClientShared> shared_;
  asio::executor_work_guard<asio::io_context::executor_type> work_{shared_->io.get_executor()};
  asio::steady_timer sweep_timer_;
  bool sweeping_ = false;
  Pool pool_;
  std::thread thread_;
};

std::vector<Result<Response>> ClientImpl::call_all(const std::vector<std::pair<Endpoint, Call>>& calls) {
  PAI_CHECK(std::this_thread::get_id() != thread_.get_id(), "a call from the client's own I/O thread would wait for ever");
  if (calls.empty()) return {};
  // The caller's thread waits below: what the coroutines refer to outlives them. The last answer may come before co_spawn
  // returns, and from then on `calls` and `answers` may be gone: the loop counts by itself.
  Answers answers(calls.size());
  asio::post(shared_->io, [this, &calls, &answers, trace = log::current_trace(), count = calls.size()] {
    for (std::size_t at = 0; at < count; ++at) {
      const auto& [endpoint, call] = calls[at];
      asio::co_spawn(shared_->io, answer(endpoint, call, trace, answers, at),
                     [&answers, at, &target = endpoint](std::exception_ptr fault) {
                       if (!fault) return;  // answered, and `answers` may be gone
                       answers.put(at, node_error(target, ErrorCode::kInternal, "the call failed: out of memory"));
                     });
    }
  });
  return answers.wait();
}

asio::awaitable<void> ClientImpl::answer(const Endpoint& endpoint, const Call& call, log::Trace trace, Answers& answers, std::size_t at) {
  auto result = co_await perform(endpoint, call, trace);
  answers.put(at, std::move(result));
}

void ClientImpl::call_each(std::vector<std::pair<Endpoint, Call>> calls,
                           std::function<void(std::size_t, Result<Response>)> on_answer) {
  const auto batch = std::make_shared<const Batch>(Batch{std::move(calls), std::move(on_answer), log::current_trace()});
  asio::post(shared_->io, [this, batch] {
    for (std::size_t at = 0; at < batch->calls.size(); ++at) {
      asio::co_spawn(shared_->io, answer(batch, at), [batch, at](std::exception_ptr fault) {
        if (!fault) return;
        batch->on_answer(at, node_error(batch->calls[at].first, ErrorCode::kInternal, "the call failed: out of memory"));
      });
    }
  });
}

asio::awaitable<void> ClientImpl::answer(std::shared_ptr<const Batch> batch, std::size_t at) {
  auto result = co_await perform(batch->calls[at].first, batch->calls[at].second, batch->trace);
  batch->on_answer(at, std::move(result));
}

asio::awaitable<Result<Response>> ClientImpl::perform(const Endpoint& endpoint, const Call& call, log::Trace trace) {
  const auto deadline = Clock::now() + call.timeout;
  if (shared_->stopping) co_return node_error(endpoint, ErrorCode::kCancelled, "this daemon is stopping");
  if (call.target.empty() || call.target.front() != '/' || has_control_character(call.target) ||
      call.target.find(' ') != std::string::npos) {
    co_return Error(ErrorCode::kInvalid, "'" + printable(call.target) + "' is no request target");
  }
  if (auto kept = pool_.take(endpoint)) {
    auto exchanged = co_await kept->exchange(call, trace, deadline);
    if (!exchanged.unanswered) {
      if (exchanged.reusable) keep(std::move(kept));
      co_return std::move(exchanged.response);
    }
    // The server closed it while our request was on its way: once more, on a new one.
  }
  auto link = std::make_unique<ClientLink>(shared_, endpoint);
  const auto connected = co_await link->connect(std::min(deadline, Clock::now() + call.connect_timeout));
  if (!connected.ok()) co_return connected.error();
  auto exchanged = co_await link->exchange(call, trace, deadline);
  if (exchanged.reusable) keep(std::move(link));
  co_return std::move(exchanged.response);
}

void ClientImpl::keep(std::unique_ptr<ClientLink> link) {
  if (shared_->stopping) return;
  pool_.keep(std::move(link));
  if (!sweeping_) sweep_later();
}

void ClientImpl::sweep_later() {
  sweeping_ = true;
  sweep_timer_.expires_after(kIdleTimeMax);
  sweep_timer_.async_wait([this](const error_code& fault) {
    sweeping_ = false;
    if (fault) return;  // stopping
    pool_.sweep();
    if (!pool_.empty()) sweep_later();
  });
}

}  // namespace

std::unique_ptr<Client> Client::make(std::optional<tls::Material> tls) {
  auto client = std::make_unique<ClientImpl>();
  const auto status = client->start(tls);
  PAI_CHECK(status.ok(), "TLS material that tls::load accepted");
  return client;
}

}  // namespace pai::http
