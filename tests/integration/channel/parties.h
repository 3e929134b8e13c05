#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/channel/grpc_channel.h"
#include "common/disclosure/passages.h"
#include "pai/v1/channel.grpc.pb.h"
#include "support/alignment_spec.h"
#include "support/process.h"

namespace pai::client::test {

/// The clients of one task, all in this process: client 0 is main, the others are feature clients. Without TLS unless
/// `edit` says otherwise.
class Parties {
 public:
  explicit Parties(int count, const std::function<void(task::TaskFile&)>& edit = {});

  int count() const { return static_cast<int>(tasks.size()); }
  /// Opens the channel of one party; fails the test when it can't.
  std::unique_ptr<TaskChannel> open(int client);
  Result<std::unique_ptr<TaskChannel>> try_open(int client);
  std::vector<std::unique_ptr<TaskChannel>> open_all();
  std::string target(int client) const;

  std::vector<task::TaskFile> tasks;
  std::vector<std::unique_ptr<std::atomic<std::uint64_t>>> progress;
  std::function<v1::QueryReply()> answer_query;
  disclosure::MayPass may_pass = pai::test::everything_may_pass;
};

/// Runs one function a party, each in a thread with its channel; `finish` is called with what it returns. Gives the
/// outcomes by client id.
std::vector<Status> run_parties(Parties& parties, const std::function<Status(Channel&)>& role);

/// Ends the channels side by side, as processes would.
void finish_all(std::vector<std::unique_ptr<TaskChannel>>& channels, const Status& outcome = {});

v1::SetDeclaration declaration(std::uint64_t rows);
v1::TagBatch batch(std::size_t bytes);

/// A caller that speaks gRPC and says what it is told to.
class RawCaller {
 public:
  /// No TLS.
  explicit RawCaller(const std::string& target);
  ~RawCaller();
  bool write(const v1::Frame& frame) { return stream_->Write(frame); }
  /// The next frame; an empty one at the end of the stream.
  v1::Frame read();
  void half_close() { stream_->WritesDone(); }
  void cancel() { context_.TryCancel(); }

 private:
  std::unique_ptr<v1::Computation::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::Frame, v1::Frame>> stream_;
};

/// A listener on a client's port that serves each stream with a function.
class RawListener {
 public:
  using Serve = std::function<void(grpc::ServerReaderWriter<v1::Frame, v1::Frame>&)>;
  RawListener(std::uint16_t port, Serve serve);
  ~RawListener();

 private:
  struct Service;
  std::unique_ptr<Service> service_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace pai::client::test
