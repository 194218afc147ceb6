// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/epd_terms.hpp"

#include <algorithm>
#include <cmath>

namespace skyweft::lc {
namespace {

constexpr std::size_t kSample = 64;

/// Makes the design finite: terms without any finite value become 0, and so do all terms of a point
/// where another one is not finite.
void mend(EpdDesign& design, std::span<const std::int32_t> places, std::int64_t n_column,
          std::vector<std::uint8_t>& is_bad) {
  const auto at = [&](std::size_t p, std::int64_t k) -> double& {
    const auto point = static_cast<std::int64_t>(p);
    return design.x.block(point / kBlockPoints)[k * kBlockPoints + point % kBlockPoints];
  };
  for (std::int64_t k = 0; k < n_column; ++k) {
    bool is_somewhere = false;
    for (std::size_t p = 0; p < places.size() && !is_somewhere; ++p)
      is_somewhere = places[p] >= 0 && std::isfinite(at(p, k));
    for (std::size_t p = 0; p < places.size(); ++p) {
      if (!is_somewhere) at(p, k) = 0.0;
      if (!std::isfinite(at(p, k))) is_bad[p] = 1;
    }
  }
  for (std::size_t p = 0; p < places.size(); ++p)
    for (std::int64_t k = 0; is_bad[p] != 0 && k < n_column; ++k) at(p, k) = 0.0;
}

}  // namespace

EpdTerms::EpdTerms(const Terms& terms, const NamedColumns& shared,
                   std::span<const std::int64_t> frames)
    : terms_(terms), frames_(frames.begin(), frames.end()) {
  for (const std::string& name : terms.names()) {
    std::vector<double>& column = shared_.emplace_back();
    own_of_.emplace_back();
    if (!shared.has(name)) {
      own_of_.back() = own_names_.size();
      own_names_.push_back(name);
      continue;
    }
    const std::size_t index = shared.find(Terms::parse("{" + name + "}")).front();
    for (const std::int64_t frame : frames_)
      column.push_back(shared.value(index, static_cast<std::size_t>(frame)));
  }
}

void EpdTerms::evaluate(const EpdOwn& own, std::span<const std::int32_t> places,
                        AlignedDoubles& gathered, double* block) const {
  const std::size_t n_name = shared_.size();
  gathered.make_room(static_cast<std::int64_t>(n_name) * kBlockPoints);
  std::vector<const double*> columns(n_name);
  for (std::size_t j = 0; j < n_name; ++j) {
    double* to = gathered.data() + static_cast<std::int64_t>(j) * kBlockPoints;
    columns[j] = to;
    if (!own_of_[j]) {
      for (std::size_t i = 0; i < places.size(); ++i)
        to[i] = shared_[j][static_cast<std::size_t>(places[i])];
      continue;
    }
    const std::span<const double> from = own.columns[*own_of_[j]];
    if (from.size() == 1) {
      std::fill_n(to, places.size(), from.front());
    } else {
      for (std::size_t i = 0; i < places.size(); ++i)
        to[i] = from[static_cast<std::size_t>(frames_[static_cast<std::size_t>(places[i])])];
    }
  }
  terms_.evaluate_columns(columns, static_cast<std::int64_t>(places.size()), block, kBlockPoints);
  double* to = block + n_term() * kBlockPoints;
  for (const std::vector<double>& signal : own.signals) {
    for (std::size_t i = 0; i < places.size(); ++i)
      to[i] = signal[static_cast<std::size_t>(frames_[static_cast<std::size_t>(places[i])])];
    to += kBlockPoints;
  }
}

void EpdTerms::choose_shift(const EpdOwn& own, std::span<const std::int32_t> places,
                            EpdDesign& design, AlignedDoubles& gathered) const {
  std::vector<std::int32_t> sample;
  for (std::size_t j = 0; j < std::min(kSample, places.size()); ++j) {
    const std::int32_t place = places[j * places.size() / std::min(kSample, places.size())];
    if (place >= 0) sample.push_back(place);
  }
  const auto n_column = static_cast<std::size_t>(design.x.n_column);
  AlignedDoubles values;
  values.make_room(design.x.n_padded() * kBlockPoints);
  evaluate(own, sample, gathered, values.data());
  design.shift.assign(n_column, 0.0);
  for (std::size_t k = 0; k < n_column; ++k) {
    const double* column = values.data() + static_cast<std::int64_t>(k) * kBlockPoints;
    double sum = 0.0;
    double n = 0.0;
    for (std::size_t i = 0; i < sample.size(); ++i) {
      if (!std::isfinite(column[i])) continue;
      sum += column[i];
      n += 1.0;
    }
    if (n > 0.0 && std::isfinite(sum)) design.shift[k] = sum / n;
  }
}

Eigen::MatrixXd EpdTerms::fill(const EpdOwn& own, std::span<const std::int32_t> places,
                               std::int64_t n_product, EpdDesign& design,
                               std::vector<std::uint8_t>& is_bad, AlignedDoubles& gathered) const {
  const std::int64_t n_column = n_term() + static_cast<std::int64_t>(own.signals.size());
  design.x.shape(n_column, static_cast<std::int64_t>(places.size()));
  is_bad.assign(places.size(), 0);
  choose_shift(own, places.first(static_cast<std::size_t>(n_product)), design, gathered);
  GramSums gram{n_column, 0};
  bool is_finite = true;
  for (std::int64_t b = 0; b < design.x.n_block; ++b) {
    const auto all = places.subspan(static_cast<std::size_t>(b * kBlockPoints),
                                    static_cast<std::size_t>(kBlockPoints));
    const auto n = static_cast<std::size_t>(std::ranges::find(all, -1) - all.begin());
    double* block = design.x.block(b);
    evaluate(own, all.first(n), gathered, block);
    is_finite &= shift_block(block, design.shift, static_cast<std::int64_t>(n));
    if (is_finite && b * kBlockPoints < n_product) gram.add_products(block);
  }
  if (is_finite) return gram.products();
  mend(design, places, n_column, is_bad);
  gram.clear();
  for (std::int64_t b = 0; b * kBlockPoints < n_product; ++b) gram.add_products(design.x.block(b));
  return gram.products();
}

}  // namespace skyweft::lc
