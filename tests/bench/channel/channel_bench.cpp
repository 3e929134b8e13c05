// What the channel costs, between real processes on loopback: start to connected, round trips, throughput.
//
//   channel_bench [--insecure] [meet|trips|rounds|stream]     the figures of one part or all
//   channel_bench [--insecure] training [PARTIES] [BATCH] [ITERATIONS] [OPENINGS] [CORRECTION]
//                                              the messages of a training, with nothing computed; PARTIES counts the label client,
//                                              OPENINGS are bytes a peer, round by round, like 528+512+192, CORRECTION those of
//                                              the dealer an iteration (default: logistic regression on 24 columns)
//
// Each party is this program again (`--party …`), so that start-up is what a client's is.
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "bench/channel/training_messages.h"
#include "client/channel/grpc_channel.h"
#include "common/json/strict_json.h"
#include "support/alignment_spec.h"
#include "support/certificates.h"
#include "support/process.h"
#include "support/temp_folder.h"

extern char** environ;

namespace {

using namespace pai;
using namespace pai::client;
using Clock = std::chrono::steady_clock;

double now() { return std::chrono::duration<double>(Clock::now().time_since_epoch()).count(); }

double cpu_milliseconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& time) { return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3; };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "channel_bench: %s\n", why.c_str());
  std::exit(1);
}

template <class T>
T need(Result<T> result) {
  if (!result.ok()) give_up(result.error().describe());
  return std::move(result).value();
}
void need(const Status& status) {
  if (!status.ok()) give_up(status.error().describe());
}

/// Every party sends to every other and hears from it.
void meet(Channel& channel, int parties, std::size_t bytes) {
  v1::TagBatch message;
  message.set_tags(std::string(bytes, 'x'));
  for (int peer = 0; peer < parties; ++peer) {
    if (peer != channel.self()) need(channel.send(peer, message));
  }
  for (int peer = 0; peer < parties; ++peer) {
    if (peer != channel.self()) (void)need(channel.receive<v1::TagBatch>(peer));
  }
}

void round_trips(Channel& channel, std::size_t bytes, int count) {
  v1::TagBatch message;
  message.set_tags(std::string(bytes, 'x'));
  std::vector<double> times;
  for (int i = 0; i < count; ++i) {
    const double start = now();
    if (channel.self() == 0) {
      need(channel.send(1, message));
      (void)need(channel.receive<v1::TagBatch>(1));
    } else {
      (void)need(channel.receive<v1::TagBatch>(0));
      need(channel.send(0, message));
    }
    times.push_back((now() - start) * 1e6);
  }
  if (channel.self() != 0) return;
  std::sort(times.begin(), times.end());
  std::printf("round trip of %zu bytes: p50 %.0f us, p99 %.0f us\n", bytes, times[times.size() / 2],
              times[times.size() * 99 / 100]);
}

void rounds(Channel& channel, int parties, int count) {
  const double start = now();
  for (int i = 0; i < count; ++i) meet(channel, parties, 1024);
  if (channel.self() == 0) {
    std::printf("round of 1 KB all to all, %d parties: %.0f us\n", parties, (now() - start) / count * 1e6);
  }
}

void stream(Channel& channel, std::size_t bytes, int count) {
  const double cpu_before = cpu_milliseconds();
  const double gigabytes = static_cast<double>(bytes) * count / 1e9;
  const auto cpu = [&] { return (cpu_milliseconds() - cpu_before) / gigabytes; };
  if (channel.self() == 1) {
    v1::TagBatch message;
    message.set_tags(std::string(bytes, 'x'));
    for (int i = 0; i < count; ++i) need(channel.send(0, message));
    (void)need(channel.receive<v1::Publish>(0));
    std::printf("  the sender took %.0f ms of CPU a GB\n", cpu());
    return;
  }
  (void)need(channel.receive<v1::TagBatch>(1));
  const double start = now();
  for (int i = 1; i < count; ++i) (void)need(channel.receive<v1::TagBatch>(1));
  std::printf("stream in messages of %zu KB: %.0f MB/s; the receiver took %.0f ms of CPU a GB\n", bytes >> 10,
              static_cast<double>(bytes) * (count - 1) / (now() - start) / 1e6, cpu());
  need(channel.send(1, v1::Publish()));
}

