// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "bench/curve_stages.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "lc/epd.hpp"
#include "lc/magnitudes.hpp"
#include "lc/reference.hpp"
#include "lc/statistics.hpp"
#include "lc/tfa.hpp"
#include "sky/projection.hpp"

namespace skyweft::bench {
namespace {

/// One aperture of a block as magnitudes, [point].
struct Mags {
  std::vector<float> mag;
  std::vector<float> mag_err;
};

Mags mags_of(const PointColumns& points, std::int64_t n_ap, double exposure_s) {
  Mags out;
  const auto width = static_cast<std::size_t>(n_ap);
  for (std::size_t at = width / 2; at < points.flux_e.size(); at += width) {
    const auto flux_e = static_cast<double>(points.flux_e[at]);
    out.mag.push_back(lc::instrumental_mag(flux_e, exposure_s));
    out.mag_err.push_back(
        lc::instrumental_mag_err(flux_e, static_cast<double>(points.flux_err_e[at])));
  }
  return out;
}

template <class T>
auto row_of(T& columns, std::int64_t i_row, std::int64_t width) {
  return std::span{columns}.subspan(static_cast<std::size_t>(i_row * width),
                                    static_cast<std::size_t>(width));
}

/// Flops of one least-squares fit of m points by k terms; rejection rounds come on top.
double fit_gflop(double m, double k) {
  return 2e-9 * m * k * k;
}

/// All light curves of one aperture, between the stages.
class Curves {
 public:
  Curves(const Options& options, const Floors& floors, const Night& night, const Series& series,
         const StarBlock& stars, Table& table)
      : options_(options),
        floors_(floors),
        night_(night),
        series_(series),
        stars_(stars),
        table_(table),
        n_frame_(stars.n_frame),
        n_star_(stars.n_star),
        star_mag_(night.field.mag.begin(), night.field.mag.end()) {
    const std::vector<double> colour(night.field.colour.begin(), night.field.colour.end());
    colour_ = lc::filled_colours(colour);
    for (const FrameRecord& record : series.records) {
      airmass_.push_back(record.airmass);
      fwhm_.push_back(record.fwhm_px);
    }
    curves_ = mags_of(stars.points, stars.n_ap, series.exposure_s).mag;
    quality_ = stars.points.quality;
    amount_ = fmt::format("{} stars x {} frames", n_star_, n_frame_);
  }

  void magnitude_fit();
  void epd();
  void tfa();

 private:
  double n_star() const { return static_cast<double>(n_star_); }
  double n_point() const { return n_star() * static_cast<double>(n_frame_); }
  std::vector<lc::FrameFit> fit_all_frames();
  lc::TemplateSet templates(const lc::TfaConfig& config);

  /// Times `work`, which changes curves and flags of all stars in place, from the same start.
  Cost in_place(const std::function<void()>& work) {
    const std::vector<float> mag = curves_;
    const std::vector<QualityBits> quality = quality_;
    return median_cost(options_.n_run, work, [&] {
      curves_ = mag;
      quality_ = quality;
    });
  }

