#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "client/mpc/source.h"

namespace pai::client::mpc::test {

/// A source without parties: counts what is drawn, and says it in words.
class LoneSource final : public Source {
 public:
  explicit LoneSource(bool is_dealer = false) : Source(is_dealer) {}

  Status finish() override { return {}; }
  void uniform(std::span<Word> words) override { note("uniform", words.size()); }
  void own(int party, std::span<Word> words) override { note("own of " + std::to_string(party), words.size()); }

  void uniform_bits(std::span<Word> words) override { note("uniform bits", words.size()); }

  /// "operation/tensor sort size", one a draw.
  std::vector<std::string> drawn;

 private:
  void started() override {}
  void settle(std::span<Word> words, int bits) override {
    note(bits == 64 ? "derived" : "derived of " + std::to_string(bits) + " bits", words.size());
  }
  void settle_bits(std::span<Word> words) override { note("derived bits", words.size()); }
  void settle_halves(std::span<ring::Half> halves) override { note("derived halves", halves.size()); }
  void deliver(int party, std::size_t size, std::span<Word>) override {
    note("given to " + std::to_string(party), size);
  }
  void note(const std::string& sort, std::size_t size) {
    drawn.push_back(std::to_string(operation()) + "/" + std::to_string(next_tensor()) + " " + sort + " " + std::to_string(size));
  }
};

}  // namespace pai::client::mpc::test
