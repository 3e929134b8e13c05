// What a batch of training costs without a network: one party's own work on shares, the dealer's, and the same batch in plain double precision.
//
//   training_bench
//
// 23 features in all, 12 of them the party's own; shapes as in docs/benchmarks.md. The whole over real processes is
// `system_bench train`, the channel alone `rounds_bench`.
#include <benchmark/benchmark.h>

#include <random>

#include "client/channel/memory_channel.h"
#include "client/mpc/client_source.h"
#include "client/mpc/dealer_source.h"
#include "client/nn/core/initial_weights.h"
#include "client/nn/core/plain_network.h"
#include "client/nn/shared_model.h"
#include "client/nn/training_step.h"

namespace pai::client::nn {
namespace {

constexpr std::size_t kFeatures = 23;
constexpr std::size_t kOwn = 12;

/// range(0): batch size; range(1): which network.
ModelShape shape_of(std::int64_t which) {
  switch (which) {
    case 0: return {kFeatures, {1}};
    case 1: return {kFeatures, {64, 1}};
    default: return {kFeatures, {64, 32, 1}};
  }
}

StepTerms terms_of(const benchmark::State& state) {
  return {shape_of(state.range(1)), TrainingRule(), static_cast<std::size_t>(state.range(0))};
}

std::vector<ring::Word> random_words(std::size_t size) {
  std::mt19937_64 random(size);
  std::vector<ring::Word> words(size);
  for (auto& word : words) word = random();
  return words;
}

/// A batch of masked features, of which the first columns are the party's own.
struct Batch {
  explicit Batch(std::size_t rows)
      : masked(random_words(rows * kFeatures)), own(random_words(rows * kOwn)), targets(rows, 1.0) {
    for (auto& word : own) word >>= 46;
    this->rows = {ring::as_matrix(std::span<const ring::Word>(masked), rows, kFeatures),
                  ring::as_matrix(std::span<const ring::Word>(own), rows, kOwn), 0};
  }
  std::vector<ring::Word> masked, own;
  std::vector<double> targets;
  mpc::OwnedRows rows;
};

/// One data client alone with the dealer: everything but the exchange with other parties.
class Pair {
 public:
  Pair() : channels_(make_memory_channels(2, {.bytes_max = std::size_t{512} << 20})), group_{{0}, 0} {
    dealer_.emplace(mpc::DealerSource::open(*channels_[1], group_, "run").value());
    client_.emplace(mpc::ClientSource::receive(*channels_[0], group_, 1, "run").value());
  }
  Channel& channel() { return *channels_[0]; }
  const mpc::Group& group() const { return group_; }
  mpc::DealerSource& dealer() { return *dealer_; }
  mpc::ClientSource& client() { return *client_; }

 private:
  std::vector<std::unique_ptr<TaskChannel>> channels_;
  mpc::Group group_;
  std::optional<mpc::DealerSource> dealer_;
  std::optional<mpc::ClientSource> client_;
};

void deal(mpc::Source& source, TrainingStep& step, const Batch& batch) {
  source.begin();
  step.draw(source, batch.rows);
  if (!source.finish().ok()) std::abort();
}

void one_partys_work(benchmark::State& state) {
  const auto terms = terms_of(state);
  const Batch batch(terms.batch_size);
  Pair pair;
  const auto dealers_step = make_full_step(terms).value();
  const auto step = make_full_step(terms).value();
  mpc::Exchange exchange(pair.channel(), pair.group());
  const Party party{pair.channel(), pair.group(), exchange, 0};
  auto model = initial_model(terms.shape, terms.shape.layers(), 1, false, true);
  for (auto _ : state) {
    state.PauseTiming();
    deal(pair.dealer(), *dealers_step, batch);
    state.ResumeTiming();
    deal(pair.client(), *step, batch);
    exchange.begin(pair.client().operation());
    if (!step->run(party, batch.rows, batch.targets, model).ok()) std::abort();
  }
  state.counters["batches/s"] = benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

void dealers_work(benchmark::State& state) {
  const auto terms = terms_of(state);
  const Batch batch(terms.batch_size);
  Pair pair;
  const auto step = make_full_step(terms).value();
  std::uint64_t bytes = 0;
  for (auto _ : state) {
    deal(pair.dealer(), *step, batch);
    state.PauseTiming();
    bytes += pair.channel().receive<v1::Correction>(1).value().words().size();
    state.ResumeTiming();
  }
  state.counters["batches/s"] = benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
  state.counters["KB/batch"] = static_cast<double>(bytes) / 1e3 / static_cast<double>(state.iterations());
}

void plain_double(benchmark::State& state) {
  const auto terms = terms_of(state);
  PlainNetwork network(terms.shape, terms.rule, 1);
  std::mt19937 random(7);
  std::normal_distribution<double> normal;
  std::vector<double> x(terms.batch_size * kFeatures), y(terms.batch_size, 1.0);
  for (auto& value : x) value = normal(random);
  for (auto _ : state) network.step(x, y);
  state.counters["batches/s"] = benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

void shapes(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"B", "net"})->Unit(benchmark::kMicrosecond);
  for (const int batch : {64, 256, 1024}) bench->Args({batch, 0});
  for (const int net : {1, 2}) bench->Args({64, net})->Args({256, net});
}

BENCHMARK(plain_double)->Apply(shapes);
BENCHMARK(one_partys_work)->Apply(shapes);
BENCHMARK(dealers_work)->Apply(shapes);

}  // namespace
}  // namespace pai::client::nn

BENCHMARK_MAIN();
