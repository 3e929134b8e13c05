// The whole system on loopback with mutual TLS, as users meet it. Not a test: nothing is asserted.
//
//   system_bench create [TASKS] [CALLERS]      createTask with 4 nodes: latency of one caller, rate of several; then lists
//                                              and start-up with all those tasks stored
//   system_bench train [PARTIES] [BATCH] [ITERATIONS] [WIDTHS] [SECURITY]
//                                              a training on made-up data, 24,000 rows × 23 columns; WIDTHS like 64-32-1, "-" for logistic
//                                              regression; PARTIES counts the label client. Of the latter also the share of the
//                                              rate that its messages alone reach, in the same run
//   system_bench align ROWS [PARTIES] [PSI]    an alignment from startTask to Finished, with each party's phases and memory
//
// The alignment's parts alone are in alignment_bench; scripts beside it run both in one go (docs/benchmarks.md).

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <sstream>
#include <thread>

#include "bare_exchange.h"
#include "support/cluster.h"

namespace pai::test {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

std::uint64_t mixed(std::uint64_t z) {  // splitmix64
  z += 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

/// `id,x1,x2` with IDs of 11 to 16 characters; nine tenths of the rows are common to all parties.
void make_table(const std::filesystem::path& file, std::uint64_t rows, int party) {
  std::FILE* out = std::fopen(file.c_str(), "w");
  std::vector<char> buffer(1 << 20);
  std::setvbuf(out, buffer.data(), _IOFBF, buffer.size());
  std::fputs("id,x1,x2\n", out);
  // Each party has its own order: a walk through the rows with a stride that shares no factor with their number.
  std::uint64_t stride = 2 * static_cast<std::uint64_t>(party) * 1'000'003 + 1;
  while (std::gcd(stride, rows) != 1) ++stride;
  for (std::uint64_t i = 0; i < rows; ++i) {
    const std::uint64_t row = (i * stride) % rows;
    const std::uint64_t person = row < rows * 9 / 10 ? row : row + (static_cast<std::uint64_t>(party) + 1) * 1'000'000'000ULL;
    const std::uint64_t h = mixed(person);
    const std::uint64_t h2 = mixed(h);
    char id[32];
    std::snprintf(id, sizeof id, "%c%0*llu", 'A' + static_cast<int>(h % 26), 10 + static_cast<int>(h2 % 6),
                  static_cast<unsigned long long>(person));
    std::fprintf(out, "%s,%.5f,%.4f\n", id, static_cast<double>(h2 >> 20) / 1e9, static_cast<double>(h2 % 100000) / 10000.0 - 5);
  }
  std::fclose(out);
}

/// Peak resident memory in MB of each client process of the cluster, sampled while it runs.
class MemoryWatch {
 public:
  explicit MemoryWatch(std::string folder) : folder_(std::move(folder)), thread_([this] { watch(); }) {}
  std::map<std::string, long> finish() {
    done_ = true;
    thread_.join();
    return peak_;
  }

 private:
  void watch() {
    while (!done_) {
      for (const pid_t pid : processes_with("task.json")) {
        const std::string process = "/proc/" + std::to_string(pid);
        const std::string command = read_text(process + "/cmdline");
        if (command.find(folder_) == std::string::npos) continue;
        const std::string status = read_text(process + "/status");
        const auto at = status.find("VmHWM:");
        if (at == std::string::npos) continue;
        const auto from = command.find("/tasks/") + 7;
        auto& peak = peak_[command.substr(from, command.find('/', from) - from)];
        peak = std::max(peak, std::atol(status.c_str() + at + 6) / 1024);
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }

  std::string folder_;
  std::atomic<bool> done_{false};
  std::map<std::string, long> peak_;
  std::thread thread_;
};

int align(std::uint64_t rows, int parties, const std::string& psi) {
  Cluster cluster({.nodes = parties + 1});
  std::vector<Party> list{{.role = "main_client", .node = 0}};
  for (int p = 0; p < parties; ++p) {
    make_table(cluster.raw(p + 1, "t.csv"), rows, p);
    list.push_back({.role = p == parties - 1 ? "label_client" : "feature_client",
                    .node = p + 1,
                    .settings = {{"raw_data_path", "t.csv"}, {"out_data_path", "o"}}});
  }
  for (int round = 0; round < 3; ++round) {
    const std::string name = "bench" + std::to_string(round);
    for (auto& party : list) {
      if (party.role != "main_client") party.settings["overwrite"] = true;
    }
    if (const auto created = cluster.post("/createTask", cluster.task(name, list, {{"psi", psi}})); created.status != 200) {
      std::cerr << created.body << "\n";
      return 1;
    }
    // Looking through /proc costs what a small task takes: the last round is for memory, those before are for time.
    std::optional<MemoryWatch> memory;
    if (round == 2) memory.emplace(cluster.folder().string());
    const auto start = Clock::now();
    cluster.post("/startTask?task_name=" + name);
    const std::string end = cluster.await_end(name, std::chrono::seconds(3600));
    const double took = seconds_since(start);
    const auto status = cluster.full_status(name);
    std::printf("%s  %d parties x %llu rows, %s: %.3f s from start to %s\n", name.c_str(), parties,
                static_cast<unsigned long long>(rows), psi.c_str(), took, end.c_str());
    for (const auto& [client, mb] : memory ? memory->finish() : std::map<std::string, long>()) std::printf("  %-12s peak %ld MB\n", client.c_str(), mb);
    if (end != "Finished") std::cerr << status.dump(1) << "\n";
    if (round == 2) {
      for (int client = 0; client <= std::min(1, parties); ++client) {
        std::printf("-- log of client %d\n%s", client, cluster.client_log(name, client, client).c_str());
      }
    }
  }
  return 0;
}

void print_latencies(const char* what, std::vector<double> seconds) {
  std::sort(seconds.begin(), seconds.end());
  std::printf("%-28s n=%zu  p50 %.2f ms  p99 %.2f ms\n", what, seconds.size(), seconds[seconds.size() / 2] * 1e3,
              seconds[seconds.size() * 99 / 100] * 1e3);
}

int create(int tasks, int callers) {
  Cluster cluster({.nodes = 4});
  for (int node = 1; node <= 3; ++node) write_text(cluster.raw(node, "t.csv"), "id,x\nk1,1\nk2,2\n");
  const auto document = [&](const std::string& name) {
    std::vector<Party> list{{.role = "main_client", .node = 0}};
    for (int node = 1; node <= 3; ++node) {
      list.push_back({.role = node == 3 ? "label_client" : "feature_client",
                      .node = node,
                      .settings = {{"raw_data_path", "t.csv"}, {"out_data_path", "out-" + name}}});
    }
    return cluster.task(name, list);
  };
  const auto time_list = [&](const char* what) {
    std::vector<double> seconds;
    for (int i = 0; i < 50; ++i) {
      const auto start = Clock::now();
      cluster.get("/listTasks?limit=100");
      seconds.push_back(seconds_since(start));
    }
    print_latencies(what, seconds);
  };
  std::vector<double> one;
  for (int i = 0; i < 300; ++i) {
    const auto start = Clock::now();
    if (cluster.post("/createTask", document("one-" + std::to_string(i))).status != 200) return 1;
    one.push_back(seconds_since(start));
  }
  print_latencies("createTask, one caller", one);
  time_list("listTasks, 300 stored");
  std::atomic<int> next{0};
  std::atomic<int> failed{0};
  std::vector<std::thread> threads;
  const auto start = Clock::now();
  for (int caller = 0; caller < callers; ++caller) {
    threads.emplace_back([&] {
      for (int i = next++; i < tasks; i = next++) {
        if (cluster.post("/createTask", document("many-" + std::to_string(i))).status != 200) ++failed;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  std::printf("createTask, %d callers       %.0f tasks/s (%d failed)\n", callers, tasks / seconds_since(start), failed.load());
  time_list("listTasks, all stored");
  cluster.master().kill();
  const auto restart = Clock::now();
  cluster.start_master();
  std::printf("start-up of the master with %d tasks: %.0f ms\n", tasks + 300, seconds_since(restart) * 1e3);
  cluster.node(1).kill();
  const auto node_restart = Clock::now();
  cluster.start_node(1);
  std::printf("start-up of a node with %d tasks: %.0f ms\n", tasks + 300, seconds_since(node_restart) * 1e3);
  for (const auto& [name, pid] : std::map<std::string, pid_t>{{"pai-master", cluster.master().pid()}, {"pai-node", cluster.node(1).pid()}}) {
    const std::string status = read_text("/proc/" + std::to_string(pid) + "/status");
    std::printf("%s resident: %ld MB\n", name.c_str(), std::atol(status.c_str() + status.find("VmRSS:") + 6) / 1024);
  }
  return 0;
}

/// Row by row `id,x…` for a feature party, `id,y` for the label party, the same persons at all.
void make_training_tables(Cluster& cluster, int parties, int columns, std::uint64_t rows) {
  std::vector<std::FILE*> files;
  std::vector<int> widths;
  int left = columns;
  for (int p = 0; p < parties; ++p) {
    const bool label = p == parties - 1;
    const int width = label ? 1 : left / (parties - 1 - p);
    if (!label) left -= width;
    widths.push_back(width);
    files.push_back(std::fopen(cluster.raw(p + 1, "t.csv").c_str(), "w"));
    std::fputs("id", files.back());
    for (int j = 0; j < width; ++j) std::fprintf(files.back(), label ? ",y" : ",x%d_%d", p, j);
    std::fputs("\n", files.back());
  }
  for (std::uint64_t i = 0; i < rows; ++i) {
    double z = -1;
    std::uint64_t h = mixed(i);
    for (int p = 0; p < parties; ++p) {
      std::fprintf(files[static_cast<std::size_t>(p)], "person%llu", static_cast<unsigned long long>(i));
      for (int j = 0; j < widths[static_cast<std::size_t>(p)] && p < parties - 1; ++j) {
        h = mixed(h);
        const double x = static_cast<double>(h >> 11) / static_cast<double>(1ULL << 53) * 2 - 1;
        z += x * (j % 3 - 0.8);
        std::fprintf(files[static_cast<std::size_t>(p)], ",%.5f", x);
      }
      if (p == parties - 1) std::fprintf(files.back(), ",%d", static_cast<double>(mixed(h + 1) >> 11) / static_cast<double>(1ULL << 53) < 1 / (1 + std::exp(-z)));
      std::fputs("\n", files[static_cast<std::size_t>(p)]);
    }
  }
  for (auto* const file : files) std::fclose(file);
}

/// The number behind the field's name in a line of a client's log; 0 when it is not there.
double field_of(const std::string& line, const std::string& name) {
  const auto at = line.find(name);
  if (at == std::string::npos) return 0;
  const auto digit = line.find_first_of("0123456789", at + name.size());
  return digit == std::string::npos ? 0 : std::atof(line.c_str() + digit);
}

int train(int parties, int batch, int iterations, const std::string& widths, const std::string& security) {
  Cluster cluster({.nodes = parties + 1});
  make_training_tables(cluster, parties, 23, 30'000);
  std::vector<Party> align{{.role = "main_client", .node = 0}};
  std::vector<Party> list{{.role = "main_client", .node = 0, .type = "shared_nn_main"},
                          {.role = "crypto_producer", .node = 0, .type = "triplet_producer"}};
  for (int p = 0; p < parties; ++p) {
    const std::string role = p == parties - 1 ? "label_client" : "feature_client";
    align.push_back({.role = role, .node = p + 1, .settings = {{"raw_data_path", "t.csv"}, {"out_data_path", "o"}}});
    list.push_back({.role = role, .node = p + 1, .settings = {{"data_path", "o"}}, .type = p == parties - 1 ? "shared_nn_label" : "shared_nn_feature"});
  }
  cluster.run(cluster.task("align", align));
  nlohmann::json settings{{"batch_size", batch},  {"max_iter", iterations}, {"test_per_batches", 0}, {"checkpoint_per_batches", 0},
                          {"learning_rate", 0.1}, {"security", security}};
  if (widths != "-") {
    std::vector<int> layers;
    std::istringstream text(widths);
    for (std::string width; std::getline(text, width, '-');) layers.push_back(std::stoi(width));
    settings["in_dim"] = layers.front();
    settings["layers"] = std::vector<int>(layers.begin() + 1, layers.end());
    settings["out_dim"] = layers.back();
  }
  double rate = 0;
  for (int round = 0; round < 2; ++round) {
    const auto name = "train" + std::to_string(round);
    cluster.run(cluster.task(name, list, settings));
    std::istringstream log(cluster.client_log(name, parties + 1, parties));
    for (std::string line; std::getline(log, line);) {
      const bool wanted = line.find("training ended") != std::string::npos || line.find("on shares ended") != std::string::npos ||
                          line.find("test set evaluated") != std::string::npos || (round == 1 && line.find("in all") != std::string::npos);
      if (wanted) std::printf("%s\n", line.c_str());
      if (line.find("training ended") != std::string::npos) rate = field_of(line, "batches_per_second");
    }
  }
  if (widths != "-" || security != "full") return 0;
  std::fflush(stdout);
  const double bare = bare_exchange_rate(parties, batch, iterations);
  if (bare <= 0) return 1;
  std::printf("training reaches %.0f %% of what its messages alone do\n", 100 * rate / bare);
  return 0;
}

int usage() {
  std::cerr << "usage: system_bench create [TASKS] [CALLERS] | align ROWS [PARTIES] [prf|ecdh] | train [PARTIES] [BATCH] [ITERATIONS] [WIDTHS] [full|split]\n";
  return 64;
}

}  // namespace
}  // namespace pai::test

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const auto number = [&](std::size_t at, long otherwise) { return arguments.size() > at ? std::atol(arguments[at].c_str()) : otherwise; };
  if (arguments.empty()) return pai::test::usage();
  if (arguments[0] == "create") return pai::test::create(static_cast<int>(number(1, 2000)), static_cast<int>(number(2, 8)));
  if (arguments[0] == "align" && arguments.size() > 1) {
    return pai::test::align(static_cast<std::uint64_t>(number(1, 0)), static_cast<int>(number(2, 4)), arguments.size() > 3 ? arguments[3] : "prf");
  }
  if (arguments[0] == "train") {
    const auto text = [&](std::size_t at, const char* otherwise) { return arguments.size() > at ? arguments[at] : otherwise; };
    return pai::test::train(static_cast<int>(number(1, 3)), static_cast<int>(number(2, 64)), static_cast<int>(number(3, 3000)), text(4, "-"),
                            text(5, "full"));
  }
  return pai::test::usage();
}
