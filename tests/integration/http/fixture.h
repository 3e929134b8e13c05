#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "common/http/client.h"
#include "common/http/server.h"
#include "raw_connection.h"

namespace pai::http {

constexpr auto kLong = std::chrono::seconds(20);  ///< a wait that only a failing test sees the end of

/// Opens once; whoever waits goes on then.
class Latch {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  bool wait() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kLong, [this] { return open_; });
  }
  bool is_open() {
    const std::lock_guard lock(mutex_);
    return open_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

/// Counts up; whoever waits for a number goes on when it is reached.
class Counter {
 public:
  void add() {
    const std::lock_guard lock(mutex_);
    ++count_;
    changed_.notify_all();
  }
  bool wait_for(int wanted) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kLong, [&] { return count_ >= wanted; });
  }
  int count() {
    const std::lock_guard lock(mutex_);
    return count_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
};

/// A server with routes that show what it understood:
///   GET /hello, POST /echo (the body), GET /query (all parameters), GET /wait (until `gate`; slow),
///   GET /slowest (slow, at once)
class HttpTest : public ::testing::Test {
 protected:
  void start(Limits limits = {}, std::optional<tls::Material> tls = std::nullopt, Observer observer = {}) {
    ServerOptions options;
    options.host = "127.0.0.1";
    options.tls = std::move(tls);
    options.limits = limits;
    auto bound = Server::bind(std::move(options), routes(), std::move(observer));
    ASSERT_TRUE(bound.ok()) << bound.error().describe();
    server_ = std::move(bound).value();
    server_->start();
  }

  ~HttpTest() override { gate_.open(); }

  std::vector<Route> routes() {
    std::vector<Route> all = extra_routes_;
    all.push_back({Method::kGet, "/hello", [](const Request&) { return text("hello"); }});
    all.push_back({Method::kPost, "/echo", [](const Request& request) { return text(request.body); }});
    all.push_back({Method::kGet, "/query", [](const Request& request) {
                     std::string list;
                     for (const auto& [key, value] : request.query) list += key + "=" + value + ";";
                     return text(list);
                   }});
    all.push_back({Method::kGet, "/who", [](const Request& request) {
                     return text(request.identity ? request.identity->common_name : "nobody");
                   }});
    all.push_back({Method::kGet, "/wait", [this](const Request&) {
                     waiting_.add();
                     return text(gate_.wait() ? "waited" : "never");
                   }, true});
    return all;
  }

  static Reply text(std::string body) {
    Reply reply;
    reply.content_type = "text/plain";
    reply.body = std::move(body);
    return reply;
  }

  std::uint16_t port() const { return server_->port(); }
  Endpoint endpoint() const { return {"127.0.0.1", server_->port()}; }

  std::vector<Route> extra_routes_;
  Latch gate_;
  Counter waiting_;   ///< requests that came to /wait
  Counter answered_;  ///< for observers: outlives the server
  std::unique_ptr<Server> server_;
};

}  // namespace pai::http
