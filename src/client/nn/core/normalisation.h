#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "client/nn/core/column_statistics.h"
#include "client/nn/core/numeric_table.h"
#include "client/ring/matrix.h"
#include "common/base/result.h"

namespace pai::client::nn {

inline constexpr double kFeatureMax = 6;  ///< standardised features are clipped to ±this
inline constexpr int kFeatureScale = 16;  ///< fractional bits of a feature

/// How a party brings its features to a common size (protocols.md section 6). Its parameters come from the
/// training rows and never leave it.
class Normalisation {
 public:
  enum class Method {
    kZscore,  ///< (x − mean) / deviation, the population's
    kMinmax,  ///< min … max of the training rows become −1 … 1
    kNone,    ///< as they are, at most 6 in magnitude
  };
  /// kInvalid for another word than "zscore", "minmax", "none".
  static Result<Method> method_from(std::string_view name);
  static std::string_view name_of(Method method);

  /// Fits the parameters. kInvalid for fewer than two rows, no columns, a constant column (named; unless
  /// `none`), and with `none` for a column that exceeds 6 in magnitude. Safe for any finite values.
  static Result<Normalisation> fit(Method method, const NumericTable& train);

  Method method() const { return method_; }
  std::size_t width() const { return columns_.size(); }
  std::vector<std::string> names() const;

  /// The value of a column as training sees it, within ±6.
  double apply(std::size_t column, double value) const;
  /// rows × width() doubles from as many.
  void apply(std::span<const double> values, std::span<double> out) const;
  /// The same as words at scale 16, rounded to nearest; `out` has width() columns and values.size() / width()
  /// rows.
  void encode(std::span<const double> values, ring::Matrix out) const;

  /// For the party's part of the model. Doubles are written so that they read back bit for bit.
  nlohmann::json to_json() const;
  /// kInvalid for what `to_json` does not write.
  static Result<Normalisation> from_json(const nlohmann::json& document);

 private:
  struct Column {
    std::string name;
    double first = 0;   ///< mean or min
    double second = 1;  ///< deviation or max
    Scaler scaler;      ///< follows from the two
  };
  explicit Normalisation(Method method) : method_(method) {}
  void add(std::string name, double first, double second);

  Method method_;
  std::vector<Column> columns_;
};

}  // namespace pai::client::nn
