// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "io/files.hpp"
#include "phot/crowding.hpp"
#include "phot/empty_apertures.hpp"
#include "phot/forced.hpp"
#include "phot/growth.hpp"
#include "phot/limits.hpp"
#include "sky/projection.hpp"
#include "sky/wcs.hpp"
#include "steps/star_variables.hpp"
#include "steps/step.hpp"
#include "workflows/load_config.hpp"
#include "workflows/one_frame.hpp"
#include "workflows/sky_givens.hpp"
#include "workflows/stages/scan_file.hpp"
#include "workflows/stages/shape_givens.hpp"
#include "workflows/verbs/emit.hpp"
#include "workflows/verbs/measure_table.hpp"
#include "workflows/verbs/measure_targets.hpp"
#include "workflows/verbs/verbs.hpp"

namespace skyweft::workflows {
namespace {
namespace fs = std::filesystem;

struct MeasureRequest {
  ConfigRequest config;
  TargetRequest targets;
  std::vector<std::string> frames;
  std::string shape;
  std::string format;
  std::string output;
};

/// The run's catalogue stars on one frame, measured in a ladder of radii: what zero point, curve of
/// growth and crowding come from.
struct Reference {
  StarCatalog stars;
  std::vector<double> radii_px;
  phot::GrowthCurve growth;
  double zero_point_mag = kNaN;  ///< for whole exposures in electrons, at the middle radius
};

class Measuring {
 public:
  explicit Measuring(MeasureRequest request) : request_(std::move(request)) {
    config_ = load_config(request_.config);
    if (!request_.shape.empty()) config_.forced.shape = request_.shape;
    targets_ = read_targets(request_.targets);
    if (!config_.run.catalog.empty()) sky_ = std::make_unique<SkyGivens>(config_);
    if (need_sky(targets_) && !sky_)
      throw Error{Errc::bad_config,
                  "places on the sky need a plate solution and that a catalogue; give --catalog "
                  "PATH, or the places as --xy X,Y"};
    shapes_ = read_shape_givens(config_.frame.shape);
  }

  int run() {
    static const std::vector<std::string> kSteps{"load", "calibrate", "background", "detect"};
    for (const fs::path& file : io::expand_globs(request_.frames)) {
      try {
        each_frame(file.string(), config_, kSteps, [&](steps::FrameWork& work) { take(work); });
      } catch (const Error& error) {
        if (error.code() != Errc::bad_input) throw;
        complain(file.string(), error.text());
      }
    }
    if (table_.n_row() == 0) return static_cast<int>(ExitCode::bad_input);
    emit_table(table_.take(config_.forced), format(), request_.output);
    return static_cast<int>(n_bad_ > 0 ? ExitCode::too_many_rejects : ExitCode::complete);
  }

 private:
  std::string format() const {
    if (!request_.format.empty()) return request_.format;
    const std::string ending = fs::path{request_.output}.extension().string();
    return ending == ".fits" ? "fits" : ending == ".ecsv" ? "ecsv" : "csv";
  }

  void complain(const std::string& name, const std::string& why) {
    ++n_bad_;
    fmt::print(stderr, "skyweft: warning: {}: {}\n", printable(name), printable(why));
  }

  void take(steps::FrameWork& work) {
    // A frame without stars may still be measured at places in pixels.
    const bool usable = work.record.state != FrameState::rejected ||
                        (work.record.stage == "detect" && !need_sky(targets_));
    if (!usable) return complain(label_of(work.info), work.record.reason);
    std::optional<Reference> reference;
    if (sky_) {
      const steps::FrameGivens givens = sky_->for_frame(work.info);
      steps::process(work, steps::chain({"solve"}, steps::kSources), givens, config_.frame);
      if (work.record.state == FrameState::rejected)
        return complain(label_of(work.info), "not solved: " + work.record.reason);
      reference = measure_reference(work);
      if (work.record.state == FrameState::rejected)
        return complain(label_of(work.info), work.record.reason);
    }
    measure_targets(work, reference);
  }

