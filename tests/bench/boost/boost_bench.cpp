// What boosted trees on shares cost, all parties in this process over memory channels: seconds, rounds and bytes a tree, the dealer's work apart.
//
//   boost_bench [--rows N] [--features D] [--clients N] [--depth D] [--bins B] [--trees T] [--row-sample PERCENT] [--relaxed 1]
//
// Made-up rows, a fifth of them test rows. Seconds are wall clock, the parties share this machine's cores; `dealer` and `client` are the processor
// time of the dealer's thread, and of the busiest data client's. Over real processes and TLS: a task on the credit data, whose label client's log has the
// line `boosting on shares ended` (docs/benchmarks.md).
#include <time.h>

#include <algorithm>
#include <chrono>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "client/boost/boost_settings.h"
#include "client/boost/scores.h"
#include "client/boost/tree_step.h"
#include "client/channel/memory_channel.h"
#include "client/mpc/client_source.h"
#include "client/mpc/dealer_source.h"
#include "support/temp_folder.h"

namespace pai::client::boost {
namespace {

struct QuietReporter final : Reporter {
  void phase(std::string_view, std::uint64_t, std::string_view) override {}
  void set_total(std::uint64_t) override {}
  void advance(std::uint64_t) override {}
  void set_dataset(task::DatasetSummary) override {}
};

double thread_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

template <class T>
T must(Result<T> result) {
  if (!result.ok()) {
    std::fprintf(stderr, "%s\n", result.error().describe().c_str());
    std::exit(1);
  }
  return std::move(result).value();
}
void must(const Status& status) {
  if (!status.ok()) {
    std::fprintf(stderr, "%s\n", status.error().describe().c_str());
    std::exit(1);
  }
}

struct Bench {
  Shape shape;
  BoostSettings settings;
  int clients = 3;  // data clients, the last has the labels

  void run() {
    std::atomic<std::uint64_t> online{0}, dealt{0};
    MemoryNetwork network;
    const int dealer = clients;
    network.tap = [&](int from, int, const v1::Frame& frame) {
      if (frame.has_masked_rows()) return;
      (from == dealer ? dealt : online) += frame.ByteSizeLong();
    };
    auto channels = make_memory_channels(clients + 1, network);
    mpc::Group group;
    for (int client = 0; client < clients; ++client) group.clients.push_back(client);
    pai::test::TempFolder folder;
    const auto root = must(io::Root::open(folder.path().string(), false));
    std::vector<double> work(static_cast<std::size_t>(clients) + 1);
    double seconds = 0;
    std::uint64_t rounds = 0;
    std::vector<std::thread> threads;
    for (int self = 0; self <= clients; ++self) {
      threads.emplace_back([&, self] {
        auto& channel = *channels[static_cast<std::size_t>(self)];
        QuietReporter reporter;
        task::TaskFile file;
        file.node.memory_bytes_max = std::uint64_t{64} << 30;
        Context context{file, channel, reporter, root, root, root};
        auto& own_work = work[static_cast<std::size_t>(self)];
        const auto sample = sample_of(shape, 1, 0, settings.row_ratio, 1);
        if (self == dealer) {
          auto source = must(mpc::DealerSource::open(channel, group, "bench"));
          auto masks = must(MaskedBins::make(context, shape, -1));
          must(masks.draw(source, reporter));
          const auto step = make_tree_step(shape, settings, masks, {}, -1);
          const double before = thread_seconds();
          for (std::uint64_t tree = 0; tree < settings.iterations; ++tree) {
            for (std::size_t operation = 0; operation < step->operations(); ++operation) {
              source.begin();
              step->draw(source, operation, sample);
              must(source.finish());
            }
          }
          own_work = thread_seconds() - before;
          must(source.end());
        } else {
          auto own_group = group;
          own_group.self = self;
          auto source = must(mpc::ClientSource::receive(channel, own_group, dealer, "bench"));
          std::mt19937 random(static_cast<unsigned>(self));
          std::vector<std::uint8_t> bins(shape.rows() * shape.features[static_cast<std::size_t>(self)]);
          for (auto& bin : bins) bin = static_cast<std::uint8_t>(random() % shape.bins);
          std::vector<double> labels(self + 1 == clients ? shape.train_rows : 0);
          for (auto& label : labels) label = static_cast<double>(random() % 2);
          auto masked = must(MaskedBins::make(context, shape, self));
          must(masked.exchange(channel, own_group, source, bins, reporter));
          mpc::Exchange exchange(channel, own_group);
          const nn::Party party{channel, own_group, exchange, clients - 1};
          const auto step = make_tree_step(shape, settings, masked, bins, self);
          std::vector<Half> scores(shape.rows());
          const double before = thread_seconds(), began = wall_seconds();
          for (std::uint64_t tree = 0; tree < settings.iterations; ++tree) {
            for (std::size_t operation = 0; operation < step->operations(); ++operation) {
              source.begin();
              step->draw(source, operation, sample);
              must(source.finish());
              exchange.begin(source.operation());
              must(step->run(party, operation, source.operation(), sample, labels, scores));
            }
          }
          own_work = thread_seconds() - before;
          if (self == 0) {
            seconds = wall_seconds() - began;
            rounds = exchange.rounds() / settings.iterations + step->hops();
          }
          must(source.drain());
        }
        channel.finish(Status());
      });
    }
    for (auto& thread : threads) thread.join();
    const auto trees = static_cast<double>(settings.iterations);
    const double busiest = *std::max_element(work.begin(), work.end() - 1);
    std::printf("%s rows %zu features %zu depth %zu bins %zu clients %d: %.3f s a tree, %llu rounds, %.1f MB between clients, %.1f MB dealt; "
                "processor s a tree: dealer %.3f, client %.3f\n",
                settings.relaxed ? "relaxed" : "full", shape.train_rows, std::accumulate(shape.features.begin(), shape.features.end(), std::size_t{0}), shape.depth, shape.bins, clients, seconds / trees,
                static_cast<unsigned long long>(rounds), static_cast<double>(online) / trees / 1e6, static_cast<double>(dealt) / trees / 1e6,
                work.back() / trees, busiest / trees);
  }
};

}  // namespace
}  // namespace pai::client::boost

int main(int argc, char** argv) {
  pai::client::boost::Bench bench;
  std::size_t rows = 24'000, features = 23;
  bench.settings.iterations = 3;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    const auto value = static_cast<std::size_t>(std::strtoull(argv[i + 1], nullptr, 10));
    if (name == "--rows") rows = value;
    else if (name == "--features") features = value;
    else if (name == "--clients") bench.clients = static_cast<int>(value);
    else if (name == "--depth") bench.settings.depth = value;
    else if (name == "--bins") bench.settings.bins = value;
    else if (name == "--row-sample") bench.settings.row_ratio = static_cast<double>(value) / 100;
    else if (name == "--relaxed") bench.settings.relaxed = value != 0;
    else if (name == "--trees") bench.settings.iterations = value;
    else return std::fprintf(stderr, "unknown: %s\n", name.c_str()), 2;
  }
  if (bench.clients < 2 || features < static_cast<std::size_t>(bench.clients - 1) || bench.settings.iterations == 0) return 2;
  auto& shape = bench.shape;
  shape.train_rows = rows;
  shape.test_rows = rows / 4;
  shape.depth = bench.settings.depth;
  shape.bins = bench.settings.bins;
  const auto owners = static_cast<std::size_t>(bench.clients - 1);
  for (std::size_t p = 0; p < owners; ++p) shape.features.push_back(features * (p + 1) / owners - features * p / owners);
  shape.features.push_back(0);
  bench.run();
  return 0;
}
