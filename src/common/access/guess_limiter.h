#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

namespace pai::access {

/// Slows down whoever guesses tokens, by address: after a few wrong ones the address has to wait, and twice as long after
/// each further one; a right one in between makes no difference, or who has one token could guess others at leisure. Bounded memory: of very many addresses the ones longest quiet are forgotten. Not thread-safe; the
/// time is given, in seconds of a steady clock.
class GuessLimiter {
 public:
  struct Options {
    int free_guesses = 5;          ///< without a wait
    double first_wait_s = 1;
    double longest_wait_s = 60;
    double forgiven_after_s = 600; ///< without a wrong guess
    std::size_t addresses_max = 4096;
  };

  GuessLimiter() : GuessLimiter(Options{}) {}
  explicit GuessLimiter(Options options) : options_(options) {}

  /// Seconds that this address still has to wait; 0: it may try.
  double wait(std::string_view address, double now) const;
  /// It tried, and was wrong.
  void wrong(std::string_view address, double now);
  std::size_t size() const { return by_address_.size(); }

 private:
  struct Entry {
    std::string address;
    int wrong = 0;
    double last = 0;
    double until = 0;
  };
  using Entries = std::list<Entry>;  ///< the latest first

  const Options options_;
  Entries entries_;
  std::unordered_map<std::string, Entries::iterator> by_address_;
};

/// What stands for one caller: `addr:port` without the port; of an IPv6 address the /64, which one caller has whole.
std::string guesser_of(std::string_view remote);

}  // namespace pai::access
