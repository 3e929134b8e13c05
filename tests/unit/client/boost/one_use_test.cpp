// Boosting's own masks hide one value each, as those of the tools below it do: a second use aborts.
#include <gtest/gtest.h>

#include "client/boost/histograms.h"
#include "client/boost/tree_paths.h"
#include "client/channel/memory_channel.h"
#include "support/temp_folder.h"
#include "unit/client/mpc/lone_source.h"

namespace pai::client::boost {
namespace {

constexpr const char* kTwice = "a mask serves one value";

struct QuietReporter final : Reporter {
  void phase(std::string_view, std::uint64_t, std::string_view) override {}
  void set_total(std::uint64_t) override {}
  void advance(std::uint64_t) override {}
  void set_dataset(task::DatasetSummary) override {}
};

class BoostOneUseDeathTest : public testing::Test {
 protected:
  BoostOneUseDeathTest() {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    shape_.train_rows = 10;
    shape_.test_rows = 3;
    shape_.features = {1, 0};
    shape_.bins = 4;
    shape_.depth = 1;
    source_.begin();
  }
  MaskedBins masks() {
    auto root = io::Root::open(folder_.path().string(), false);
    EXPECT_TRUE(root.ok());
    Context context{file_, *channels_[0], reporter_, *root, *root, *root};
    auto made = MaskedBins::make(context, shape_, 0);
    EXPECT_TRUE(made.ok());
    return *std::move(made);
  }

  Shape shape_;
  mpc::test::LoneSource source_;
  std::vector<std::unique_ptr<TaskChannel>> channels_ = make_memory_channels(1);
  mpc::Group group_{{0}, 0};
  mpc::Exchange exchange_{*channels_[0], group_};
  nn::Party party_{*channels_[0], group_, exchange_, 0};
  pai::test::TempFolder folder_;
  task::TaskFile file_;
  QuietReporter reporter_;
};

TEST_F(BoostOneUseDeathTest, AColumnOfAHistogram) {
  const auto masked = masks();
  const std::vector<std::uint8_t> bins(13);
  Histograms tool(shape_, masked, bins, 0);
  tool.draw(source_, Sample{});
  std::vector<Half> x(10);
  std::vector<Word> e(10);
  tool.mask(0, x, e);
  tool.mask(1, x, e);
  EXPECT_DEATH(tool.mask(0, x, e), kTwice);
  tool.draw(source_, Sample{});
  tool.mask(0, x, e);
}

TEST_F(BoostOneUseDeathTest, TheBitsOfALevelAndTheValuesOfLeaves) {
  TreePaths tool(shape_);
  const std::vector<Word> bits(1);
  tool.draw_level(source_, 0, nullptr);
  EXPECT_TRUE(tool.run_level(party_, 0, bits).ok());
  EXPECT_DEATH((void)tool.run_level(party_, 0, bits), "the bits of another level|a mask serves one value");
  tool.draw_values(source_);
  const std::vector<Word> leaves(2);
  std::vector<Half> scores(13);
  EXPECT_TRUE(tool.run_values(party_, leaves, scores).ok());
  EXPECT_DEATH((void)tool.run_values(party_, leaves, scores), kTwice);
}

TEST_F(BoostOneUseDeathTest, TheMaskOfAPartysBins) {
  auto masked = masks();
  const std::vector<std::uint8_t> bins(13);
  EXPECT_TRUE(masked.exchange(*channels_[0], group_, source_, bins, reporter_).ok());
  EXPECT_DEATH((void)masked.exchange(*channels_[0], group_, source_, bins, reporter_), kTwice);
}

}  // namespace
}  // namespace pai::client::boost