  /// Measures the catalogue's stars; leaves places, sky and shapes in `work`.
  Reference measure_reference(steps::FrameWork& work) {
    Reference out;
    out.stars = stars_on(config_, work);
    const double fwhm = work.record.fwhm_px;
    for (const double r : {0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0}) out.radii_px.push_back(r * fwhm);
    steps::FrameOptions options = config_.frame;
    options.phot.radii_px = out.radii_px;
    options.phot.radii_arcsec.clear();
    options.phot.radii_fwhm.clear();
    steps::FrameGivens givens;
    givens.stars = &out.stars;
    givens.subpixels = &shapes_.subpixels;
    if (shapes_.map) givens.psf_map = &*shapes_.map;
    steps::process(work,
                   steps::chain({"places", "shape", "measure"},
                                steps::kFrame | steps::kBackground | steps::kSources | steps::kWcs),
                   givens, options);
    if (work.record.state == FrameState::rejected) return out;
    const double middle = out.radii_px[(out.radii_px.size() - 1) / 2];
    FramePhotometry apertures = work.photometry;
    const auto n_radius = static_cast<std::int64_t>(out.radii_px.size());
    if (apertures.n_ap > n_radius) apertures = without_psf_column(apertures);
    out.growth =
        phot::growth_curve(apertures, out.stars.mag, out.radii_px, {.reference_radius_px = middle});
    const double exposure = std::isfinite(work.info.exposure_s) ? work.info.exposure_s : 1.0;
    out.zero_point_mag = work.record.zero_point + 25.0 + 2.5 * std::log10(exposure);
    return out;
  }

  static FramePhotometry without_psf_column(const FramePhotometry& all) {
    FramePhotometry out{.n_star = all.n_star, .n_ap = all.n_ap - 1, .points = all.points};
    out.points.flux_e.clear();
    out.points.flux_err_e.clear();
    for (std::size_t k = 0; k < all.points.flux_e.size(); ++k) {
      if ((static_cast<std::int64_t>(k) + 1) % all.n_ap == 0) continue;
      out.points.flux_e.push_back(all.points.flux_e[k]);
      out.points.flux_err_e.push_back(all.points.flux_err_e[k]);
    }
    return out;
  }

  void measure_targets(const steps::FrameWork& work, const std::optional<Reference>& reference) {
    std::vector<phot::ForcedTarget> places;
    std::vector<SkyPos> directions;
    for (const Target& target : targets_) {
      phot::ForcedTarget& place = places.emplace_back();
      SkyPos& direction =
          directions.emplace_back(SkyPos{Angle::from_rad(kNaN), Angle::from_rad(kNaN)});
      PixelPos at{kNaN, kNaN};
      if (target.pixel) {
        at = *target.pixel;
        if (reference) direction = sky::to_sky(work.record.wcs, at);
      } else if (const auto there = direction_of(target, work.info.time_utc_mid_jd)) {
        direction = *there;
        at = sky::to_pixel(work.record.wcs, *there);
      }
      place.x_px = at.x_px;
      place.y_px = at.y_px;
    }
    std::vector<PixelPos> stars;
    for (std::size_t i = 0; i < work.x_px.size(); ++i)
      stars.push_back({work.x_px[i], work.y_px[i]});
    const phot::EmptyApertureConfig how;
    const double fwhm =
        work.record.fwhm_px > 0.0 ? work.record.fwhm_px : 3.0;  // nothing detected: any star's
    const Grid<std::uint8_t> is_sky =
        phot::sky_pixels(work.frame, work.background.level_e, stars, fwhm, how);
    const phot::FrameScale scale{.fwhm_px = work.record.fwhm_px,
                                 .arcsec_per_px = work.record.scale_arcsec_px,
                                 .zero_point_mag = reference ? reference->zero_point_mag : kNaN};
    const phot::ForcedTable table =
        phot::measure_targets(work.frame, work.background.level_e, work.background.rms_e, is_sky,
                              places, scale, config_.forced);
    const std::vector<phot::EmptyNoise> empty =
        table.radii_px.empty() ? std::vector<phot::EmptyNoise>{}
                               : phot::measure_empty_apertures(work.frame, work.background.level_e,
                                                               work.background.rms_e, is_sky, scale,
                                                               config_.forced, how);
    const Crowd crowd =
        reference ? crowding_of(work, reference->stars, places, table.radii_px) : Crowd{};
    table_.add({.work = work,
                .targets = targets_,
                .directions = directions,
                .places = places,
                .table = table,
                .empty = empty,
                .growth = reference ? &reference->growth : nullptr,
                .crowd = crowd});
  }

