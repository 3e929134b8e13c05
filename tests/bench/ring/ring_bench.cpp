// What an iteration of training computes in the ring, by kernel, next to what a float framework would compute
// in its place: Eigen's products of doubles, and of 64-bit words. Times are of this thread's processor time;
// on a busy machine the ratios within one run mean more than the rates.

#include <benchmark/benchmark.h>

#include <Eigen/Dense>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "client/ring/key_stream.h"
#include "client/ring/matrix.h"
#include "client/ring/seed_stream.h"
#include "client/ring/sine_kernels.h"
#include "client/ring/sine_series.h"
#include "client/ring/words.h"
#include "client/ring/words_kernels.h"

namespace {

using pai::client::ring::as_matrix;
using pai::client::ring::Kernel;
using pai::client::ring::Word;

enum class Form { kPlain, kTransposed, kRightTransposed };

/// sum m×n, each element of k products.
struct Product {
  const char* name;
  Form form;
  std::size_t m, k, n;
};

constexpr Product kProducts[] = {
    {"Xw_64x24_1", Form::kPlain, 64, 24, 1},
    {"Xw_256x24_1", Form::kPlain, 256, 24, 1},
    {"Xw_1024x24_1", Form::kPlain, 1024, 24, 1},
    {"XTd_64x24_1", Form::kTransposed, 24, 64, 1},
    {"XTd_256x24_1", Form::kTransposed, 24, 256, 1},
    {"XTd_1024x24_1", Form::kTransposed, 24, 1024, 1},
    {"XW_256x24_64", Form::kPlain, 256, 24, 64},
    {"AW_256x64_32", Form::kPlain, 256, 64, 32},
    {"Aw_256x64_1", Form::kPlain, 256, 64, 1},
    {"ATd_256x64_1", Form::kTransposed, 64, 256, 1},
    {"ATD_256x64_32", Form::kTransposed, 64, 256, 32},
    {"XTD_256x24_64", Form::kTransposed, 24, 256, 64},
    {"DWT_256x32_64", Form::kRightTransposed, 256, 32, 64},
    {"dwT_256x1_64", Form::kRightTransposed, 256, 1, 64},
    {"XW_24000x23_64", Form::kPlain, 24000, 23, 64},
    {"XTD_24000x23_64", Form::kTransposed, 23, 24000, 64},
};

std::vector<Word> random_words(std::size_t count) {
  static std::mt19937_64 generator(1);
  std::vector<Word> words(count);
  for (Word& word : words) word = generator();
  return words;
}

void finish(benchmark::State& state, const Product& product) {
  state.counters["MAC/s"] = benchmark::Counter(static_cast<double>(product.m * product.k * product.n),
                                               benchmark::Counter::kIsIterationInvariantRate);
}

void ring_product(benchmark::State& state, const Product& product, const Kernel& kernel) {
  const auto a = random_words(product.m * product.k), b = random_words(product.k * product.n);
  std::vector<Word> sum(product.m * product.n);
  const auto c = as_matrix(std::span(sum), product.m, product.n);
  for (auto _ : state) {
    switch (product.form) {
      case Form::kPlain:
        kernel.add_product(c, as_matrix(std::span(a), product.m, product.k),
                           as_matrix(std::span(b), product.k, product.n));
        break;
      case Form::kTransposed:
        kernel.add_transposed_product(c, as_matrix(std::span(a), product.k, product.m),
                                      as_matrix(std::span(b), product.k, product.n));
        break;
      case Form::kRightTransposed:
        kernel.add_product_transposed(c, as_matrix(std::span(a), product.m, product.k),
                                      as_matrix(std::span(b), product.n, product.k));
        break;
    }
    benchmark::ClobberMemory();
  }
  finish(state, product);
}

template <class Scalar>
void eigen_product(benchmark::State& state, const Product& product) {
  using Rows = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  using Column = Eigen::Matrix<Scalar, Eigen::Dynamic, 1>;
  const auto fill = [](auto& matrix) {
    const auto words = random_words(static_cast<std::size_t>(matrix.size()));
    for (Eigen::Index i = 0; i < matrix.size(); ++i)
      matrix.data()[i] = static_cast<Scalar>(words[static_cast<std::size_t>(i)] >> 40);
  };
  const auto m = static_cast<Eigen::Index>(product.m), k = static_cast<Eigen::Index>(product.k),
             n = static_cast<Eigen::Index>(product.n);
  const auto run = [&](auto& sum, auto& b) {
    Rows a(product.form == Form::kTransposed ? k : m, product.form == Form::kTransposed ? m : k);
    fill(a);
    fill(b);
    sum.setZero();
    for (auto _ : state) {
      if (product.form == Form::kPlain)
        sum.noalias() += a * b;
      else if (product.form == Form::kTransposed)
        sum.noalias() += a.transpose() * b;
      else
        sum.noalias() += a * b.transpose();
      benchmark::ClobberMemory();
    }
    finish(state, product);
  };
  if (n == 1) {
    Column sum(m), b(k);
    run(sum, b);
  } else {
    Rows sum(m, n),
        b(product.form == Form::kRightTransposed ? n : k, product.form == Form::kRightTransposed ? k : n);
    run(sum, b);
  }
}

void register_products() {
  for (const Product& product : kProducts) {
    const std::string name = std::string("product/") + product.name + "/";
    for (const Kernel& kernel : pai::client::ring::kernels()) {
      if (!kernel.available) continue;
      benchmark::RegisterBenchmark((name + "ring_" + kernel.name).c_str(),
                                   [&](benchmark::State& state) { ring_product(state, product, kernel); });
    }
    benchmark::RegisterBenchmark((name + "eigen_double").c_str(),
                                 [&](benchmark::State& state) { eigen_product<double>(state, product); });
    benchmark::RegisterBenchmark((name + "eigen_uint64").c_str(), [&](benchmark::State& state) {
      eigen_product<std::uint64_t>(state, product);
    });
  }
}

void key_stream(benchmark::State& state, const pai::client::ring::KeyStreamKernel& kernel, bool adds) {
  std::vector<Word> words(static_cast<std::size_t>(state.range(0)));
  const pai::client::ring::AesKey key{1, 2, 3};
  for (auto _ : state) (adds ? kernel.add : kernel.fill)(key, 0, words);
  state.SetBytesProcessed(state.iterations() * state.range(0) * 8);
}

void tensor(benchmark::State& state) {
  pai::client::ring::SecretSeed seed;
  const pai::client::ring::SeedStream stream(seed, "2c6a1d9e-7f03-4b55-9a51-0d6a3b1f2e84");
  std::vector<Word> words(static_cast<std::size_t>(state.range(0)));
  std::uint64_t operation = 0;
  for (auto _ : state) stream.expand({operation++, 1}, words);
  state.SetBytesProcessed(state.iterations() * state.range(0) * 8);
}

void register_streams() {
  for (const auto& kernel : pai::client::ring::key_stream_kernels()) {
    if (!kernel.available) continue;
    for (const bool adds : {false, true}) {
      const std::string name = std::string("stream/") + (adds ? "add/" : "fill/") + kernel.name;
      benchmark::RegisterBenchmark(
          name.c_str(), [&kernel, adds](benchmark::State& state) { key_stream(state, kernel, adds); })
          ->Arg(1 << 13)
          ->Arg(1 << 20);
    }
  }
  benchmark::RegisterBenchmark("stream/tensor", tensor)->Arg(1)->Arg(24)->Arg(1024)->Arg(65536);
}

/// An element with ten harmonics.
void register_series() {
  constexpr std::size_t kCount = 1024;
  constexpr int kHarmonics = 10, kBits = 42;
  for (const pai::client::ring::SineKernel& kernel : pai::client::ring::sine_kernels()) {
    if (!kernel.available) continue;
    const std::string suffix = std::string("/") + kernel.name;
    benchmark::RegisterBenchmark(("series/tables" + suffix).c_str(), [&kernel](benchmark::State& state) {
      const auto angles = random_words(kCount);
      std::vector<Word> tables(2 * kHarmonics * kCount);
      for (auto _ : state)
        kernel.wave_tables({angles.data(), kCount, kBits, kHarmonics, 16384, tables.data()});
      state.counters["s/angle"] = benchmark::Counter(
          kCount, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
    });
    for (const bool both : {false, true}) {
      benchmark::RegisterBenchmark(
          ((both ? "series/both" : "series/sigmoid") + suffix).c_str(),
          [&kernel, both](benchmark::State& state) {
            const auto opened = random_words(kCount), tables = random_words(2 * kHarmonics * kCount);
            auto coefficients = pai::client::ring::sigmoid_series(kHarmonics);
            for (double& c : coefficients) c *= 16384;
            const auto slopes = pai::client::ring::sigmoid_slopes(coefficients);
            std::vector<Word> value(kCount), derivative(kCount);
            for (auto _ : state) {
              kernel.series_share({opened.data(), kCount, kBits, kHarmonics, coefficients.data(),
                                   slopes.data(), tables.data(), value.data(),
                                   both ? derivative.data() : nullptr});
            }
            state.counters["s/element"] = benchmark::Counter(
                kCount, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
          });
    }
  }
}

void register_words() {
  constexpr std::size_t kCount = 4096;
  const auto words_rate = [](benchmark::State& state) {
    state.counters["words/s"] = benchmark::Counter(kCount, benchmark::Counter::kIsIterationInvariantRate);
  };
  for (const int bits : {1, 20, 42, 60, 64}) {
    const std::string suffix = "/" + std::to_string(bits);
    benchmark::RegisterBenchmark(("words/pack" + suffix).c_str(), [=](benchmark::State& state) {
      const auto words = random_words(kCount);
      std::vector<std::uint8_t> bytes(pai::client::ring::packed_bytes(kCount, bits));
      for (auto _ : state) pai::client::ring::pack(words, bits, bytes);
      words_rate(state);
    });
    benchmark::RegisterBenchmark(("words/unpack" + suffix).c_str(), [=](benchmark::State& state) {
      std::vector<Word> words(kCount);
      const std::vector<std::uint8_t> bytes(pai::client::ring::packed_bytes(kCount, bits), 0x5A);
      for (auto _ : state) pai::client::ring::unpack(bytes, bits, words);
      words_rate(state);
    });
  }
  for (const pai::client::ring::WordsKernel& kernel : pai::client::ring::words_kernels()) {
    if (!kernel.available) continue;
    const std::string suffix = std::string("/") + kernel.name;
    benchmark::RegisterBenchmark(("words/add" + suffix).c_str(), [=, &kernel](benchmark::State& state) {
      auto sum = random_words(kCount);
      const auto a = random_words(kCount);
      for (auto _ : state) kernel.add(sum.data(), a.data(), kCount);
      words_rate(state);
    });
    benchmark::RegisterBenchmark(("words/add_scaled" + suffix).c_str(),
                                 [=, &kernel](benchmark::State& state) {
                                   auto sum = random_words(kCount);
                                   const auto a = random_words(kCount);
                                   for (auto _ : state)
                                     kernel.add_scaled(sum.data(), 0x123456789ABCDEF1, a.data(), kCount);
                                   words_rate(state);
                                 });
    benchmark::RegisterBenchmark(("words/add_products" + suffix).c_str(),
                                 [=, &kernel](benchmark::State& state) {
                                   auto sum = random_words(kCount);
                                   const auto a = random_words(kCount), b = random_words(kCount);
                                   for (auto _ : state)
                                     kernel.add_products(sum.data(), a.data(), b.data(), kCount);
                                   words_rate(state);
                                 });
  }
}

}  // namespace

int main(int argc, char** argv) {
  register_products();
  register_streams();
  register_series();
  register_words();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
