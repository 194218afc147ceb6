// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/epd_group.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/error.hpp"

namespace skyweft::lc {
namespace {

// Not bleed, edge, bad_pixel, cosmic: they speak of the largest aperture, and an aperture that is
// itself spoilt is NaN or an outlier.
constexpr QualityBits kUnfit = quality::saturated | quality::manual_veto | quality::not_measured;

// As in fits: below this share of a sum of squares, subtraction has cost too many digits.
constexpr double kLeastShare = 1e-6;

/// Appends `from` to `places`, filled up with -1 to whole blocks.
void append_blocks(std::span<const std::int32_t> from, std::vector<std::int32_t>& places) {
  places.insert(places.end(), from.begin(), from.end());
  places.resize(
      static_cast<std::size_t>(blocks_of(static_cast<std::int64_t>(places.size())) * kBlockPoints),
      -1);
}

}  // namespace

EpdGroup::EpdGroup(const Terms& terms, const NamedColumns& shared,
                   std::span<const std::int64_t> frames, const EpdConfig& config)
    : terms_(terms, shared, frames), config_(config) {
  if (!own_names().empty()) return;
  std::vector<std::int32_t> all(frames.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::int32_t>(i);
  append_blocks(all, places_);
  AlignedDoubles gathered;
  products_ = terms_.fill({}, places_, static_cast<std::int64_t>(places_.size()), design_, is_bad_,
                          gathered);
}

void EpdGroup::check(const EpdStar& star) const {
  const std::size_t n_frame = star.quality.size();
  const auto fits = [&](std::size_t n) { return n == n_frame; };
  const auto& own = star.own;
  const bool is_shaped =
      n_frame > 0 && star.mag.size() % n_frame == 0 &&
      (star.mag_err.empty() || star.mag_err.size() == star.mag.size()) &&
      (star.excluded.empty() || fits(star.excluded.size())) &&
      own.columns.size() == own_names().size() &&
      std::ranges::all_of(own.columns, [&](auto c) { return c.size() == 1 || fits(c.size()); }) &&
      std::ranges::all_of(own.signals, [&](const auto& s) { return fits(s.size()); });
  if (!is_shaped)
    throw Error{Errc::internal,
                fmt::format("EPD: the columns of a star do not have its {} frames", n_frame)};
}

void EpdGroup::list_points(const EpdStar& star, EpdWork& work) const {
  const std::size_t n_frame = star.quality.size();
  work.fitted.clear();
  work.corrected.clear();
  const auto n = static_cast<std::int32_t>(terms_.size());
  for (std::int32_t i = 0; i < n; ++i) {
    const auto f = static_cast<std::size_t>(terms_.frames()[static_cast<std::size_t>(i)]);
    bool is_there = false;
    for (std::size_t at = f; at < star.mag.size(); at += n_frame)
      is_there |= std::isfinite(star.mag[at]);
    if (!is_there) continue;
    const bool is_out = !star.excluded.empty() && star.excluded[f] != 0;
    (is_out || (star.quality[f] & kUnfit) != 0 ? work.corrected : work.fitted).push_back(i);
  }
}

EpdPoints EpdGroup::points_of(const EpdStar& star, EpdWork& work) const {
  EpdPoints out;
  out.frames = terms_.frames();
  const bool is_own = !own_names().empty() || !star.own.signals.empty();
  if (is_own) {
    work.places.clear();
    append_blocks(work.fitted, work.places);
    const auto n_product = static_cast<std::int64_t>(work.places.size());
    append_blocks(work.corrected, work.places);
    out.sums.products =
        terms_.fill(star.own, work.places, n_product, work.design, work.is_bad, work.gathered);
    out.design = &work.design;
    out.places = work.places;
    out.is_bad = work.is_bad;
  } else {
    out.design = &design_;
    out.places = places_;
    out.is_bad = is_bad_;
  }
  work.mask.assign(static_cast<std::int64_t>(out.size()), 0.0);
  out.mask = {work.mask.data(), out.size()};
  for (std::size_t j = 0; j < work.fitted.size(); ++j) {
    const std::size_t point = is_own ? j : static_cast<std::size_t>(work.fitted[j]);
    if (out.is_bad[point] == 0) work.mask.data()[point] = 1.0;
  }
  out.sums.n = lane_sum(out.mask);
  if (!is_own) share_products(out, work);
  return out;
}

void EpdGroup::share_products(EpdPoints& points, EpdWork& work) const {
  work.listed.clear();
  for (std::size_t p = 0; p < points.size(); ++p)
    if (points.places[p] >= 0 && points.is_bad[p] == 0 && points.mask[p] == 0.0)
      work.listed.push_back(static_cast<std::int32_t>(p));
  points.sums.products = products_;
  if (work.listed.empty()) return;
  // More digits and less work: the points that are not there are taken out, or the others summed.
  const bool is_summed = static_cast<double>(work.listed.size()) > points.sums.n;
  if (is_summed) {
    work.listed.clear();
    for (std::size_t p = 0; p < points.size(); ++p)
      if (points.mask[p] > 0.0) work.listed.push_back(static_cast<std::int32_t>(p));
  }
  work.model.assign(static_cast<std::int64_t>(points.size()), 1.0);
  const std::span<const double> ones{work.model.data(), points.size()};
  const EpdSums some = sums_over(*points.design, work.listed, ones, ones);
  if (is_summed) {
    points.sums.products = some.products;
    return;
  }
  points.sums.products -= some.products;
  const auto summed = products_.diagonal().array();
  if ((points.sums.products.diagonal().array() >= kLeastShare * summed).all()) return;
  work.listed.clear();
  for (std::size_t p = 0; p < points.size(); ++p)
    if (points.mask[p] > 0.0) work.listed.push_back(static_cast<std::int32_t>(p));
  points.sums.products = sums_over(*points.design, work.listed, ones, ones).products;
}

std::vector<EpdResult> EpdGroup::detrend(const EpdStar& star, EpdWork& work) const {
  const std::size_t n_frame = star.quality.size();
  if (n_frame == 0) return {EpdResult{}};
  check(star);
  const std::size_t n_ap = star.mag.size() / n_frame;
  std::vector<EpdResult> out(n_ap);
  const auto flag = [&](std::int32_t place) {
    star.quality[static_cast<std::size_t>(terms_.frames()[static_cast<std::size_t>(place)])] |=
        quality::epd_not_fitted;
  };
  const auto flag_all = [&] {
    for (std::int32_t i = 0; i < static_cast<std::int32_t>(terms_.size()); ++i) flag(i);
  };
  const double n_needed =
      config_.points_per_term *
      static_cast<double>(terms_.n_term() + static_cast<std::int64_t>(star.own.signals.size()));
  list_points(star, work);
  if (work.fitted.empty() || static_cast<double>(work.fitted.size()) < n_needed) {
    flag_all();
    return out;
  }
  EpdPoints points = points_of(star, work);
  if (work.apertures.size() < n_ap) work.apertures.resize(n_ap);
  std::vector<const double*> rights{work.mask.data()};
  for (std::size_t a = 0; a < n_ap; ++a) {
    const auto part = [&](auto all) { return all.subspan(a * n_frame, n_frame); };
    const bool is_weighted = config_.weights == "error" && !star.mag_err.empty();
    take_aperture(points, part(star.mag),
                  is_weighted ? part(star.mag_err) : std::span<const float>{}, config_,
                  work.apertures[a], work.scratch);
    rights.push_back(work.apertures[a].y.data());
  }
  GramSums gram{points.design->x.n_column, static_cast<std::int64_t>(rights.size())};
  for (std::int64_t b = 0; b < points.design->x.n_block; ++b) {
    gram.add_right(points.design->x.block(b), rights);
    for (const double*& right : rights) right += kBlockPoints;
  }
  const Eigen::MatrixXd sums = gram.rights();
  points.sums.terms = sums.col(0);
  work.model.make_room(static_cast<std::int64_t>(points.size()));
  const std::span<double> model{work.model.data(), points.size()};
  bool is_all_fitted = true;
  for (std::size_t a = 0; a < n_ap; ++a) {
    out[a] = correct_aperture(points, sums.col(static_cast<Eigen::Index>(a) + 1), terms_.n_term(),
                              n_needed, config_, work.apertures[a],
                              star.mag.subspan(a * n_frame, n_frame), model, work.scratch);
    is_all_fitted &= !out[a].coefficients.empty();
  }
  if (!is_all_fitted) flag_all();
  for (std::size_t p = 0; p < points.size(); ++p)
    if (points.places[p] >= 0 && points.is_bad[p] != 0) flag(points.places[p]);
  return out;
}

}  // namespace skyweft::lc
