#pragma once

#include <cstring>
#include <vector>

#include "client/mpc/owned_product.h"
#include "client/mpc/wire_words.h"
#include "integration/mpc/parties.h"
#include "integration/mpc/shares.h"

namespace pai::client::mpc::test {

/// A matrix whose columns belong to several parties, as one party (or the dealer) has it: its own columns of X, and everybody's of E = X − U
/// (the dealer: U). Rows lie further apart than they are wide.
class OwnedMatrix {
 public:
  static constexpr std::size_t kGap = 3;

  /// `plain` is rows × Σ columns; `columns` by party.
  OwnedMatrix(const Words& plain, const std::vector<std::size_t>& columns, std::size_t rows)
      : plain_(plain), columns_(columns), rows_(rows) {
    for (const auto count : columns) total_ += count;
    masked_.assign(rows * (total_ + kGap), kGarbage);
  }

  /// Masks own columns and exchanges them, as the trainings do.
  Status exchange(DataClient& self) {
    PAI_TRY(self.begin([&](Source& source) { draw(source, self.group.self); }));
    const auto begin = begin_of(self.party()), own = columns_[self.party()];
    own_begin_ = begin;
    own_.assign(rows_ * (own + kGap), kGarbage);
    own_columns_ = own;
    for (std::size_t i = 0; i < rows_; ++i) {
      for (std::size_t j = 0; j < own; ++j) {
        own_[i * (own + kGap) + j] = plain_[i * total_ + begin + j];
        masks_[self.party()][i * own + j] = plain_[i * total_ + begin + j] - masks_[self.party()][i * own + j];
      }
    }
    put(self.party(), masks_[self.party()]);
    for (const int peer : self.group.clients) {
      if (peer == self.channel.self() || own == 0) continue;
      v1::MaskedRows message;
      message.set_operation(self.source.operation());
      set_words(*message.mutable_words(), masks_[self.party()]);
      PAI_TRY(self.channel.send(peer, std::move(message)));
    }
    for (std::size_t party = 0; party < columns_.size(); ++party) {
      if (party == self.party() || columns_[party] == 0) continue;
      PAI_ASSIGN(const auto message, self.channel.receive<v1::MaskedRows>(self.group.clients[party]));
      Words words(rows_ * columns_[party]);
      if (!get_words(message.words(), words)) return Error(ErrorCode::kInternal, "masked rows of another size");
      put(party, words);
    }
    return {};
  }

  Status deal(DealerSource& source) {
    source.begin();
    draw(source, -1);
    for (std::size_t party = 0; party < columns_.size(); ++party) put(party, masks_[party]);
    return source.finish();
  }

  OwnedRows batch(std::size_t first, std::size_t count) const {
    const auto stride = total_ + kGap, own_stride = own_columns_ + kGap;
    OwnedRows rows;
    rows.masked = {masked_.data() + first * stride, count, total_, stride};
    rows.own = {own_.data() + first * own_stride, count, own_columns_, own_stride};
    rows.own_begin = own_begin_;
    return rows;
  }

 private:
  static constexpr Word kGarbage = 0x5555'1234'5678'aaaa;  // must not get into any result

  std::size_t begin_of(std::size_t party) const {
    std::size_t begin = 0;
    for (std::size_t p = 0; p < party; ++p) begin += columns_[p];
    return begin;
  }
  void draw(Source& source, int self) {
    masks_.assign(columns_.size(), {});
    for (std::size_t party = 0; party < columns_.size(); ++party) {
      const bool here = source.is_dealer() || static_cast<int>(party) == self;
      masks_[party].resize(here ? rows_ * columns_[party] : 0);
      if (columns_[party] > 0) source.own(static_cast<int>(party), masks_[party]);
    }
  }
  void put(std::size_t party, const Words& words) {
    for (std::size_t i = 0; i < rows_; ++i) {
      std::copy_n(words.begin() + static_cast<std::ptrdiff_t>(i * columns_[party]), columns_[party],
                  masked_.begin() + static_cast<std::ptrdiff_t>(i * (total_ + kGap) + begin_of(party)));
    }
  }

  const Words& plain_;
  const std::vector<std::size_t> columns_;
  const std::size_t rows_;
  std::size_t total_ = 0;
  std::vector<Words> masks_;
  Words masked_, own_ = Words(1);
  std::size_t own_columns_ = 0, own_begin_ = 0;
};

}  // namespace pai::client::mpc::test
