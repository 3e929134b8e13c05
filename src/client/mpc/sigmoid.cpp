#include "client/mpc/sigmoid.h"

#include "common/base/check.h"

namespace pai::client::mpc {

void Waves::draw(Source& source, std::size_t size, int scale, int harmonics, int sum_bits, int table_scale) {
  bits_ = ring::kPeriodBits + scale;
  PAI_CHECK(scale >= 1 && bits_ <= ring::kAngleBitsMax, "waves of values at a scale that the kernels do not take");
  use_.draw();
  angle_.resize(size);
  tables_.resize(2 * static_cast<std::size_t>(harmonics) * size);
  source.uniform(angle_);
  source.derived(tables_, sum_bits, [&](std::span<Word> tables) {
    const Word low = (Word{1} << bits_) - 1;
    for (auto& angle : angle_) angle &= low;
    ring::wave_tables(angle_, bits_, harmonics, tables, table_scale);
  });
}

void Waves::mask(std::span<const Word> z) {
  PAI_CHECK(z.size() == angle_.size(), "waves of another size");
  use_.spend();
  opened_.resize(z.size());
  for (std::size_t i = 0; i < z.size(); ++i) opened_[i] = z[i] - angle_[i];
}

void Waves::take(std::span<const double> sines, std::span<const double> cosines, std::span<Word> sine_sum,
                 std::span<Word> cosine_sum, int factor_scale) const {
  ring::series_share(opened_, bits_, sines, cosines, tables_, sine_sum, cosine_sum, factor_scale);
}

}  // namespace pai::client::mpc
