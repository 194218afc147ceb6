// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/sky_flat_choice.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/lsq.hpp"

namespace skyweft::calib {
namespace {

using Direction = std::array<double, 3>;

Direction direction(const SkyPos& p) {
  const double ra = p.ra.rad();
  const double dec = p.dec.rad();
  return {std::cos(dec) * std::cos(ra), std::cos(dec) * std::sin(ra), std::sin(dec)};
}

/// Exact for tiny angles too: from the chord and its complement.
double separation_rad(const Direction& a, const Direction& b) {
  double difference = 0.0;
  double sum = 0.0;
  for (std::size_t i = 0; i < 3; ++i) {
    difference += (a[i] - b[i]) * (a[i] - b[i]);
    sum += (a[i] + b[i]) * (a[i] + b[i]);
  }
  return 2.0 * std::atan2(std::sqrt(difference), std::sqrt(sum));
}

/// The tests of a frame by itself; no value: it passes.
std::optional<FlatVerdict> judge_alone(const StampStatistics& s, double nearest_arcsec,
                                       double gain_e_per_adu, const SkyFlatConfig& config) {
  if (nearest_arcsec < config.min_separation_arcsec)
    return FlatVerdict{FlatClass::colocated, "nearest_arcsec", nearest_arcsec,
                       config.min_separation_arcsec};
  if (s.saturated_fraction > config.stamp_max_saturated)
    return FlatVerdict{FlatClass::saturated, "saturated_fraction", s.saturated_fraction,
                       config.stamp_max_saturated};
  if (s.valid_fraction <= 0.0 || s.valid_fraction < config.stamp_min_valid)
    return FlatVerdict{FlatClass::no_data, "stamp_valid_fraction", s.valid_fraction,
                       config.stamp_min_valid};
  if (!s.ok() || !(s.mean_adu > 0.0) || !std::isfinite(s.variance_adu2))
    return FlatVerdict{FlatClass::no_data, "stamp_mean_e",
                       std::isfinite(s.mean_adu) ? gain_e_per_adu * s.mean_adu : 0.0, 0.0};
  return std::nullopt;
}

FlatVerdict judge_level(double mean_e, const SkyFlatConfig& config) {
  if (mean_e > config.min_high_mean_e)
    return {FlatClass::high, "stamp_mean_e", mean_e, config.min_high_mean_e};
  if (mean_e < config.max_low_mean_e)
    return {FlatClass::low, "stamp_mean_e", mean_e, config.max_low_mean_e};
  return {FlatClass::medium, "stamp_mean_e", mean_e, config.min_high_mean_e};
}

struct Curve {
  std::vector<double> deviation;  ///< in parts of the photon noise
  double scatter = 0.0;
};

/// Variance against mean; both in electrons, one entry per usable frame.
Curve fit_curve(const std::vector<double>& mean_e, const std::vector<double>& variance_e2,
                double read_noise_e, const SkyFlatConfig& config) {
  const auto n = static_cast<Eigen::Index>(mean_e.size());
  const double top = *std::ranges::max_element(mean_e);
  Eigen::MatrixXd design(n, 3);
  std::vector<double> target;
  for (Eigen::Index i = 0; i < n; ++i) {
    const auto k = static_cast<std::size_t>(i);
    const double photon = mean_e[k] + read_noise_e * read_noise_e;
    const double m = mean_e[k] / top;
    design.row(i) << top / photon, m * top / photon, m * m * top / photon;
    target.push_back(variance_e2[k] / photon);
  }
  const std::vector<double> weight(target.size(), 1.0);
  const double spare =
      static_cast<double>(n) / static_cast<double>(std::max<Eigen::Index>(n - 3, 1));
  const LinearFit fit =
      fit_linear_clipped(design, target, weight,
                         {.reject_level = config.variance_fit_clip * std::sqrt(spare),
                          .max_rounds = config.variance_fit_rounds,
                          .scale_floor = std::max(config.variance_floor, 1e-12)});
  Curve curve;
  if (!fit.ok()) return {.deviation = std::vector<double>(target.size(), 0.0), .scatter = 0.0};
  const auto used = static_cast<double>(fit.n_used);
  curve.scatter =
      fit.residual_rms * std::sqrt(used / std::max(used - static_cast<double>(fit.rank), 1.0));
  for (Eigen::Index i = 0; i < n; ++i)
    curve.deviation.push_back(target[static_cast<std::size_t>(i)] -
                              design.row(i).dot(fit.coefficients));
  return curve;
}

}  // namespace

std::vector<Angle> nearest_separations(std::span<const std::optional<SkyPos>> pointings) {
  std::vector<Angle> nearest(pointings.size(), Angle::from_rad(kNaN));
  std::vector<Direction> to(pointings.size());
  std::vector<std::size_t> known;
  for (std::size_t i = 0; i < pointings.size(); ++i)
    if (pointings[i] && std::isfinite(pointings[i]->ra.rad()) &&
        std::isfinite(pointings[i]->dec.rad())) {
      to[i] = direction(*pointings[i]);
      known.push_back(i);
    }
  for (const std::size_t i : known)
    for (const std::size_t j : known) {
      if (i == j) continue;
      const double apart = separation_rad(to[i], to[j]);
      if (!(apart >= nearest[i].rad())) nearest[i] = Angle::from_rad(apart);
    }
  return nearest;
}

std::vector<std::uint8_t> colocated(std::span<const std::optional<SkyPos>> pointings,
                                    Angle min_separation) {
  std::vector<std::uint8_t> flags;
  for (const Angle apart : nearest_separations(pointings))
    flags.push_back(apart.rad() < min_separation.rad() ? 1 : 0);
  return flags;
}

std::string_view name_of(FlatClass kind) noexcept {
  constexpr std::array<std::string_view, 7> kNames{"high",      "low",       "medium", "cloudy",
                                                   "colocated", "saturated", "no_data"};
  return kNames[static_cast<std::size_t>(kind)];
}

FlatSession judge_flats(std::span<const StampStatistics> stamps, std::span<const Angle> nearest,
                        double gain_e_per_adu, double read_noise_e, const SkyFlatConfig& config) {
  if (!nearest.empty() && nearest.size() != stamps.size())
    throw Error{Errc::internal, "judge_flats: separations and statistics differ in number"};
  FlatSession session;
  session.frames.resize(stamps.size());
  std::vector<std::size_t> usable;
  std::vector<double> mean_e;
  std::vector<double> variance_e2;
  for (std::size_t i = 0; i < stamps.size(); ++i) {
    const double apart = nearest.empty() ? kNaN : nearest[i].arcsec();
    if (const auto verdict = judge_alone(stamps[i], apart, gain_e_per_adu, config)) {
      session.frames[i] = *verdict;
      continue;
    }
    usable.push_back(i);
    mean_e.push_back(gain_e_per_adu * stamps[i].mean_adu);
    variance_e2.push_back(gain_e_per_adu * gain_e_per_adu * stamps[i].variance_adu2);
    session.frames[i] = judge_level(mean_e.back(), config);
  }
  session.compared = static_cast<std::int64_t>(usable.size()) >= config.judge_min_frames;
  if (session.compared) {
    const Curve curve = fit_curve(mean_e, variance_e2, read_noise_e, config);
    session.variance_scatter = curve.scatter;
    session.cloudy = curve.scatter > config.cloudy_night;
    const double sigma = std::max({curve.scatter, config.variance_floor, 1e-12});
    for (std::size_t k = 0; k < usable.size(); ++k) {
      const double off = std::abs(curve.deviation[k]) / sigma;
      if (off > config.cloudy_frame)
        session.frames[usable[k]] = {FlatClass::cloudy, "variance_sigma", off, config.cloudy_frame};
      else if (session.cloudy)
        session.frames[usable[k]] = {FlatClass::cloudy, "variance_scatter", curve.scatter,
                                     config.cloudy_night};
    }
  }
  for (const FlatVerdict& v : session.frames) {
    session.n_high += v.kind == FlatClass::high ? 1 : 0;
    session.n_low += v.kind == FlatClass::low ? 1 : 0;
  }
  return session;
}

void require_high_flats(const FlatSession& session, const SkyFlatConfig& config) {
  if (session.cloudy)
    throw Error{
        Errc::bad_input,
        "the noise of the flats does not follow their level: a cloudy session; use flats of "
        "another night"}
        .because({"variance_scatter", session.variance_scatter, config.cloudy_night});
  if (session.n_high < config.min_high_combine)
    throw Error{Errc::bad_input,
                fmt::format("{} of {} sky flats can be used, {} are needed; give more, or lower "
                            "skyflat.min_high_combine or skyflat.min_high_mean",
                            session.n_high, session.frames.size(), config.min_high_combine)}
        .because({"n_high_flats", static_cast<double>(session.n_high),
                  static_cast<double>(config.min_high_combine)});
}

}  // namespace skyweft::calib
