#include "client/mpc/shuffle.h"

#include <numeric>
#include <utility>

#include "client/mpc/wire_words.h"
#include "client/ring/words.h"
#include "common/base/check.h"

namespace pai::client::mpc {

namespace {

/// Fisher–Yates by random words; the bias of word mod i is below 2^-32 for tables of less than 2^32 rows.
std::vector<std::uint32_t> permutation(std::span<const Word> random) {
  std::vector<std::uint32_t> order(random.size());
  std::iota(order.begin(), order.end(), 0U);
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random[i - 1] % i]);
  return order;
}

/// to.row(i) = from.row(order[i])
void permute(std::span<Word> to, std::span<const Word> from, std::span<const std::uint32_t> order, std::size_t width) {
  ring::gather_rows(ring::as_matrix(to, order.size(), width), ring::as_matrix(from, order.size(), width), order);
}

}  // namespace

void Shuffle::draw(Source& source, const Group& group, std::size_t rows, std::size_t width) {
  use_.draw();
  rows_ = rows;
  width_ = width;
  const auto size = rows * width;
  hops_.assign(group.clients.size(), {});
  for (int p = 0; p < group.size(); ++p) {
    auto& hop = hops_[static_cast<std::size_t>(p)];
    const bool permutes = source.is_dealer() || p == group.self;
    std::vector<Word> random(permutes ? rows : 0);
    source.own(p, random);
    if (permutes) hop.order = permutation(random);
    std::vector<Word> masks(source.is_dealer() ? size : 0);  // Σ a_q
    std::vector<Word> kept(source.is_dealer() ? size : 0);   // Σ b_q
    for (int q = 0; q < group.size(); ++q) {
      if (q == p) continue;
      const bool here = source.is_dealer() || q == group.self;
      if (here) {
        hop.sent_mask.resize(size);
        hop.kept.resize(size);
      }
      source.own(q, here ? std::span<Word>(hop.sent_mask) : std::span<Word>());
      source.own(q, here ? std::span<Word>(hop.kept) : std::span<Word>());
      if (source.is_dealer()) {
        ring::add(masks, hop.sent_mask);
        ring::add(kept, hop.kept);
      }
    }
    hop.correction.resize(permutes ? size : 0);
    source.given(p, size, hop.correction, [&](std::span<Word> words) {
      permute(words, masks, hop.order, width);
      ring::subtract(words, kept);
    });
  }
}

Status Shuffle::run(Channel& channel, const Group& group, std::uint64_t operation, std::vector<Word>& table) {
  PAI_CHECK(table.size() == rows_ * width_, "a table of another size");
  use_.spend();
  for (int p = 0; p < group.size(); ++p) {
    const auto& hop = hops_[static_cast<std::size_t>(p)];
    const int shuffler = group.clients[static_cast<std::size_t>(p)];
    if (p != group.self) {
      ring::subtract(table, hop.sent_mask);
      PAI_TRY(for_each_part(std::span<const Word>(table), [&](std::span<const Word> part) {
        v1::ShuffleShare message;
        message.set_operation(operation);
        set_words(*message.mutable_words(), part);
        return channel.send(shuffler, std::move(message));
      }));
      table = hop.kept;
      continue;
    }
    std::vector<Word> share(table.size());
    for (int q = 0; q < group.size(); ++q) {
      if (q == p) continue;
      const int peer = group.clients[static_cast<std::size_t>(q)];
      PAI_TRY(for_each_part(std::span(share), [&](std::span<Word> part) -> Status {
        PAI_ASSIGN(const auto message, channel.receive<v1::ShuffleShare>(peer));
        if (message.operation() == operation && get_words(message.words(), part)) return {};
        return Error(ErrorCode::kProtocol, "client " + std::to_string(peer) + " sent a shuffle share of operation " +
                                               std::to_string(message.operation()) + " with " +
                                               std::to_string(message.words().size()) + " bytes; operation " +
                                               std::to_string(operation) + " with " +
                                               std::to_string(part.size_bytes()) + " was due")
            .blaming(peer);
      }));
      ring::add(table, share);
    }
    permute(share, table, hop.order, width_);
    ring::add(share, hop.correction);
    table = std::move(share);
  }
  return {};
}

}  // namespace pai::client::mpc
