#include "client/mpc/reciprocal.h"

#include <algorithm>
#include <cmath>

#include "common/base/check.h"

namespace pai::client::mpc {

namespace {

/// 3.75, as a factor and bits that are cut. With 1/low ≤ 1 and scale ≤ 30 a growing step stays below 3.75·2^60.
constexpr Word kGrowth = 15;
constexpr int kGrowthBits = 2;
constexpr double kGrowthFactor = 3.75;
constexpr double kGrownMax = 0.9375;  // 3.75/4: where x·y can get to
constexpr double kGrown = kGrowthFactor * kGrownMax * (1 - kGrownMax);
constexpr int kBitsMax = 60;

}  // namespace

// Every party makes the plan for itself. The words below are rounded from results of IEEE divisions, multiplications and exact scalings, which
// are the same everywhere; this file is compiled without contraction.
ReciprocalPlan::ReciprocalPlan(double low, double high, int x_scale, int scale) : x_scale_(x_scale), scale_(scale) {
  PAI_CHECK(low >= 1 && low <= high && x_scale >= 1 && scale >= 1 && scale <= 30, "a reciprocal of another range");
  const double start = 1 / (1.1 * high);
  double smallest = low * start;  // of x·y
  for (bool first = true; first || smallest < kGrown; first = false) {
    smallest = std::min(kGrowthFactor * smallest * (1 - smallest), kGrown);
    if (!first) ++growing_;
  }
  const double top = kGrowthFactor * start;
  int exponent = 0;
  (void)std::frexp(top, &exponent);
  first_cut_ = std::clamp(kBitsMax - exponent - scale, 1, 61);
  offset_ = static_cast<Word>(std::llround(std::ldexp(top, scale + first_cut_)));
  slope_ = static_cast<Word>(std::llround(std::ldexp(top * start, scale + first_cut_ - x_scale)));
}

void Reciprocal::draw(Source& source, std::size_t step, const CutTensor& x) {
  if (step == 0) {
    after(step).draw(source, x.size(), plan_.first_cut());
    return;
  }
  by_x_.draw(source, x, before(step));
  part_.draw(source, x.size(), plan_.x_scale());
  by_part_.draw(source, before(step), part_);
  after(step).draw(source, x.size(), plan_.scale() + (plan_.grows(step) ? kGrowthBits : 0));
}

Status Reciprocal::run(Exchange& exchange, std::size_t step, const CutTensor& x, bool leads) {
  words_.resize(x.size());
  if (step == 0) {
    const auto share = x.share();
    const Word offset = leads ? plan_.offset() : 0;
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] = offset - plan_.slope() * share[i];
  } else {
    by_x_.take(x, before(step), words_);
    part_.mask(words_, leads);
    part_.open(exchange);
    PAI_TRY(exchange.run());
    part_.take(leads);
    by_part_.take(before(step), part_, words_);
    const auto share = before(step).share();
    const bool grows = plan_.grows(step);
    const Word one = Word{1} << (grows ? plan_.scale() : plan_.scale() + 1);
    const Word factor = grows ? kGrowth : 1;
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] = factor * (one * share[i] - words_[i]);
  }
  auto& next = after(step);
  next.mask(words_, leads);
  next.open(exchange);
  PAI_TRY(exchange.run());
  next.take(leads);
  return {};
}

}  // namespace pai::client::mpc
