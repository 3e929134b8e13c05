#pragma once

#include <span>
#include <vector>

#include "client/boost/core/bins.h"
#include "client/boost/core/sampling.h"
#include "client/boost/core/shape.h"

namespace pai::client::boost {

/// A node's sums of g and h in the clear: over each column of every party (Shape::columns), and over all rows.
struct PlainSums {
  std::vector<double> g, h;
  double total_g = 0, total_h = 0;
};

/// A node's best split, in the clear.
struct PlainChoice {
  std::size_t owner = 0;
  Split split;
  double gain = 0;  ///< G²/(H+λ) of both children less the node's own
};

/// What SplitSearch does on shares, in double precision: the same candidates in the same order. "All rows left" wins where nothing is better.
class PlainSplits {
 public:
  PlainSplits(const Shape& shape, double lambda, double gamma, double child_weight_min)
      : shape_(shape), lambda_(lambda), gamma_(gamma), child_weight_min_(child_weight_min) {}

  PlainChoice best(std::size_t node, const PlainSums& sums, const Sample& sample) const;

 private:
  double score(double g, double h) const { return g * g / (h + lambda_); }

  const Shape& shape_;
  double lambda_, gamma_, child_weight_min_;
};

}  // namespace pai::client::boost
