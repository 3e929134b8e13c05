// The parts of an alignment, each alone on one core, in rows (or tags) a second: what the whole is compared
// with (docs/benchmarks.md). Tables are synthetic: a 13-character ID and two numbers, 33 bytes a row, as in
// the design's figures.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include <benchmark/benchmark.h>

#include "client/align/core/intersect.h"
#include "client/align/core/partition_sort.h"
#include "client/align/core/partition_store.h"
#include "client/align/core/tag_stream.h"
#include "client/align/rows_writer.h"
#include "client/align/tag_table.h"

namespace {

using namespace pai;
using namespace pai::client;
using namespace pai::client::align;

constexpr std::uint64_t kRows = 1'000'000;

/// Reports to nobody.
class SilentReporter : public Reporter {
 public:
  void phase(std::string_view, std::uint64_t, std::string_view) override {}
  void set_total(std::uint64_t) override {}
  void advance(std::uint64_t) override {}
  void set_dataset(task::DatasetSummary) override {}
};

/// A folder with a table of kRows rows; removed at the end.
class Bench {
 public:
  static Bench& get() {
    static Bench bench;
    return bench;
  }
  const io::Root& root() const { return *root_; }
  std::uint64_t bytes() const { return std::filesystem::file_size(folder_ / "t.csv"); }
  Table open() const { return Table::open(*root_, "t.csv", {}).value(); }

