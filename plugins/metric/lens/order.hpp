// How well scores order what they should order. u, y of n entries of one context that have labels. Where
// there is nothing to tell by, each is what an order by chance has, so that every context counts.
#pragma once

#include <vector>

namespace gistmill::metric {

// Share of the pairs with y_i > y_j + margin in which u_i > u_j; equal scores are half right. 0.5
// without such pairs.
double ranking_accuracy(const std::vector<float>& u, const std::vector<float>& y, float margin);

// Pearson's correlation. 0 of fewer than two entries, or where one side is constant.
double pearson(const std::vector<float>& u, const std::vector<float>& y);

// Of the `count` entries with the highest scores (of equal ones the first): sum of relevance / log2(1 + rank)
// over the same of the best order (Jarvelin and Kekalainen 2002). Relevance is y above the least y. 1 where
// all are equal.
double ndcg(const std::vector<float>& u, const std::vector<float>& y, std::size_t count);

}  // namespace gistmill::metric
