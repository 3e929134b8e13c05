// What a round of messages from all to all costs by each transport, between real processes with mutual TLS on
// loopback.
//
//   rounds_bench [PARTIES] [--sides=tls,sync,…] [--sizes=256,1024,…] [--seconds=0.2] [--repeat=3]
//
// Every side is measured in the same run, in turns, `repeat` times. Rounds are timed in batches, and a figure
// is the time that a fifth of all batches stayed under: other work on the machine disturbs the rest. The
// ratio says how many times as quick as gRPC's synchronous interface a side is. `poll:SIDE` runs a side with
// gRPC's poll(2) engine.
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "bench/channel/links.h"
#include "support/certificates.h"
#include "support/process.h"
#include "support/temp_folder.h"

namespace pai::bench {

void give_up(const std::string& why) {
  std::fprintf(stderr, "rounds_bench: %s\n", why.c_str());
  std::_Exit(1);
}

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kPartiesMax = 8;
constexpr std::size_t kSizesMax = 8;
constexpr std::size_t kBatchesMax = 4096;
constexpr int kBatchRounds = 20;
constexpr std::string_view kPollFirst = "poll:";

struct Side {
  const char* name;
  std::unique_ptr<Links> (*open)(const Party&);
};
constexpr Side kSides[] = {{"tls", tls_links},
                           {"sync", sync_links},
                           {"queue", queue_links},
                           {"callback", callback_links},
                           {"channel", channel_links}};

struct Options {
  std::vector<int> parties;
  std::vector<std::string> sides;
  std::vector<std::size_t> sizes;
  double seconds = 0.2;
  int repeat = 3;
};

/// What one party measured of one size in one turn.
struct Figures {
  double batches[kBatchesMax];  ///< microseconds a round
  std::size_t batch_count;
  double cpu;       ///< microseconds a round
  double switches;  ///< of threads, a round
};

/// In memory that the processes share.
struct Shared {
  Figures figures[kPartiesMax][kSizesMax];
};

/// All turns of a side and size.
struct Sum {
  std::vector<double> batches;  ///< of party 0
  std::vector<double> cpu;      ///< means over the parties
  std::vector<double> switches;
};

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

struct Usage {
  double cpu = 0;
  double switches = 0;
};
Usage usage() {
  rusage of{};
  ::getrusage(RUSAGE_SELF, &of);
  const auto us = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_usec);
  };
  return {us(of.ru_utime) + us(of.ru_stime), static_cast<double>(of.ru_nvcsw + of.ru_nivcsw)};
}

/// Seconds of one batch of rounds.
double play(Links& links, const Party& party, const std::string& body) {
  const auto start = Clock::now();
  for (int i = 0; i < kBatchRounds; ++i) {
    for (int peer = 0; peer < party.parties(); ++peer) {
      if (peer != party.self) links.send(peer, body);
    }
    for (int peer = 0; peer < party.parties(); ++peer) {
      if (peer != party.self && links.receive(peer) != body.size()) give_up("another message came");
    }
  }
  return seconds_since(start);
}

/// All parties play the same number of batches: party 0 measures a few and tells the others.
void run_party(const Side& side, const Party& party, const Options& options, Shared& shared) {
  const auto links = side.open(party);
  for (std::size_t i = 0; i < options.sizes.size(); ++i) {
    const std::string body(options.sizes[i], 'x');
    double warm_up = 0;
    for (int batch = 0; batch < 10; ++batch) warm_up = play(*links, party, body);
    auto count = std::clamp<std::size_t>(static_cast<std::size_t>(options.seconds / warm_up), 5, kBatchesMax);
    if (party.self == 0) {
      for (int peer = 1; peer < party.parties(); ++peer) links->send(peer, std::string(count, 'n'));
    } else {
      count = links->receive(0);
    }
    auto& figures = shared.figures[party.self][i];
    const auto before = usage();
    for (std::size_t batch = 0; batch < count; ++batch) {
      figures.batches[batch] = play(*links, party, body) * 1e6 / kBatchRounds;
    }
    const auto after = usage();
    const double rounds = static_cast<double>(count) * kBatchRounds;
    figures.batch_count = count;
    figures.cpu = (after.cpu - before.cpu) / rounds;
    figures.switches = (after.switches - before.switches) / rounds;
  }
}