 private:
  Bench() {
    std::string name = (std::filesystem::temp_directory_path() / "pai-bench-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    std::ofstream file(folder_ / "t.csv");
    file << "id,x1,x2\n";
    std::mt19937_64 random(1);
    char row[64];
    for (std::uint64_t i = 0; i < kRows; ++i) {
      // An odd factor permutes the numbers below 2^40: no ID comes twice.
      const auto id = static_cast<unsigned long long>(i * 0x9E3779B97FULL & 0xFFFFFFFFFF);
      const int size = std::snprintf(
          row, sizeof row, "%c%012llu,%.5f,%.4f\n", static_cast<char>('A' + id % 26), id,
          static_cast<double>(random() >> 20) / 1e9, static_cast<double>(random() % 100000) / 1e4 - 5);
      file.write(row, size);
    }
    file.close();
    root_ = std::make_unique<io::Root>(io::Root::open(folder_, false).value());
  }
  ~Bench() { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_;
  std::unique_ptr<io::Root> root_;
};

crypto::CmacTagger tagger() {
  const std::array<std::uint8_t, 16> key{1, 2, 3};
  return crypto::CmacTagger(key);
}

TaggedTable tagged_table() {
  SilentReporter reporter;
  Table table = Bench::get().open();
  return TaggedTable::read(table, tagger(), true, reporter, [] { return Status(); }).value();
}

std::vector<TagRow> random_tags(std::size_t count, unsigned seed) {
  std::mt19937_64 random(seed);
  std::vector<TagRow> tags(count);
  for (auto& tag : tags) tag = {random(), static_cast<std::uint32_t>(random()), 0};
  return tags;
}

void rate(benchmark::State& state, std::uint64_t items, std::uint64_t bytes = 0) {
  state.SetItemsProcessed(static_cast<std::int64_t>(items * state.iterations()));
  if (bytes != 0) state.SetBytesProcessed(static_cast<std::int64_t>(bytes * state.iterations()));
}

/// Reading the file and finding and checking its rows.
void scan(benchmark::State& state) {
  Table table = Bench::get().open();
  for (auto _ : state) {
    table.read([](const csv::Scanner&, std::span<const csv::Row>, std::uint64_t) { return Status(); })
        .value();
  }
  rate(state, kRows, Bench::get().bytes());
}
BENCHMARK(scan)->Unit(benchmark::kMillisecond);

/// The keyed function alone, on IDs in cache; one line per kernel.
void tag(benchmark::State& state) {
  const auto kernels = crypto::detail::cmac_kernels();
  const auto& kernel = kernels[static_cast<std::size_t>(state.range(0))];
  state.SetLabel(std::string(kernel.name));
  const std::array<std::uint8_t, 16> key{1};
  const auto schedule = crypto::detail::cmac_schedule(key);
  const std::string text(16384, 'x');
  std::vector<std::string_view> ids;
  for (std::size_t i = 0; i < 1024; ++i) ids.push_back(std::string_view(text).substr(i * 13, 13));
  std::vector<crypto::Mac16> macs(ids.size());
  for (auto _ : state) {
    kernel.batch(schedule, ids, macs.data());
    benchmark::DoNotOptimize(macs.data());
  }
  rate(state, ids.size());
}
BENCHMARK(tag)->DenseRange(0, static_cast<int>(crypto::detail::cmac_kernels().size()) - 1);

/// Scan, tag, and keep the lines by partition: the phase "read".
void read(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(tagged_table());
  rate(state, kRows, Bench::get().bytes());
}
BENCHMARK(read)->Unit(benchmark::kMillisecond);

/// Tags of each partition in order, as they are sent.
void sort(benchmark::State& state) {
  TaggedTable tagged = tagged_table();
  for (auto _ : state) {
    for (std::uint32_t partition = 0; partition < kPartitions; ++partition)
      benchmark::DoNotOptimize(tagged.sorted(partition).data());
  }
  rate(state, kRows);
}
BENCHMARK(sort)->Unit(benchmark::kMillisecond);

/// Main: checks one partition of four parties with 9,766 tags each (10 M rows), 90 % common, joins it and
/// sets the answers' bits.
void join(benchmark::State& state) {
  constexpr std::size_t kTags = 9766, kParties = 4;
  std::vector<std::string> lists;
  for (unsigned party = 0; party < kParties; ++party) {
    auto tags = random_tags(kTags * 9 / 10, 1);
    const auto own = random_tags(kTags - tags.size(), 2 + party);
    tags.insert(tags.end(), own.begin(), own.end());
    for (auto& tag : tags) tag.high >>= kPartitionBits;  // partition 0
    std::sort(tags.begin(), tags.end(), [](const TagRow& a, const TagRow& b) { return a.tag_below(b); });
    std::string bytes(tags.size() * kTagBytes, '\0');
    for (std::size_t i = 0; i < tags.size(); ++i) store_tag(tags[i], bytes.data() + i * kTagBytes);
    lists.push_back(std::move(bytes));
  }
  Intersector intersector;
  std::vector<std::vector<std::uint64_t>> high(kParties);
  std::vector<PartyTags> parties(kParties);
  std::vector<std::uint8_t> bits(bit_bytes(kTags));
  for (auto _ : state) {
    for (std::size_t party = 0; party < kParties; ++party) {
      const std::span<const std::uint8_t> bytes(reinterpret_cast<const std::uint8_t*>(lists[party].data()),
                                                lists[party].size());
      PAI_CHECK(unpack_tags(0, bytes, high[party]), "sorted tags");
      parties[party] = {bytes, high[party]};
    }
    benchmark::DoNotOptimize(intersector.run(parties));
    for (std::size_t party = 0; party < kParties; ++party) set_bits(intersector.places(party), bits.data());
  }
  rate(state, kTags * kParties);
}
BENCHMARK(join)->Unit(benchmark::kMicrosecond);

/// All rows in aligned order into the three files, hashed and on the disk: the phase "write".
void write(benchmark::State& state) {
  TaggedTable tagged = tagged_table();
  const Table table = Bench::get().open();
  std::vector<std::vector<std::uint32_t>> rows(kPartitions);
  for (std::uint32_t partition = 0; partition < kPartitions; ++partition) {
    for (const TagRow& row : tagged.sorted(partition)) rows[partition].push_back(row.row);
  }
  const auto& root = Bench::get().root();
  for (auto _ : state) {
    root.make_folders("out").value();
    auto writer = RowsWriter::create(root, "out", "t", table.layout(), 0.2).value();
    LineReader reader(table.layout());
    writer->at_least(kRows).value();
    for (std::uint32_t partition = 0; partition < kPartitions; ++partition) {
      tagged.prefetch(partition);
      for (const auto row : rows[partition]) {
        const RowLines lines = reader.at(tagged.line(partition, row));
        writer->add_padded(lines.aligned, lines.values).value();
      }
    }
    writer->finish().value();
    state.PauseTiming();
    writer.reset();
    root.remove_tree("out").value();
    state.ResumeTiming();
  }
  rate(state, kRows);
}
BENCHMARK(write)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime()->UseRealTime();

/// Which classifiers the machine has, on text in cache.
void classify(benchmark::State& state) {
  const auto& classifier = csv::classifiers()[static_cast<std::size_t>(state.range(0))];
  state.SetLabel(std::string(classifier.name));
  const std::string text(64 * 1024, 'x');
  std::vector<csv::BlockMasks> masks(1024);
  for (auto _ : state) benchmark::DoNotOptimize(classifier.classify(text.data(), 1024, masks.data()));
  rate(state, 1024, text.size());
}
BENCHMARK(classify)->DenseRange(0, static_cast<int>(csv::classifiers().size()) - 1);

}  // namespace

BENCHMARK_MAIN();
