#include "client/runtime/run.h"

#include <exception>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <utility>

#include <malloc.h>
#include <sys/stat.h>

#include "client/channel/credentials.h"
#include "client/channel/grpc_channel.h"
#include "client/runtime/disclosure_ledger.h"
#include "client/runtime/process_identity.h"
#include "client/runtime/sandbox.h"
#include "client/runtime/stop_signal.h"
#include "client/runtime/task_log.h"
#include "client/runtime/task_reporter.h"
#include "common/json/strict_json.h"
#include "common/log/trace.h"
#include "common/service/service.h"

namespace pai::client {

namespace {

constexpr std::size_t kTaskFileBytesMax = std::size_t{4} << 20;
constexpr const char* kFirstPhase = "connect";

Result<task::TaskFile> read_task_file(const std::filesystem::path& path) {
  PAI_ASSIGN(const auto text, io::read_file(path, kTaskFileBytesMax));
  json::Limits limits;
  limits.bytes_max = kTaskFileBytesMax;
  PAI_ASSIGN(const auto document, json::parse(text, limits));
  return task::task_file_from_json(document);
}

/// By default the allocator hands message buffers back to the system and takes them again all the time, which doubles the
/// cost of sending; with these bounds it keeps a few megabytes.
void keep_message_buffers() {
  (void)::mallopt(M_MMAP_THRESHOLD, 4 << 20);
  (void)::mallopt(M_TRIM_THRESHOLD, 8 << 20);
}

Status start_log(const task::NodeBlock& node) {
  log::Options options;
  options.level = log::level_from_name(node.log_level).value_or(log::Level::kInfo);
  options.format = log::format_from_name(node.log_format).value_or(log::Format::kText);
  options.program = "pai-client";
  return log::init(options);
}

/// Passes a stop request on to the channel, whichever of the two comes first.
class Stop {
 public:
  void request() {
    const std::lock_guard lock(mutex_);
    requested_ = true;
    if (channel_ != nullptr) channel_->cancel(reason());
  }
  void serve(Channel* channel) {
    const std::lock_guard lock(mutex_);
    channel_ = channel;
    if (requested_ && channel_ != nullptr) channel_->cancel(reason());
  }
  bool requested() {
    const std::lock_guard lock(mutex_);
    return requested_;
  }
  static Error reason() { return Error(ErrorCode::kCancelled, "stopped by request"); }

