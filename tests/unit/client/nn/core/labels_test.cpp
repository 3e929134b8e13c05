// Each kind of label, and each contradiction with what it must say.
#include "client/nn/core/labels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "unit/client/nn/core/numeric_tables.h"

namespace pai::client::nn {
namespace {

using test::table;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Kind = LabelScheme::Kind;
constexpr auto kSigmoid = OutputActivation::kSigmoid;
constexpr auto kLinear = OutputActivation::kNone;

Error refusal(OutputActivation activation, std::size_t out_dim, const NumericTable& labels) {
  const auto fitted = LabelScheme::fit(activation, out_dim, labels);
  EXPECT_FALSE(fitted.ok());
  return fitted.ok() ? Error(ErrorCode::kInternal, "accepted") : fitted.error();
}

TEST(Labels, BinaryStaysAsItIs) {
  const auto labels = table(1, {0, 1, 1, 0});
  const auto scheme = LabelScheme::fit(kSigmoid, 1, labels);
  ASSERT_TRUE(scheme.ok());
  EXPECT_EQ(scheme->kind(), Kind::kBinary);
  EXPECT_THAT(*scheme->encode(labels), ElementsAre(0, 1, 1, 0));
  EXPECT_THAT(scheme->warnings(), IsEmpty());
}

TEST(Labels, ClassIndicesBecomeOneHot) {
  const auto labels = table(1, {2, 0, 1});
  const auto scheme = LabelScheme::fit(kSigmoid, 3, labels);
  ASSERT_TRUE(scheme.ok());
  EXPECT_EQ(scheme->kind(), Kind::kClassIndex);
  EXPECT_THAT(*scheme->encode(labels), ElementsAre(0, 0, 1, 1, 0, 0, 0, 1, 0));
}

TEST(Labels, OneHotColumnsStay) {
  const auto labels = table(2, {1, 0, 0, 1, 1, 0});
  const auto scheme = LabelScheme::fit(kSigmoid, 2, labels);
  ASSERT_TRUE(scheme.ok());
  EXPECT_EQ(scheme->kind(), Kind::kOneHot);
  EXPECT_THAT(*scheme->encode(labels), ElementsAre(1, 0, 0, 1, 1, 0));
}

TEST(Labels, RegressionIsStandardisedAndClipped) {
  const auto labels = table(1, {100, 120, 140, 160});
  const auto scheme = LabelScheme::fit(kLinear, 1, labels);
  ASSERT_TRUE(scheme.ok());
  EXPECT_TRUE(scheme->is_regression());
  EXPECT_DOUBLE_EQ(scheme->means()[0], 130);
  EXPECT_DOUBLE_EQ(scheme->deviations()[0], std::sqrt(500));
  const auto test = scheme->encode(table(1, {130, 1e6, -1e6}));
  ASSERT_TRUE(test.ok());
  EXPECT_THAT(*test, ElementsAre(0, 8, -8));
  EXPECT_DOUBLE_EQ(scheme->in_units(0, 1), 130 + std::sqrt(500));
}

TEST(Labels, SaysLineAndClassesButNoValue) {
  const auto error = refusal(kSigmoid, 3, table(1, {0, 1, 2, 1, 37, 0}));
  EXPECT_THAT(error.message(), HasSubstr("'set/train.csv' line 5, column 'X1'"));
  EXPECT_THAT(error.message(), HasSubstr("label is not a class index from 0 to 2"));
  EXPECT_THAT(error.hint(), HasSubstr("out_dim 38 would fit"));
  EXPECT_THAT(error.message(), Not(HasSubstr("37")));
}

TEST(Labels, SaysWhichOutDimWouldFit) {
  EXPECT_THAT(refusal(kSigmoid, 1, table(1, {0, 1, 2})).hint(), HasSubstr("out_dim 3 would fit"));
  EXPECT_THAT(refusal(kSigmoid, 1, table(1, {0, 1, 2})).message(), HasSubstr("line 3"));
  EXPECT_THAT(refusal(kSigmoid, 1, table(1, {0, 0.5})).hint(), HasSubstr("regression"));
  EXPECT_THAT(refusal(kSigmoid, 1, table(1, {-1, 1})).message(), HasSubstr("label is not 0 or 1"));
  EXPECT_THAT(refusal(kSigmoid, 1, table(2, {0, 1, 1, 0})).hint(), HasSubstr("out_dim 2 would fit"));
  EXPECT_THAT(refusal(kLinear, 2, table(1, {0, 1})).hint(), HasSubstr("out_dim 1 would fit"));
}

TEST(Labels, OneHotNeedsExactlyOne) {
  EXPECT_THAT(refusal(kSigmoid, 2, table(2, {1, 0, 1, 1})).message(), HasSubstr("line 2"));
  EXPECT_THAT(refusal(kSigmoid, 2, table(2, {1, 0, 0, 0})).message(), HasSubstr("exactly one 1"));
  EXPECT_THAT(refusal(kSigmoid, 2, table(2, {1, 0, 0, 2})).message(), HasSubstr("column 'X2'"));
}

TEST(Labels, RefusesWhatTeachesNothing) {
  EXPECT_THAT(refusal(kLinear, 1, table(1, {3, 3, 3})).message(), HasSubstr("nothing to learn"));
  EXPECT_THAT(refusal(kSigmoid, 1, table(1, {1})).message(), HasSubstr("too few rows"));
  EXPECT_THAT(refusal(kSigmoid, 1, table(0, {})).message(), HasSubstr("no label column"));
}

TEST(Labels, WarnsOfEmptyClasses) {
  EXPECT_THAT(LabelScheme::fit(kSigmoid, 1, table(1, {0, 0}))->warnings(),
              ElementsAre("no training row is of class 1"));
  EXPECT_THAT(LabelScheme::fit(kSigmoid, 1, table(1, {1, 1}))->warnings(),
              ElementsAre("no training row is of class 0"));
  EXPECT_THAT(LabelScheme::fit(kSigmoid, 3, table(1, {0, 2}))->warnings(),
              ElementsAre("no training row is of class 1"));
  EXPECT_THAT(LabelScheme::fit(kSigmoid, 2, table(2, {1, 0, 1, 0}))->warnings(),
              ElementsAre("no training row is of class 'X2'"));
}

TEST(Labels, ChecksTestRowsToo) {
  const auto scheme = LabelScheme::fit(kSigmoid, 1, table(1, {0, 1}));
  auto test = table(1, {0, 2});
  test.file = "set/test.csv";
  const auto encoded = scheme->encode(test);
  ASSERT_FALSE(encoded.ok());
  EXPECT_THAT(encoded.error().message(), HasSubstr("'set/test.csv' line 2"));
  test.columns = {"other"};
  EXPECT_FALSE(scheme->encode(test).ok());
}

TEST(Labels, ReadsBack) {
  const std::vector<std::tuple<OutputActivation, std::size_t, NumericTable>> cases = {
      {kSigmoid, 1, table(1, {0, 1})},
      {kSigmoid, 3, table(1, {0, 1, 2})},
      {kSigmoid, 2, table(2, {0, 1, 1, 0})},
      {kLinear, 2, table(2, {0.1, 5, 0.7, 6})}};
  for (const auto& [activation, out_dim, labels] : cases) {
    const auto scheme = LabelScheme::fit(activation, out_dim, labels);
    ASSERT_TRUE(scheme.ok());
    const auto read = LabelScheme::from_json(nlohmann::json::parse(scheme->to_json().dump()));
    ASSERT_TRUE(read.ok()) << read.error().describe();
    EXPECT_EQ(read->to_json(), scheme->to_json());
    EXPECT_EQ(*read->encode(labels), *scheme->encode(labels));
  }
}

TEST(Labels, RefusesBrokenModels) {
  for (const char* text :
       {"[]", "{}", R"({"kind":"binary"})", R"({"kind":"binary","outputs":2,"columns":["a"]})",
        R"({"kind":"binary","outputs":1,"columns":["a","b"]})",
        R"({"kind":"odd","outputs":1,"columns":["a"]})",
        R"({"kind":"numbers","outputs":1,"columns":["a"],"means":[0],"deviations":[0]})",
        R"({"kind":"numbers","outputs":1,"columns":["a"],"means":[0]})",
        R"({"kind":"one_hot","outputs":1000000000,"columns":["a"]})",
        R"({"kind":"binary","outputs":-1,"columns":["a"]})"}) {
    EXPECT_FALSE(LabelScheme::from_json(nlohmann::json::parse(text)).ok()) << text;
  }
}

}  // namespace
}  // namespace pai::client::nn
