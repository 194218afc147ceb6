// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/magfit_terms.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "core/wide_copies.hpp"

namespace skyweft::lc {
namespace {

using Monomial = std::vector<int>;

/// Whether every term that holds variable v is there with one power less.
bool may_be_centred(const std::map<Monomial, std::size_t>& terms, std::size_t v) {
  return std::ranges::all_of(terms, [&](const auto& term) {
    Monomial less = term.first;
    return less[v] == 0 || (--less[v], terms.contains(less));
  });
}

std::map<Monomial, std::size_t> index_of(const Terms& terms) {
  std::map<Monomial, std::size_t> out;
  for (std::size_t k = 0; k < terms.powers().size(); ++k) out.emplace(terms.powers()[k], k);
  return out;
}

SKYWEFT_WIDE_COPIES
void map_values(std::int64_t n, const std::uint8_t* usable, double centre, double half,
                double* values) {
  for (std::int64_t i = 0; i < n; ++i)
    values[i] = usable[i] != 0 ? (values[i] - centre) / half : 0.0;
}

}  // namespace

ScaledTerms::ScaledTerms(const Terms& terms, const NamedColumns& columns, std::int64_t n_point)
    : terms_(terms), n_point_(n_point), n_term_(terms.n_term()) {
  const auto n = static_cast<std::size_t>(n_point);
  const auto n_variable = static_cast<std::size_t>(terms.n_variable());
  std::vector<double> variables(n_variable * n);
  terms.evaluate_variables(columns.columns_of(terms), n_point, variables.data(), n_point);
  usable_.assign(static_cast<std::size_t>(n_block() * kBlock), 1);
  std::fill(usable_.begin() + n_point, usable_.end(), std::uint8_t{0});
  const auto index = index_of(terms);
  for (std::size_t v = 0; v < n_variable; ++v) {
    const bool is_named = std::ranges::any_of(index, [&](const auto& t) { return t.first[v] > 0; });
    for (std::size_t i = 0; i < n; ++i)
      if (is_named && !std::isfinite(variables[v * n + i])) usable_[i] = 0;
  }
  for (std::size_t v = 0; v < n_variable; ++v) {
    double low = std::numeric_limits<double>::infinity();
    double high = -low;
    for (std::size_t i = 0; i < n; ++i) {
      if (usable_[i] == 0) continue;
      low = std::min(low, variables[v * n + i]);
      high = std::max(high, variables[v * n + i]);
    }
    const bool is_any = low <= high;
    const bool is_centred = is_any && may_be_centred(index, v);
    const double half = is_centred ? 0.5 * (high - low) : std::max(std::abs(low), std::abs(high));
    centre_.push_back(is_centred ? low + 0.5 * (high - low) : 0.0);
    half_.push_back(is_any && half > 0.0 && std::isfinite(half) ? half : 1.0);
    map_values(n_point, usable_.data(), centre_.back(), half_.back(), variables.data() + v * n);
  }
  values_.resize(static_cast<std::size_t>(n_block() * kBlock * n_term_));
  for (std::int64_t b = 0; b < n_block(); ++b) {
    const std::int64_t first = b * kBlock;
    const std::int64_t m = std::min(kBlock, n_point - first);
    double* to = values_.data() + b * n_term_ * kBlock;
    terms.multiply_variables(variables.data() + first, n_point, m, to, kBlock);
    // The constant term is 1 at points that no fit may use; they have no weight.
  }
}

std::vector<double> ScaledTerms::as_written(std::span<const double> scaled) const {
  const auto index = index_of(terms_);
  std::vector<double> out(scaled.size(), 0.0);
  for (std::size_t k = 0; k < scaled.size(); ++k) {
    // ((v − centre) / half)^p by the binomial theorem, one variable after the other.
    std::vector<std::pair<Monomial, double>> sum{{terms_.powers()[k], scaled[k]}};
    for (std::size_t v = 0; v < centre_.size(); ++v) {
      const int power = terms_.powers()[k][v];
      if (power == 0) continue;
      std::vector<std::pair<Monomial, double>> next;
      for (const auto& [monomial, coefficient] : sum) {
        double factor = coefficient;
        for (int p = 0; p < power; ++p) factor /= half_[v];
        Monomial m = monomial;
        for (int q = power; q >= 0; --q) {
          m[v] = q;
          next.emplace_back(m, factor);
          if (centre_[v] == 0.0) break;
          factor *= -centre_[v] * static_cast<double>(q) / static_cast<double>(power - q + 1);
        }
      }
      sum = std::move(next);
    }
    for (const auto& [monomial, coefficient] : sum) out[index.at(monomial)] += coefficient;
  }
  return out;
}

}  // namespace skyweft::lc