 private:
  std::mutex mutex_;
  bool requested_ = false;
  Channel* channel_ = nullptr;
};

/// The owner's folders, opened before this process gives up the right to.
struct Roots {
  Result<io::Root> raw;
  Result<io::Root> datasets;
};

/// What the client works with for its whole life.
struct Client {
  const task::TaskFile& task;
  const io::Root& folder;
  const TaskLog& log;
  TaskReporter& reporter;
  Stop& stop;
  DisclosureLedger& ledger;
  const Roots& roots;
};

v1::QueryReply answer(TaskReporter& reporter) {
  const auto report = reporter.snapshot();
  v1::QueryReply reply;
  reply.set_state(std::string(task::client_state_name(report.state)));
  reply.set_phase(report.progress.phase);
  reply.set_done(report.progress.done);
  reply.set_total(report.progress.total);
  reply.set_unit(report.progress.unit);
  if (report.progress.seconds_left) reply.set_seconds_left(*report.progress.seconds_left);
  if (report.progress.per_second) reply.set_per_second(*report.progress.per_second);
  if (report.n_batches) reply.set_n_batches(*report.n_batches);
  if (report.record) {
    for (const auto& column : report.record->columns) reply.add_record_columns(column);
    for (const auto& row : reporter.record_rows()) {
      reply.add_record()->mutable_values()->Add(row.begin(), row.end());
    }
  }
  return reply;
}

Status run_role(Role role, Context& context) {
  try {
    return role(context);
  } catch (const std::bad_alloc&) {
    return Error(ErrorCode::kInternal, std::string(task::kOutOfMemory));
  } catch (const std::exception& exception) {
    return Error(ErrorCode::kInternal, std::string("an unexpected fault: ") + exception.what());
  }
}

void log_traffic(const TaskLog& log, const Channel& channel) {
  for (const auto& sent : channel.sent()) {
    log.info("sent in all", {{"peer", sent.peer},
                             {"message", sent.message_type},
                             {"messages", sent.messages},
                             {"bytes", sent.bytes}});
  }
  for (const auto& received : channel.waited()) {
    log.info("received in all",
             {{"peer", received.peer}, {"messages", received.messages}, {"waited_s", received.seconds}});
  }
}

/// From here on this process reaches its task's files and nothing else. Before any thread, and before outside data come in.
Status confine_to_task(const task::TaskFile& task, const std::filesystem::path& folder, const TaskLog& log) {
  PAI_ASSIGN(const auto confinement, confine(access_of(task, folder.string())));
  const log::Fields fields = {{"landlock_abi", confinement.landlock_abi}, {"seccomp", confinement.seccomp}};
  if (confinement.landlock_abi > 0 && confinement.seccomp) {
    log.info("client confined to its task", fields);
  } else {
    log.warning("client is confined in part only: the kernel, or a filter around it, lacks the rest", fields);
  }
  return {};
}

/// What the other parties hear of our end. A data party's own fault may name its files, columns and lines: they are for its
/// owner's log and for its master, so the others hear only that it was here. Main has nobody's data.
Status told_to_peers(const Status& outcome, const task::ClientSpec& self) {
  if (outcome.ok() || self.role == task::Role::kMainClient || outcome.error().blames() >= 0 ||
      outcome.error().code() == ErrorCode::kCancelled) {
    return outcome;
  }
  return Error(outcome.error().code(), "it could not go on for a reason of its own, which its log tells");
}

Status close_ledger(Client& client, const Status& outcome, const std::vector<PeerLedger>& peers = {}) {
  PAI_TRY(client.ledger.close(outcome.ok() ? "finished" : error_code_name(outcome.error().code()), peers));
  const auto& head = client.ledger.head();
  client.log.info("disclosures recorded", {{"file", task::kLedgerFileName}, {"lines", head.lines}, {"hash", head.hash}});
  return {};
}

Status converse(Client& client, Role role) {
  GrpcChannelOptions options;
  options.progress = &client.reporter.work();
  options.log = [&log = client.log](log::Level level, std::string_view event, const log::Fields& fields) {
    log.write(level, event, fields);
  };
  options.answer_query = [&reporter = client.reporter] { return answer(reporter); };
  // Listening comes first: the others may be waiting.
  auto opened = open_grpc_channel(client.task, options);
  if (!opened.ok()) {
    PAI_TRY(close_ledger(client, opened.error()));
    return opened.error();
  }
  const auto channel = *std::move(opened);
  client.stop.serve(channel.get());
  client.reporter.follow_peers([&channel] { return usage_of(*channel); });
  client.ledger.follow([&channel] { return channel->sent(); }, [&channel](const Error& error) { channel->cancel(error); },
                       kFirstPhase);
  auto outcome = [&]() -> Status {
    if (!client.roots.raw.ok()) return client.roots.raw.error();
    if (!client.roots.datasets.ok()) return client.roots.datasets.error();
    Context context{client.task, *channel, client.reporter, *client.roots.raw, *client.roots.datasets, client.folder};
    return run_role(role, context);
  }();
  client.stop.serve(nullptr);
  if (!outcome.ok() && client.stop.requested()) outcome = Stop::reason();
  const auto sealed = client.ledger.seal();
  if (!sealed.ok() && outcome.ok()) outcome = sealed.error();
  channel->finish(told_to_peers(outcome, client.task.self()), sealed.ok() ? *sealed : task::HashChain::Head());
  client.reporter.follow_peers(nullptr);
  log_traffic(client.log, *channel);
  const auto accounted = close_ledger(client, outcome, channel->peer_ledgers());
  return outcome.ok() ? accounted : outcome;
}

ExitCode report_end(const TaskLog& log, TaskReporter& reporter, Stop& stop, const Status& outcome) {
  const bool stopped = !outcome.ok() && outcome.error().code() == ErrorCode::kCancelled && stop.requested();
  const auto state = outcome.ok() ? task::ClientState::kFinished
                     : stopped    ? task::ClientState::kStopped
                                  : task::ClientState::kFailed;
  std::string reason;
  std::optional<int> blames;
  if (!outcome.ok()) {
    reason = stopped ? outcome.error().message() : outcome.error().describe();
    if (outcome.error().blames() >= 0) blames = outcome.error().blames();
  }
  const auto written = reporter.finish(state, reason, blames);
  if (!written.ok()) log.error("final state not written", {{"reason", written.error().describe()}});
  if (outcome.ok()) {
    log.info("client finished");
  } else if (stopped) {
    log.info("client stopped", {{"reason", reason}});
  } else {
    log::Fields fields{{"reason", reason}};
    if (blames) fields.emplace_back("blames", *blames);
    log.error("client failed", std::move(fields));
  }
  if (!written.ok()) return ExitCode::kFailed;
  return outcome.ok() ? ExitCode::kFinished : stopped ? ExitCode::kStopped : ExitCode::kFailed;
}

Result<ExitCode> run_task(const task::TaskFile& task, const std::filesystem::path& folder_path,
                          Role (*role_of)(task::ClientType)) {
  const TaskLog log(task.spec.name, task.client_id);
  PAI_ASSIGN(const auto folder, io::Root::open(folder_path, false));
  const Roots roots{io::Root::open(task.node.raw_root, false), io::Root::open(task.node.datasets_root, true)};
  task::ClientReport initial;
  initial.run_id = task.run_id;
  initial.state = task::ClientState::kRunning;
  initial.progress.phase = kFirstPhase;
  PAI_ASSIGN(initial.process, own_process_identity());
  PAI_TRY(confine_to_task(task, folder_path, log));
  const auto type = task::client_type_name(task.self().type);
  log.info("client started", {{"type", type},
                              {"parties", static_cast<std::uint64_t>(task.spec.clients.size())},
                              {"run", task.run_id},
                              {"version", PAI_VERSION}});
  const bool is_training = task.spec.family() != task::Family::kAlignment;
  TaskReporter reporter(folder, std::move(initial), log,
                        is_training ? TaskReporter::kTrainingPace : TaskReporter::kPace);
  Stop stop;
  StopSignal signal;
  PAI_TRY(signal.watch([&](int number) {
    log.info("stop requested", {{"signal", number}});
    stop.request();
  }));
  const auto outcome = [&]() -> Status {
    const auto role = role_of(task.self().type);
    if (role == nullptr) {
      return Error(ErrorCode::kInvalid, "client type '" + std::string(type) + "' cannot be run by this release");
    }
    PAI_ASSIGN(const auto ledger, DisclosureLedger::open(folder, task));
    reporter.on_phase([&ledger](std::string_view name) { ledger->phase(name); });
    Client client{task, folder, log, reporter, stop, *ledger, roots};
    return converse(client, role);
  }();
  reporter.on_phase(nullptr);
  return report_end(log, reporter, stop, outcome);
}

}  // namespace

ExitCode run_client(const std::filesystem::path& task_file, Role (*role_of)(task::ClientType)) {
  ::umask(077);
  service::harden_process();
  keep_message_buffers();
  StopSignal::block();
  prepare_grpc();
  auto task = read_task_file(task_file);
  if (task.ok()) {
    if (const auto trace = log::parse_traceparent(task->traceparent)) log::set_process_trace(*trace);
  }
  if (const auto log_status = start_log(task.ok() ? task->node : task::NodeBlock{}); !log_status.ok()) {
    return ExitCode::kFailed;  // nowhere to say it
  }
  if (!task.ok()) {
    log::error("task file refused", {{"file", task_file.string()}, {"reason", task.error().describe()}});
    return ExitCode::kFailed;
  }
  auto folder = std::filesystem::absolute(task_file).parent_path();
  const auto exit_code = [&]() -> Result<ExitCode> {
    try {
      return run_task(*task, folder, role_of);
    } catch (const std::exception& exception) {  // no thread, or no memory, before the role began
      return Error(ErrorCode::kInternal, std::string("an unexpected fault: ") + exception.what());
    }
  }();
  if (exit_code.ok()) return *exit_code;
  log::error("client could not run", {{"task", task->spec.name},
                                      {"client", task->client_id},
                                      {"reason", exit_code.error().describe()}});
  return ExitCode::kFailed;
}

}  // namespace pai::client