  /// Of the circles of targets that are catalogue stars (within half a FWHM of one).
  static Crowd crowding_of(const steps::FrameWork& work, const StarCatalog& stars,
                           const std::vector<phot::ForcedTarget>& places,
                           const std::vector<double>& radii_px) {
    if (radii_px.empty()) return {};
    const steps::StarVariables variables{work, stars, work.psf.terms};
    const phot::StarShapes shapes{work.psf, variables.columns(), stars.size()};
    const phot::Crowding all = phot::crowding_of({.x_px = work.x_px,
                                                  .y_px = work.y_px,
                                                  .mag = stars.mag,
                                                  .shapes = shapes,
                                                  .fwhm_px = work.record.fwhm_px},
                                                 radii_px);
    Crowd out;
    for (const phot::ForcedTarget& place : places) {
      std::optional<std::int64_t> star;
      double nearest = 0.5 * work.record.fwhm_px;
      for (std::size_t i = 0; i < work.x_px.size(); ++i) {
        const double away = std::hypot(work.x_px[i] - place.x_px, work.y_px[i] - place.y_px);
        if (!(away < nearest)) continue;
        nearest = away;
        star = static_cast<std::int64_t>(i);
      }
      for (std::int64_t r = 0; r < all.n_radius; ++r) {
        out.inside.push_back(star ? all.at(all.enclosed, *star, r) : kNaN);
        out.neighbours.push_back(star ? all.at(all.neighbours, *star, r) : kNaN);
      }
    }
    return out;
  }

  MeasureRequest request_;
  RunConfig config_;
  std::vector<Target> targets_;
  std::unique_ptr<SkyGivens> sky_;
  ShapeGivens shapes_;
  MeasureTable table_;
  int n_bad_ = 0;
};

}  // namespace

void declare_measure(CLI::App& app, Invocation& call) {
  auto request = std::make_shared<MeasureRequest>();  // shared: lives as long as the command
  app.add_option("frames", request->frames, "frames: files, folders or globs; raw or calibrated")
      ->required();
  app.add_option("--position", request->targets.positions, "RA,DEC in degrees; may be repeated")
      ->take_all()
      ->allow_extra_args(false);
  app.add_option("--xy", request->targets.pixels, "X,Y in pixels, first centre (0,0); repeatable")
      ->take_all()
      ->allow_extra_args(false);
  app.add_option("--stars", request->targets.stars, "file of places, as star catalogues are read");
  app.add_option("--ephemeris", request->targets.ephemeris,
                 "file of moving targets: time, RA, Dec, name");
  app.add_option("--shape", request->shape, "circle, ellipse or kron; default: forced.shape")
      ->check(CLI::IsMember({"circle", "ellipse", "kron"}));
  app.add_option("--config", request->config.file, "configuration file (TOML); may be left out");
  app.add_option("--set", request->config.sets, "KEY=VALUE over the configuration")->take_all();
  app.add_option("--catalog", request->config.catalog, "star catalogue: folder or file");
  app.add_option("--index", request->config.index, "index of the sky");
  app.add_option("--format", request->format, "csv, ecsv or fits; default: as -o ends")
      ->check(CLI::IsMember({"csv", "ecsv", "fits"}));
  app.add_option("-o,--output", request->output, "file to write; default: standard output");
  app.callback([request, &call] {
    call.action = [request] { return guarded([&] { return Measuring{*request}.run(); }); };
  });
}

}  // namespace skyweft::workflows
