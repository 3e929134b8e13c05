// Group elements a second, by kernel, on one core and on all: what an alignment with psi: "ecdh" spends its
// time on. One core is measured by its CPU time, all cores by the clock. The last lines give the ratios of
// this very run: on a busy machine they mean more than the rates.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "client/ristretto/group_cipher.h"

namespace {

using pai::client::ristretto::GroupCipher;
using pai::client::ristretto::KernelChoice;
using pai::client::ristretto::kPointBytes;

struct Elements {
  std::vector<std::string> text;
  std::vector<std::string_view> ids;
  std::vector<std::uint8_t> points;
};

const Elements& elements() {
  static const Elements all = [] {
    constexpr std::size_t kCount = 16384;
    Elements e;
    for (std::size_t i = 0; i < kCount; ++i) e.text.push_back("customer-" + std::to_string(10'000'000 + i));
    e.ids.assign(e.text.begin(), e.text.end());
    e.points.resize(kCount * kPointBytes);
    auto cipher = GroupCipher::create("benchmark");
    if (!cipher || !cipher->hash_and_blind(e.ids, e.points)) std::abort();
    return e;
  }();
  return all;
}

enum class Work { kHashAndBlind, kBlind };

void run(benchmark::State& state, Work work, KernelChoice kernel, unsigned threads) {
  const Elements& input = elements();
  auto cipher = GroupCipher::create("benchmark", {.threads = threads, .kernel = kernel});
  if (!cipher) {
    state.SkipWithError("no cipher");
    return;
  }
  std::vector<std::uint8_t> out(input.points.size());
  for (auto _ : state) {
    const auto status =
        work == Work::kBlind ? cipher->blind(input.points, out) : cipher->hash_and_blind(input.ids, out);
    if (!status) state.SkipWithError("failed");
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(input.ids.size()));
  state.SetLabel(std::string(cipher->kernel_name()));
}

/// Prints as usual and keeps each rate for the ratios.
class Reporter : public benchmark::ConsoleReporter {
 public:
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& each : runs) {
      const auto rate = each.counters.find("items_per_second");
      if (rate == each.counters.end()) continue;
      double& best = rates_[each.run_name.function_name];
      best = std::max<double>(best, rate->second);
    }
    ConsoleReporter::ReportRuns(runs);
  }

  void print_ratios() const {
    for (const auto& [name, rate] : rates_) {
      const std::size_t at = name.rfind("/fastest");
      if (at == std::string::npos) continue;
      const auto base = rates_.find(std::string(name).replace(at, 8, "/libsodium"));
      if (base != rates_.end())
        std::printf("%-32s %5.2f times libsodium\n", name.c_str(), rate / base->second);
    }
  }

 private:
  std::map<std::string, double> rates_;
};

}  // namespace

int main(int argc, char** argv) {
  const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  const std::pair<Work, const char*> works[] = {{Work::kHashAndBlind, "hash_and_blind"},
                                                {Work::kBlind, "blind"}};
  const std::pair<KernelChoice, const char*> kernels[] = {{KernelChoice::kSodium, "libsodium"},
                                                          {KernelChoice::kFastest, "fastest"}};
  for (const auto& [work, work_name] : works) {
    for (const bool all_cores : {false, true}) {
      for (const auto& [kernel, kernel_name] : kernels) {
        const std::string name =
            std::string(work_name) + (all_cores ? "/all_cores/" : "/one_core/") + kernel_name;
        auto* entry = benchmark::RegisterBenchmark(name.c_str(), run, work, kernel, all_cores ? cores : 1);
        entry->Unit(benchmark::kMillisecond);
        if (all_cores) entry->UseRealTime();
      }
    }
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  Reporter reporter;
  benchmark::RunSpecifiedBenchmarks(&reporter);
  reporter.print_ratios();
  return 0;
}
