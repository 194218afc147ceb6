// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/ensemble_series.hpp"

#include <algorithm>
#include <cmath>

#include "core/robust.hpp"
#include "core/units.hpp"

namespace skyweft::lc {
namespace {

/// The points of one bin until it is closed.
class Bin {
 public:
  bool empty() const { return flux_.empty(); }
  std::int64_t size() const { return static_cast<std::int64_t>(flux_.size()); }

  void add(double time, double flux, double err) {
    time_.push_back(time);
    flux_.push_back(flux);
    err_.push_back(err);
  }

  void close(BinnedSeries& out) {
    const bool has_errors =
        std::ranges::all_of(err_, [](double e) { return e > 0.0 && std::isfinite(e); });
    double sum_w = 0.0, time = 0.0, flux = 0.0, variance = 0.0;
    for (std::size_t i = 0; i < flux_.size(); ++i) {
      const double w = has_errors ? 1.0 / (err_[i] * err_[i]) : 1.0;
      sum_w += w;
      time += w * (time_[i] - time_[0]);
      flux += w * flux_[i];
    }
    flux /= sum_w;
    for (std::size_t i = 0; i < flux_.size(); ++i) {
      const double w = has_errors ? 1.0 / (err_[i] * err_[i]) : 1.0;
      variance += w * (flux_[i] - flux) * (flux_[i] - flux);
    }
    const auto n = static_cast<double>(flux_.size());
    out.time.push_back(time_[0] + time / sum_w);
    out.flux.push_back(flux);
    out.err.push_back(has_errors ? 1.0 / std::sqrt(sum_w) : kNaN);
    out.scatter_err.push_back(n > 1.0 ? std::sqrt(variance / (sum_w * (n - 1.0))) : kNaN);
    out.n.push_back(size());
    *this = {};
  }

 private:
  std::vector<double> time_, flux_, err_;
};

/// Bins points; `begins(point, bin so far)` says when a new bin begins.
template <class Begins>
BinnedSeries binned(std::span<const double> time, std::span<const double> flux,
                    std::span<const double> err, std::span<const std::uint8_t> counts,
                    Begins begins) {
  BinnedSeries out;
  Bin bin;
  for (std::size_t i = 0; i < flux.size(); ++i) {
    if (!std::isfinite(flux[i]) || !std::isfinite(time[i])) continue;
    if (!counts.empty() && !counts[i]) continue;
    if (begins(time[i], bin) && !bin.empty()) bin.close(out);
    bin.add(time[i], flux[i], err.empty() ? kNaN : err[i]);
  }
  if (!bin.empty()) bin.close(out);
  return out;
}

}  // namespace

std::vector<std::uint8_t> clipped_points(std::span<const double> values, double sigma,
                                         int max_rounds, std::span<const std::uint8_t> counts) {
  std::vector<std::uint8_t> out(values.size(), 0);
  const auto takes_part = [&](std::size_t i) {
    return std::isfinite(values[i]) && !out[i] && (counts.empty() || counts[i]);
  };
  for (int round = 0; round < max_rounds; ++round) {
    std::vector<double> kept;
    for (std::size_t i = 0; i < values.size(); ++i)
      if (takes_part(i)) kept.push_back(values[i]);
    const RobustSummary about = robust_summary(std::span<const double>{kept});
    if (!(about.sigma > 0.0)) break;  // most values are one and the same
    bool any = false;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (!takes_part(i) || !(std::abs(values[i] - about.median) > sigma * about.sigma)) continue;
      out[i] = 1;
      any = true;
    }
    if (!any) break;
  }
  return out;
}

BinnedSeries bin_by_time(std::span<const double> time, std::span<const double> flux,
                         std::span<const double> err, double width,
                         std::span<const std::uint8_t> counts) {
  double first = kNaN, current = 0.0;
  return binned(time, flux, err, counts, [&](double t, const Bin&) {
    if (!std::isfinite(first)) first = t;
    const double here = std::floor((t - first) / width);
    const bool is_new = here != current;
    current = here;
    return is_new;
  });
}

BinnedSeries bin_by_count(std::span<const double> time, std::span<const double> flux,
                          std::span<const double> err, std::int64_t n_per_bin,
                          std::span<const std::uint8_t> counts) {
  return binned(time, flux, err, counts,
                [&](double, const Bin& bin) { return bin.size() >= n_per_bin; });
}

}  // namespace skyweft::lc
