#include "client/mpc/reciprocal.h"

#include <algorithm>
#include <cmath>

#include "common/base/check.h"

namespace pai::client::mpc {

namespace {
constexpr double kPart = 4;  // of a part: its end by its beginning
}

// Every party makes the plan for itself. The words below are rounded from results of IEEE products, divisions and exact scalings, which are the
// same everywhere; this file is compiled without contraction.
ReciprocalPlan::ReciprocalPlan(double low, double high, int x_scale, int scale) : x_scale_(x_scale), scale_(scale) {
  PAI_CHECK(low >= 1 && low <= high && x_scale >= 1 && scale >= 1 && scale <= 30, "a reciprocal of another range");
  for (double begin = low;; begin *= kPart) {
    starts_.push_back(static_cast<Word>(std::llround(std::ldexp(2 / (begin + begin * kPart), scale + kStartBits))));
    if (begin * kPart >= high) break;
    bounds_.push_back(static_cast<Word>(std::llround(std::ldexp(begin * kPart, x_scale))));
  }
}

void Reciprocal::draw_start(Source& source, std::size_t size) {
  const auto bounds = plan_.bounds().size();
  if (bounds > 0) {
    comparison_.draw(source, size, bounds);
    const auto plane = plane_words(size);
    bit_masks_.resize(bounds * plane);
    source.uniform_bits(bit_masks_);
    bits_.resize(bounds * size);
    source.derived(bits_, [&](std::span<Word> words) {
      for (std::size_t bound = 0; bound < bounds; ++bound) {
        const auto of_bound = std::span<const Word>(bit_masks_).subspan(bound * plane, plane);
        for (std::size_t i = 0; i < size; ++i) words[bound * size + i] = bit_of(of_bound, i) ? 1 : 0;
      }
    });
  }
  after(0).draw(source, size, ReciprocalPlan::kStartBits);
}

void Reciprocal::draw(Source& source, std::size_t step, const CutTensor& x) {
  if (step == 0) return draw_start(source, x.size());
  by_x_.draw(source, x, before(step));
  part_.draw(source, x.size(), plan_.x_scale());
  by_part_.draw(source, before(step), part_);
  after(step).draw(source, x.size(), plan_.scale());
}

/// y₀ = that of the highest part, and for each bound above x the difference of both sides' more.
Status Reciprocal::start(Exchange& exchange, const CutTensor& x, bool leads) {
  const auto bounds = plan_.bounds(), starts = plan_.starts();
  words_.assign(x.size(), leads ? starts.back() : 0);
  if (bounds.empty()) return {};
  std::vector<Word> less;
  PAI_TRY(comparison_.run(exchange, x.share(), bounds, leads, less));
  for (std::size_t w = 0; w < less.size(); ++w) less[w] ^= bit_masks_[w];
  exchange.open_bits(less);
  PAI_TRY(exchange.run());
  const auto plane = plane_words(x.size());
  for (std::size_t bound = 0; bound < bounds.size(); ++bound) {
    const Word difference = starts[bound] - starts[bound + 1];
    const auto opened = std::span<const Word>(less).subspan(bound * plane, plane);
    const auto* const bits = bits_.data() + bound * x.size();
    for (std::size_t i = 0; i < words_.size(); ++i) {
      words_[i] += difference * (bit_of(opened, i) ? Word{leads} - bits[i] : bits[i]);
    }
  }
  return {};
}

Status Reciprocal::run(Exchange& exchange, std::size_t step, const CutTensor& x, bool leads) {
  if (step == 0) {
    PAI_TRY(start(exchange, x, leads));
  } else {
    words_.resize(x.size());
    by_x_.take(x, before(step), words_);
    part_.mask(words_, leads);
    part_.open(exchange);
    PAI_TRY(exchange.run());
    part_.take(leads);
    by_part_.take(before(step), part_, words_);
    const auto share = before(step).share();
    const Word two = Word{1} << (plan_.scale() + 1);
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] = two * share[i] - words_[i];
  }
  auto& next = after(step);
  next.mask(words_, leads);
  next.open(exchange);
  PAI_TRY(exchange.run());
  next.take(leads);
  return {};
}

}  // namespace pai::client::mpc