void measure(const std::string& name, int parties, const Options& options,
             const pai::test::Certificates& certificates, Shared& shared, std::vector<Sum>& sums) {
  const bool poll = name.starts_with(kPollFirst);
  const auto* side = std::find_if(std::begin(kSides), std::end(kSides), [&](const Side& candidate) {
    return name.substr(poll ? kPollFirst.size() : 0) == candidate.name;
  });
  if (side == std::end(kSides)) give_up("no side is called " + name);
  std::vector<std::uint16_t> ports;
  for (int id = 0; id < parties; ++id) ports.push_back(static_cast<std::uint16_t>(pai::test::free_port()));
  std::vector<pid_t> children;
  for (int id = 0; id < parties; ++id) {
    const pid_t pid = ::fork();
    if (pid < 0) give_up("cannot fork");
    if (pid == 0) {
      if (poll) ::setenv("GRPC_POLL_STRATEGY", "poll", 1);
      run_party(*side, {id, ports, certificates.files("node" + std::to_string(id))}, options, shared);
      std::_Exit(0);
    }
    children.push_back(pid);
  }
  for (int id = 0; id < parties; ++id) {
    int status = 0;
    if (::waitpid(-1, &status, 0) > 0 && status == 0) continue;
    for (const auto pid : children) ::kill(pid, SIGKILL);  // the others would wait for it
    give_up("a party failed: " + name);
  }
  for (std::size_t i = 0; i < options.sizes.size(); ++i) {
    const auto& first = shared.figures[0][i];
    sums[i].batches.insert(sums[i].batches.end(), first.batches, first.batches + first.batch_count);
    double cpu = 0;
    double switches = 0;
    for (int id = 0; id < parties; ++id) {
      cpu += shared.figures[id][i].cpu / parties;
      switches += shared.figures[id][i].switches / parties;
    }
    sums[i].cpu.push_back(cpu);
    sums[i].switches.push_back(switches);
  }
}

/// What this part of the values stays under.
double quantile(std::vector<double> values, double part) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
}

void compare(int parties, const Options& options, const pai::test::Certificates& certificates,
             Shared& shared) {
  std::vector<std::vector<Sum>> sums(options.sides.size(), std::vector<Sum>(options.sizes.size()));
  for (int turn = 0; turn < options.repeat; ++turn) {
    for (std::size_t i = 0; i < options.sides.size(); ++i) {
      measure(options.sides[i], parties, options, certificates, shared, sums[i]);
    }
  }
  const auto time = [&](std::size_t side, std::size_t size) {
    return quantile(sums[side][size].batches, 0.2);
  };
  const auto base = static_cast<std::size_t>(std::find(options.sides.begin(), options.sides.end(), "sync") -
                                             options.sides.begin());
  std::printf(
      "\n%d parties: us a round (times as quick as sync; us of CPU and thread switches a party)\n%-14s",
      parties, "");
  for (const auto size : options.sizes) std::printf("%9zu bytes               ", size);
  std::printf("\n");
  for (std::size_t side = 0; side < options.sides.size(); ++side) {
    std::printf("%-14s", options.sides[side].c_str());
    for (std::size_t size = 0; size < options.sizes.size(); ++size) {
      const double ratio = base < options.sides.size() ? time(base, size) / time(side, size) : 0;
      std::printf("%6.0f (%4.2f; %5.1f us, %4.1f)  ", time(side, size), ratio,
                  quantile(sums[side][size].cpu, 0.5), quantile(sums[side][size].switches, 0.5));
    }
    std::printf("\n");
  }
  std::fflush(stdout);
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    words.emplace_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return words;
}

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word.starts_with("--sides=")) {
      options.sides = split(word.substr(8));
    } else if (word.starts_with("--sizes=")) {
      for (const auto& size : split(word.substr(8))) options.sizes.push_back(std::stoul(size));
    } else if (word.starts_with("--seconds=")) {
      options.seconds = std::atof(argv[i] + 10);
    } else if (word.starts_with("--repeat=")) {
      options.repeat = std::max(1, std::atoi(argv[i] + 9));
    } else {
      options.parties.push_back(std::clamp(std::atoi(argv[i]), 2, kPartiesMax));
    }
  }
  if (options.parties.empty()) options.parties = {2, 3, 4};
  if (options.sizes.empty()) options.sizes = {256, 1024, 4096, 32768};
  options.sizes.resize(std::min(options.sizes.size(), kSizesMax));
  if (options.sides.empty()) {
    for (const auto& side : kSides) options.sides.emplace_back(side.name);
  }
  return options;
}

int run(const Options& options) {
  const pai::test::TempFolder folder;
  const pai::test::Certificates certificates(folder / "tls");
  std::vector<std::string> nodes;
  for (int id = 0; id < kPartiesMax; ++id) nodes.push_back("node" + std::to_string(id));
  certificates.make(nodes);
  auto* shared = static_cast<Shared*>(
      ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  if (shared == MAP_FAILED) give_up("no memory");
  for (const int parties : options.parties) compare(parties, options, certificates, *shared);
  return 0;
}

}  // namespace
}  // namespace pai::bench

int main(int argc, char** argv) {
  return pai::bench::run(pai::bench::parse(argc, argv));
}
