// Means of per-item figures with standard errors clustered by document, and comparisons on the same items.
// Spans of one document share their text, so they are not independent: every error here lets the items of
// a document vary together. Not for tables or text: that is evaluation.hpp.
#pragma once

#include <cstdint>
#include <span>

namespace gistmill {

// A mean with its uncertainty. With no item `value` is NaN; with fewer than two documents
// `standard_error` is NaN, since one document says nothing about how documents differ.
struct Estimate {
  double value = 0.0;
  double standard_error = 0.0;
  std::int64_t items = 0;
  std::int64_t documents = 0;
};

// Whether the value differs from 0 by more than chance at the 5 % level: by Student's t with documents - 1
// degrees of freedom, since an error from few documents is itself uncertain (2 documents: 12.7 standard
// errors, 10: 2.3, many: 2.0). False where value or error is not finite.
bool distinguishable_from_zero(const Estimate& estimate);

// In all functions values[i] belongs to document documents[i]; spans are of equal length. An item whose
// value is NaN in any of the spans has no value and is left out.

// Mean over items. The variance is G / (G - 1) * sum over documents of (sum of the document's residuals)^2
// / n^2, which is s^2 / n where each document has one item.
// Source: Cameron and Miller, A Practitioner's Guide to Cluster-Robust Inference, 2015, eq. 10 and 11.
Estimate clustered_mean(std::span<const double> values, std::span<const int> documents);

// Mean of values[i] - baseline[i].
Estimate paired_difference(std::span<const double> values, std::span<const double> baseline,
                           std::span<const int> documents);

// 1 - mean(values) / mean(reference), the error by the delta method: as the mean of the residuals
// -(values[i] - ratio * reference[i]) / mean(reference). NaN where the reference's mean is 0.
Estimate recovered_share(std::span<const double> values, std::span<const double> reference,
                         std::span<const int> documents);

}  // namespace gistmill
