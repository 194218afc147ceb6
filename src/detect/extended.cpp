// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "detect/extended.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/robust.hpp"
#include "core/units.hpp"
#include "detect/sep_objects.hpp"

namespace skyweft::detect {
namespace {

constexpr double kKronSearch = 6.0;  // the Kron radius is taken over 6 a × 6 b
constexpr double kFwhmPerSigma = 2.3548200450309493;
constexpr int kExact = 0;       // overlap of a pixel and a circle or ellipse
constexpr int kSubPixels = 11;  // where SEP has no exact overlap

/// Everything of one object that is measured; columns are filled from it in order of brightness.
struct Measured {
  int index = 0;  ///< in SEP's catalogue
  double x_win_px = kNaN;
  double y_win_px = kNaN;
  double iso_err_e = 0.0;
  double kron = 0.0;
  double auto_e = 0.0;
  double auto_err_e = kNaN;
  double half_light_px = kNaN;
  double fwhm_px = kNaN;
  double across_px = kNaN;  ///< FWHM along the minor axis
  SourceBits flags = 0;
  std::vector<float> ap_e{};
  std::vector<float> ap_err_e{};
};

/// The moments are those of the smoothed frame; a single pixel still has 1/12 px².
double fwhm_of(double moment_px2, double smoothing_px2) {
  return kFwhmPerSigma * std::sqrt(std::max(moment_px2 - smoothing_px2, 1.0 / 12.0));
}

Measured measure(const Frame& frame, const SepImages& image, const sep_catalog& cat, int k,
                 double smoothing_px2, const ExtendedConfig& config) {
  const sep_image* im = &image.by_variance;
  Measured out{.index = k};
  const double x = cat.x[k];
  const double y = cat.y[k];
  const auto a = static_cast<double>(cat.a[k]);
  const auto b = static_cast<double>(cat.b[k]);
  const auto raise = [&](SourceBits bit) { out.flags = static_cast<SourceBits>(out.flags | bit); };
  bool is_saturated = false;
  double variance = 0.0;
  for (int p = 0; p < cat.npix[k]; ++p) {
    const auto at = static_cast<std::size_t>(cat.pix[k][p]);
    variance += static_cast<double>(image.variance_e2[at]);
    is_saturated |= (frame.mask.pixels()[at] & mask::saturated) != 0;
  }
  out.iso_err_e = std::sqrt(variance);
  out.fwhm_px = fwhm_of(0.5 * (a * a + b * b), smoothing_px2);
  out.across_px = fwhm_of(b * b, smoothing_px2);

  short flag = 0;
  short more = 0;
  double area = 0.0;
  double cxx = 0.0;
  double cyy = 0.0;
  double cxy = 0.0;
  sep_ellipse_coeffs(a, b, static_cast<double>(cat.theta[k]), &cxx, &cyy, &cxy);
  check_sep(sep_kron_radius(im, x, y, cxx, cyy, cxy, kKronSearch, 0, &out.kron, &flag));
  const double reach = config.kron_factor * out.kron;
  if (reach * std::sqrt(a * b) < config.min_kron_px)
    check_sep(sep_sum_circle(im, x, y, config.min_kron_px, 0, kExact, 0, &out.auto_e,
                             &out.auto_err_e, &area, &more));
  else
    check_sep(sep_sum_ellipse(im, x, y, a, b, static_cast<double>(cat.theta[k]), reach, 0, kExact,
                              0, &out.auto_e, &out.auto_err_e, &area, &more));
  flag = static_cast<short>(flag | more);
  if (!std::isfinite(out.auto_e)) out.auto_e = 0.0;  // all masked
  if (out.auto_e > 0.0) {
    const double half = 0.5;
    short ignored = 0;
    check_sep(sep_flux_radius(im, x, y, kKronSearch * a, 0, kSubPixels, 0, &out.auto_e, &half, 1,
                              &out.half_light_px, &ignored));
  }
  const double sigma_px =
      2.0 / kFwhmPerSigma * (out.half_light_px > 0.0 ? out.half_light_px : 0.5 * kFwhmPerSigma * b);
  int rounds = 0;
  short ignored = 0;
  check_sep(sep_windowed(im, x, y, sigma_px, kSubPixels, 0, &out.x_win_px, &out.y_win_px, &rounds,
                         &ignored));
  if (!(std::hypot(out.x_win_px - x, out.y_win_px - y) < std::max(1.0, 2.0 * a))) {
    out.x_win_px = x;
    out.y_win_px = y;
    raise(source_flag::no_centroid);
  }
  for (const double radius : config.aperture_px) {
    double sum = kNaN;
    double error = kNaN;
    check_sep(sep_sum_circle(im, x, y, radius, 0, kExact, 0, &sum, &error, &area, &ignored));
    out.ap_e.push_back(static_cast<float>(sum));
    out.ap_err_e.push_back(static_cast<float>(error));
  }
  if (is_saturated) raise(source_flag::saturated);
  if ((cat.flag[k] & SEP_OBJ_MERGED) != 0) raise(source_flag::blended);
  if ((cat.flag[k] & SEP_OBJ_TRUNC) != 0 || (flag & SEP_APER_TRUNC) != 0) raise(source_flag::edge);
  if ((flag & (SEP_APER_HASMASKED | SEP_APER_ALLMASKED)) != 0) raise(source_flag::bad_pixel);
  return out;
}

double elongation_of(const sep_catalog& cat, int k) {
  return static_cast<double>(cat.a[k]) / static_cast<double>(cat.b[k]);
}

/// The width of stars where nobody told it: the median over the round and bright.
double star_width(const sep_catalog& cat, const std::vector<Measured>& all) {
  std::vector<double> widths;
  for (const Measured& m : all)
    if (m.flags == 0 && m.auto_e > 20.0 * m.auto_err_e && elongation_of(cat, m.index) < 1.5)
      widths.push_back(m.fwhm_px);
  return median_in_place(std::span<double>{widths});
}

SourceClass class_of(const sep_catalog& cat, const Measured& m, double star_px,
                     const ExtendedConfig& config) {
  if (!(star_px > 0.0)) return SourceClass::unknown;
  const double limit_px = config.extended_ratio * star_px;
  if (elongation_of(cat, m.index) > config.trace_elongation && m.across_px <= limit_px)
    return SourceClass::trace;
  if (m.fwhm_px <= limit_px) return SourceClass::point;
  // The plateau of a saturated star is wide, too.
  return (m.flags & source_flag::saturated) != 0 ? SourceClass::unknown : SourceClass::extended;
}

void append(ExtendedSources& out, const sep_catalog& cat, const Measured& m, SourceClass kind) {
  const int k = m.index;
  const auto f = [](double v) { return static_cast<float>(v); };
  out.x_px.push_back(cat.x[k]);
  out.y_px.push_back(cat.y[k]);
  out.x_win_px.push_back(m.x_win_px);
  out.y_win_px.push_back(m.y_win_px);
  out.n_pix.push_back(cat.npix[k]);
  out.flux_iso_e.push_back(cat.flux[k]);
  out.flux_iso_err_e.push_back(f(m.iso_err_e));
  out.peak_e.push_back(cat.peak[k]);
  out.a_px.push_back(cat.a[k]);
  out.b_px.push_back(cat.b[k]);
  out.theta_deg.push_back(f(static_cast<double>(cat.theta[k]) / kRadPerDeg));
  out.cxx.push_back(cat.cxx[k]);
  out.cyy.push_back(cat.cyy[k]);
  out.cxy.push_back(cat.cxy[k]);
  out.kron_radius.push_back(f(m.kron));
  out.flux_auto_e.push_back(f(m.auto_e));
  out.flux_auto_err_e.push_back(f(m.auto_err_e));
  out.snr.push_back(f(m.auto_e / m.auto_err_e));
  out.half_light_px.push_back(f(m.half_light_px));
  out.fwhm_px.push_back(f(m.fwhm_px));
  out.elongation.push_back(f(elongation_of(cat, k)));
  SourceBits flags = m.flags;
  if (kind == SourceClass::trace) flags = static_cast<SourceBits>(flags | source_flag::elongated);
  if (kind == SourceClass::extended) flags = static_cast<SourceBits>(flags | source_flag::wide);
  out.flags.push_back(flags);
  out.kind.push_back(kind);
  out.aperture_flux_e.insert(out.aperture_flux_e.end(), m.ap_e.begin(), m.ap_e.end());
  out.aperture_err_e.insert(out.aperture_err_e.end(), m.ap_err_e.begin(), m.ap_err_e.end());
}

}  // namespace

ExtendedSources detect_extended(const Frame& frame, const Background& background,
                                double star_fwhm_px, const ExtendedConfig& config) {
  ExtendedSources out;
  out.aperture_px = config.aperture_px;
  constexpr std::int64_t kMost = std::numeric_limits<int>::max();
  if (frame.signal_e.size() > kMost)
    throw Error{Errc::bad_input, "the frame is too large for SEP; cut it"}.because(
        {"n_pixels", static_cast<double>(frame.signal_e.size()), static_cast<double>(kMost)});
  if (frame.signal_e.empty()) return out;
  const SepImages image = prepare_for_sep(frame, background);
  const SepCatalog found = extract_with_sep(image.by_sky, star_fwhm_px, config);
  const sep_catalog& cat = *found;
  const double smoothing_px2 = kernel_variance_px2(config, star_fwhm_px);
  std::vector<Measured> all;
  for (int k = 0; k < cat.nobj; ++k) {
    Measured m = measure(frame, image, cat, k, smoothing_px2, config);
    if (m.fwhm_px >= config.min_width_px) all.push_back(std::move(m));
  }
  std::ranges::stable_sort(all, [&](const Measured& p, const Measured& q) {
    if (p.auto_e != q.auto_e) return p.auto_e > q.auto_e;
    if (cat.y[p.index] != cat.y[q.index]) return cat.y[p.index] < cat.y[q.index];
    return cat.x[p.index] < cat.x[q.index];
  });
  const double star_px = star_fwhm_px > 0.0 ? star_fwhm_px : star_width(cat, all);
  for (const Measured& m : all) append(out, cat, m, class_of(cat, m, star_px, config));
  return out;
}

}  // namespace skyweft::detect