  const Options& options_;
  const Floors& floors_;
  const Night& night_;
  const Series& series_;
  const StarBlock& stars_;
  Table& table_;
  std::int64_t n_frame_;
  std::int64_t n_star_;
  std::vector<double> star_mag_, colour_;  // [star]
  std::vector<double> airmass_, fwhm_;     // [frame]
  std::vector<float> curves_;              // [star][frame]
  std::vector<QualityBits> quality_;       // [star][frame]
  std::string amount_;
};

std::vector<lc::FrameFit> Curves::fit_all_frames() {
  const lc::MagfitConfig config;
  const lc::MagfitModel model = lc::magfit_model(config);
  const Mags mags = mags_of(series_.block.points, series_.block.n_ap, series_.exposure_s);
  const PointColumns& points = series_.block.points;
  const auto slice = [&](std::int64_t f) {
    return FrameSlice{.mag = row_of(mags.mag, f, n_star_),
                      .mag_err = row_of(mags.mag_err, f, n_star_),
                      .x_px = row_of(points.x_px, f, n_star_),
                      .y_px = row_of(points.y_px, f, n_star_),
                      .quality = row_of(points.quality, f, n_star_)};
  };
  lc::NamedColumns columns;
  columns.add("mag", star_mag_);
  columns.add("colour", colour_);
  const lc::Reference reference = lc::reference_from_frame(slice(n_frame_ / 2), config);
  std::vector<lc::FrameFit> fits;
  const Cost cost = median_cost(options_.n_run, [&] {
    fits.clear();
    for (std::int64_t f = 0; f < n_frame_; ++f)
      fits.push_back(lc::fit_frame(slice(f), columns, star_mag_, reference, model, config));
  });
  double n_used = 0.0;
  for (const lc::FrameFit& fit : fits) n_used += static_cast<double>(fit.n_used);
  const auto n_term = static_cast<double>(model.levels.front().n_term());
  Row row = make_row("light curves", "magnitude fit", amount_, cost, Clock::cpu, 1e-6 * n_point(),
                     "Mpoints/s");
  compare(row, "product", floors_.gemm_gflop_s, "GFLOP/s", fit_gflop(n_used, n_term));
  row.note = fmt::format("{:.2f} ms per frame, {:.0f} stars used, {:.0f} terms, one round counted",
                         1e3 * cost.cpu_s / static_cast<double>(n_frame_),
                         n_used / static_cast<double>(n_frame_), n_term);
  table_.add(std::move(row));
  return fits;
}

void Curves::magnitude_fit() {
  const lc::MagfitModel model = lc::magfit_model({});
  const std::vector<lc::FrameFit> fits = fit_all_frames();
  const Cost cost = in_place([&] {
    for (std::int64_t s = 0; s < n_star_; ++s) {
      const auto i = static_cast<std::size_t>(s);
      lc::NamedColumns points;
      points.add_scalar("mag", star_mag_[i]);
      points.add_scalar("colour", colour_[i]);
      lc::correct_star(fits, model, points, star_mag_[i], row_of(stars_.points.x_px, s, n_frame_),
                       row_of(stars_.points.y_px, s, n_frame_), row_of(curves_, s, n_frame_),
                       row_of(quality_, s, n_frame_));
    }
  });
  table_.add(make_row("light curves", "magnitude correction", amount_, cost, Clock::cpu,
                      1e-6 * n_point(), "Mpoints/s"));
  std::vector<lc::StarStatistic> statistics;
  const Cost statistic = median_cost(options_.n_run, [&] {
    statistics.clear();
    for (std::int64_t s = 0; s < n_star_; ++s)
      statistics.push_back(
          lc::star_statistic(row_of(curves_, s, n_frame_), row_of(quality_, s, n_frame_)));
  });
  table_.add(make_row("light curves", "star statistics", amount_, statistic, Clock::cpu,
                      1e-6 * n_point(), "Mpoints/s"));
}

void Curves::epd() {
  const lc::EpdConfig config;
  const Terms terms = Terms::parse(config.terms);
  const PointColumns& p = stars_.points;
  const auto doubles = [&](const std::vector<float>& column, std::int64_t s) {
    const auto part = row_of(column, s, n_frame_);
    return std::vector<double>(part.begin(), part.end());
  };
  const Cost cost = in_place([&] {
    for (std::int64_t s = 0; s < n_star_; ++s) {
      const auto x = doubles(p.x_px, s);
      const auto y = doubles(p.y_px, s);
      const auto bg = doubles(p.bg_e, s);
      lc::NamedColumns points;
      points.add("airmass", airmass_);
      points.add("fwhm", fwhm_);
      points.add("x", x);
      points.add("y", y);
      points.add("bg", bg);
      lc::detrend_external(row_of(curves_, s, n_frame_), row_of(quality_, s, n_frame_), points,
                           terms, {}, config);
    }
  });
  Row row = make_row("light curves", "EPD", amount_, cost, Clock::cpu, n_star(), "curves/s");
  const auto n_term = static_cast<double>(terms.n_term());
  compare(row, "product", floors_.gemm_gflop_s, "GFLOP/s", fit_gflop(n_point(), n_term));
  row.note = fmt::format("{:.0f} terms, one round counted", n_term);
  table_.add(std::move(row));
}

lc::TemplateSet Curves::templates(const lc::TfaConfig& config) {
  const sky::TangentPlane plane{
      {Angle::from_deg(night_.scene.config.ra_deg), Angle::from_deg(night_.scene.config.dec_deg)}};
  std::vector<lc::TemplateCandidate> candidates;
  for (std::int64_t s = 0; s < n_star_; ++s) {
    const auto i = static_cast<std::size_t>(s);
    const lc::SeriesScatter scatter = lc::series_scatter(row_of(curves_, s, n_frame_));
    const auto place = plane.project(
        {Angle::from_deg(night_.field.ra_deg[i]), Angle::from_deg(night_.field.dec_deg[i])});
    candidates.push_back(
        {.mag = star_mag_[i],
         .scatter_mag = scatter.scatter,
         .n_points = scatter.n,
         .at = place ? lc::SkyPoint{place->xi_deg, place->eta_deg} : lc::SkyPoint{},
         .is_barred = false});
  }
  const std::vector<std::int64_t> rows = lc::choose_templates(candidates, n_frame_, config);
  std::vector<lc::SkyPoint> at;
  std::vector<float> mags;
  for (const std::int64_t row : rows) {
    at.push_back(candidates[static_cast<std::size_t>(row)].at);
    const auto series = row_of(curves_, row, n_frame_);
    mags.insert(mags.end(), series.begin(), series.end());
  }
  lc::TemplateSet set;
  const Cost cost = median_cost(
      options_.n_run, [&] { set = lc::make_templates(rows, at, mags, n_frame_, config); });
  const auto width = static_cast<double>(rows.size() + 1);
  const double gflop = 2e-9 * static_cast<double>(n_frame_) * width * width;
  Row row = make_row("light curves", "TFA templates",
                     fmt::format("{} templates x {} frames", rows.size(), n_frame_), cost,
                     Clock::cpu, gflop, "GFLOP/s");
  compare(row, "product", floors_.gemm_gflop_s, "GFLOP/s", gflop);
  row.note = "medians and normal matrix, once per aperture";
  table_.add(std::move(row));
  return set;
}

void Curves::tfa() {
  const lc::TfaConfig config;
  const lc::TemplateSet set = templates(config);
  const sky::TangentPlane plane{
      {Angle::from_deg(night_.scene.config.ra_deg), Angle::from_deg(night_.scene.config.dec_deg)}};
  std::vector<lc::SkyPoint> at;
  for (std::size_t i = 0; i < static_cast<std::size_t>(n_star_); ++i) {
    const auto place = plane.project(
        {Angle::from_deg(night_.field.ra_deg[i]), Angle::from_deg(night_.field.dec_deg[i])});
    at.push_back(place ? lc::SkyPoint{place->xi_deg, place->eta_deg} : lc::SkyPoint{});
  }
  std::int64_t n_fitted = 0;
  const Cost cost = in_place([&] {
    n_fitted = 0;
    for (std::int64_t s = 0; s < n_star_; ++s) {
      const lc::TfaFit fit =
          lc::detrend_star(row_of(curves_, s, n_frame_), row_of(quality_, s, n_frame_), s,
                           at[static_cast<std::size_t>(s)], set, {}, config);
      n_fitted += fit.n_used > 0 ? 1 : 0;
    }
  });
  // Right-hand side, model and Cholesky of one round; the normal matrix is made once for all.
  const auto width = static_cast<double>(set.gram.cols());
  const double gflop = 1e-9 * static_cast<double>(n_fitted) *
                       (4.0 * static_cast<double>(n_frame_) * width + width * width * width / 3.0);
  Row row = make_row("light curves", "TFA", amount_, cost, Clock::cpu, n_star(), "curves/s");
  compare(row, "product", floors_.gemm_gflop_s, "GFLOP/s", gflop);
  row.note = fmt::format("{} fitted, {:.2f} GFLOP/s useful, one round counted", n_fitted,
                         gflop / cost.cpu_s);
  table_.add(std::move(row));
}

}  // namespace

void time_curve_stages(const Options& options, const Floors& floors, const Night& night,
                       const Series& series, const StarBlock& stars, Table& table) {
  Curves curves{options, floors, night, series, stars, table};
  curves.magnitude_fit();
  curves.epd();
  curves.tfa();
}

}  // namespace skyweft::bench
