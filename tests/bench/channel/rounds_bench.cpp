// What a round of messages from all to all costs by each transport, between real processes with mutual TLS on
// loopback.
//
//   rounds_bench [PARTIES] [--sides=tls,sync,...] [--seconds=0.2] [--repeat=3]
//
// Every side is measured in the same run, in turns, `repeat` times; a figure is the median of the turns. The
// ratio is that of the bare gRPC stream of the synchronous interface to the side: over 1 is quicker.
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
constexpr std::size_t kSizes[] = {256, 1024, 4096, 32768};
constexpr std::size_t kSizeCount = std::size(kSizes);
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

struct Figure {
  double microseconds = 0;  ///< a round
  double cpu = 0;           ///< microseconds a round, one party
  double switches = 0;      ///< of threads, a round, one party
};

/// In memory that the processes share.
struct Shared {
  Figure figures[kPartiesMax][kSizeCount];
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

void round(Links& links, const Party& party, const std::string& body) {
  for (int peer = 0; peer < party.parties(); ++peer) {
    if (peer != party.self) links.send(peer, body);
  }
  for (int peer = 0; peer < party.parties(); ++peer) {
    if (peer != party.self && links.receive(peer) != body.size()) give_up("another message came");
  }
}

/// Plays `count` rounds and says what one took.
Figure play(Links& links, const Party& party, const std::string& body, int count) {
  const auto before = usage();
  const auto start = Clock::now();
  for (int i = 0; i < count; ++i) round(links, party, body);
  const double rounds = count;
  const auto after = usage();
  return {seconds_since(start) * 1e6 / rounds, (after.cpu - before.cpu) / rounds,
          (after.switches - before.switches) / rounds};
}

/// All parties play the same number of rounds: party 0 measures a few and tells the others.
void run_party(const Side& side, const Party& party, double seconds, Shared& shared) {
  const auto links = side.open(party);
  for (std::size_t i = 0; i < kSizeCount; ++i) {
    const std::string body(kSizes[i], 'x');
    const auto first = play(*links, party, body, 300);
    int count = std::clamp(static_cast<int>(seconds * 1e6 / first.microseconds), 20, 100'000);
    if (party.self == 0) {
      for (int peer = 1; peer < party.parties(); ++peer)
        links->send(peer, std::string(static_cast<std::size_t>(count), 'n'));
    } else {
      count = static_cast<int>(links->receive(0));
    }
    shared.figures[party.self][i] = play(*links, party, body, count);
  }
}

/// The figures of one turn, the mean over the parties.
std::vector<Figure> measure(const Side& side, bool poll, int parties, double seconds,
                            const pai::test::Certificates& certificates, Shared& shared) {
  std::vector<std::uint16_t> ports;
  for (int id = 0; id < parties; ++id) ports.push_back(static_cast<std::uint16_t>(pai::test::free_port()));
  std::vector<pid_t> children;
  for (int id = 0; id < parties; ++id) {
    const pid_t pid = ::fork();
    if (pid < 0) give_up("cannot fork");
    if (pid == 0) {
      if (poll) ::setenv("GRPC_POLL_STRATEGY", "poll", 1);
      run_party(side, {id, ports, certificates.files("node" + std::to_string(id))}, seconds, shared);
      std::_Exit(0);
    }
    children.push_back(pid);
  }
  for (const auto pid : children) {
    int status = 0;
    if (::waitpid(pid, &status, 0) != pid || status != 0)
      give_up(std::string("a party failed: ") + side.name);
  }
  std::vector<Figure> means(kSizeCount);
  for (std::size_t i = 0; i < kSizeCount; ++i) {
    for (int id = 0; id < parties; ++id) {
      means[i].microseconds += shared.figures[id][i].microseconds / parties;
      means[i].cpu += shared.figures[id][i].cpu / parties;
      means[i].switches += shared.figures[id][i].switches / parties;
    }
  }
  return means;
}

template <class Pick>
double median(const std::vector<std::vector<Figure>>& turns, std::size_t size, Pick pick) {
  std::vector<double> values;
  for (const auto& turn : turns) values.push_back(pick(turn[size]));
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void compare(const std::vector<std::string>& names, int parties, double seconds, int repeat,
             const pai::test::Certificates& certificates, Shared& shared) {
  std::vector<std::vector<std::vector<Figure>>> turns(names.size());
  for (int turn = 0; turn < repeat; ++turn) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      const bool poll = names[i].starts_with(kPollFirst);
      const auto name = poll ? names[i].substr(kPollFirst.size()) : names[i];
      const auto* side =
          std::find_if(std::begin(kSides), std::end(kSides), [&](const Side& s) { return name == s.name; });
      if (side == std::end(kSides)) give_up("no side is called " + name);
      turns[i].push_back(measure(*side, poll, parties, seconds, certificates, shared));
    }
  }
  const auto base = std::find(names.begin(), names.end(), "sync") - names.begin();
  std::printf(
      "\n%d parties, microseconds a round (ratio to sync; CPU and thread switches of one party)\n%-14s",
      parties, "");
  for (const auto size : kSizes) std::printf("%10zu bytes               ", size);
  std::printf("\n");
  const auto time = [](const Figure& f) { return f.microseconds; };
  for (std::size_t i = 0; i < names.size(); ++i) {
    std::printf("%-14s", names[i].c_str());
    for (std::size_t size = 0; size < kSizeCount; ++size) {
      const double own = median(turns[i], size, time);
      const double ratio = base < static_cast<std::ptrdiff_t>(names.size())
                               ? median(turns[static_cast<std::size_t>(base)], size, time) / own
                               : 0;
      std::printf("%7.1f (%4.2f; %5.1f us, %4.1f)  ", own, ratio,
                  median(turns[i], size, [](const Figure& f) { return f.cpu; }),
                  median(turns[i], size, [](const Figure& f) { return f.switches; }));
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

int run(int argc, char** argv) {
  std::vector<int> counts;
  std::vector<std::string> names;
  double seconds = 0.2;
  int repeat = 3;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word.starts_with("--sides=")) {
      names = split(word.substr(8));
    } else if (word.starts_with("--seconds=")) {
      seconds = std::atof(argv[i] + 10);
    } else if (word.starts_with("--repeat=")) {
      repeat = std::max(1, std::atoi(argv[i] + 9));
    } else {
      counts.push_back(std::clamp(std::atoi(argv[i]), 2, kPartiesMax));
    }
  }
  if (counts.empty()) counts = {2, 3, 4};
  if (names.empty()) {
    for (const auto& side : kSides) names.emplace_back(side.name);
  }
  const pai::test::TempFolder folder;
  const pai::test::Certificates certificates(folder / "tls");
  std::vector<std::string> nodes;
  for (int id = 0; id < kPartiesMax; ++id) nodes.push_back("node" + std::to_string(id));
  certificates.make(nodes);
  auto* shared = static_cast<Shared*>(
      ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  if (shared == MAP_FAILED) give_up("no memory");
  for (const int parties : counts) compare(names, parties, seconds, repeat, certificates, *shared);
  return 0;
}

}  // namespace
}  // namespace pai::bench

int main(int argc, char** argv) {
  return pai::bench::run(argc, argv);
}