/// The first `active` parties do the work; a task has three at least.
int run_party(const std::string& file, int client, const std::string& work, int active, double started) {
  std::ifstream in(file);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  auto task = need(task::task_file_from_json(need(json::parse(text))));
  const int parties = static_cast<int>(task.spec.clients.size());
  std::atomic<std::uint64_t> progress{0};
  GrpcChannelOptions options;
  options.progress = &progress;
  options.may_pass = pai::test::everything_may_pass;
  const auto channel = need(open_grpc_channel(task, options));
  const double opened = now();
  meet(*channel, parties, 8);
  if (work == "meet") {
    std::printf("client %d: listening after %.1f ms, met all after %.1f ms and %.1f ms of CPU\n", client,
                (opened - started) * 1e3, (now() - started) * 1e3, cpu_milliseconds());
  } else if (work.find('=') != std::string::npos) {
    need(bench::replay(*channel, bench::training_messages_of(work)));
  } else if (client >= active) {
  } else if (work == "trips") {
    round_trips(*channel, 8, 5000);
    round_trips(*channel, 1024, 5000);
  } else if (work == "rounds") {
    rounds(*channel, active, 2000);
  } else if (work == "stream") {
    stream(*channel, std::size_t{1} << 20, 1000);
    stream(*channel, std::size_t{160} << 10, 5000);
    stream(*channel, std::size_t{8} << 20, 100);
  }
  const double ending = now();
  channel->finish({});
  if (work == "meet" && client == 0) std::printf("client 0: the end took %.1f ms\n", (now() - ending) * 1e3);
  std::fflush(stdout);
  return 0;
}

std::uint16_t port() { return static_cast<std::uint16_t>(pai::test::free_port()); }

void run_parties(int active, const std::string& work, bool insecure, const pai::test::TempFolder& folder) {
  const int parties = std::max(active, 3);
  const pai::test::Certificates certificates(folder / "tls");
  task::TaskFile task;
  task.spec = pai::test::alignment_spec("bench", parties, [](int) { return port(); });
  task.run_id = "00112233445566778899aabbccddeeff";
  for (auto& client : task.spec.clients) {
    if (!insecure) client.identity = "node" + std::to_string(client.id);
  }
  std::vector<pid_t> children;
  for (int id = 0; id < parties; ++id) {
    task.client_id = id;
    for (auto& client : task.spec.clients) {
      client.settings = nlohmann::json::object();
      if (client.id == id && id != 0) client.settings = {{"raw_data_path", "a.csv"}, {"out_data_path", "a"}};
    }
    task.node.name = "node" + std::to_string(id);
    task.node.raw_root = task.node.datasets_root = folder.path().string();
    task.node.bind = "127.0.0.1";
    task.node.insecure = insecure;
    if (!insecure) task.node.tls = certificates.files("node" + std::to_string(id));
    const auto file = (folder / ("task" + std::to_string(id) + ".json")).string();
    pai::test::write_text(file, task::to_json(task).dump());
  }
  for (int id = 0; id < parties; ++id) {
    std::vector<std::string> words{"channel_bench", "--party", (folder / ("task" + std::to_string(id) + ".json")).string(),
                                   std::to_string(id), work, std::to_string(active), std::to_string(now())};
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_t pid = -1;
    if (::posix_spawn(&pid, "/proc/self/exe", nullptr, nullptr, argv.data(), environ) != 0) give_up("cannot start a party");
    children.push_back(pid);
  }
  for (const auto pid : children) {
    int status = 0;
    if (::waitpid(pid, &status, 0) != pid || status != 0) give_up("a party failed");
  }
}

bench::TrainingMessages training_of(const std::vector<std::string>& words) {
  const auto number = [&](std::size_t at, int otherwise) { return words.size() > at ? std::atoi(words[at].c_str()) : otherwise; };
  constexpr int kPartiesMax = 4;  // main and the dealer have certificates too
  auto messages = bench::logistic_messages(std::clamp(number(1, 3), 2, kPartiesMax), static_cast<std::size_t>(std::max(1, number(2, 64))), 24);
  messages.iterations = std::max(1, number(3, 3000));
  if (words.size() > 4) messages.openings = bench::training_messages_of("openings=" + words[4]).openings;
  if (words.size() > 5) messages.correction = static_cast<std::size_t>(std::max(0, number(5, 0)));
  return messages;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 7 && std::string(argv[1]) == "--party") {
    return run_party(argv[2], std::atoi(argv[3]), argv[4], std::atoi(argv[5]), std::atof(argv[6]));
  }
  bool insecure = false;
  std::vector<std::string> words;
  for (int i = 1; i < argc; ++i) {
    if (std::string(argv[i]) == "--insecure") {
      insecure = true;
    } else {
      words.emplace_back(argv[i]);
    }
  }
  const std::string only = words.empty() ? "" : words[0];
  const pai::test::TempFolder folder;
  if (!insecure) pai::test::Certificates(folder / "tls").make({"node0", "node1", "node2", "node3", "node4", "node5"});
  std::printf("%s\n", insecure ? "plain" : "mutual TLS");
  std::fflush(stdout);
  if (only == "training") {
    const auto messages = training_of(words);
    run_parties(messages.data_clients + 2, bench::text_of(messages), insecure, folder);
    return 0;
  }
  for (const std::string work : {"meet", "trips", "rounds", "stream"}) {
    if (!only.empty() && only != work) continue;
    if (work == "rounds") {
      for (const int parties : {2, 3, 4}) run_parties(parties, work, insecure, folder);
    } else {
      run_parties(work == "meet" ? 4 : 2, work, insecure, folder);
    }
  }
  return 0;
}
