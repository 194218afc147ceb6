// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "bench/shape_stages.hpp"

#include <algorithm>
#include <functional>
#include <vector>

#include <fmt/format.h>

#include "calib/calibrate.hpp"
#include "core/named_columns.hpp"
#include "detect/background.hpp"
#include "detect/detect.hpp"
#include "io/fits.hpp"
#include "phot/annulus.hpp"
#include "phot/apertures.hpp"
#include "phot/psf_flux.hpp"
#include "phot/shapes_of_stars.hpp"
#include "phot/weighted_sums.hpp"
#include "phot/zero_point.hpp"
#include "shape/psf_fit.hpp"
#include "shape/sdk_map.hpp"
#include "sky/solve.hpp"
#include "sky/wcs.hpp"

namespace skyweft::bench {
namespace {

std::vector<double> scaled(const std::vector<double>& px, std::int64_t n) {
  std::vector<double> out;
  const double half = 0.5 * static_cast<double>(n);
  for (const double p : px) out.push_back((p + 0.5 - half) / half);
  return out;
}

/// One step of a whole frame and what it took.
struct Part {
  const char* name;
  std::function<void()> run;
  double cpu_s = 0.0;
};

/// From the raw file to ten apertures, the solution of the frame before at hand.
void time_whole_frame(const Options& options, const Night& night, Table& table) {
  const RawFrame& file = night.frames[0];
  Mask joined;
  const calib::PreparedMasters masters = calib::prepare_masters(night.masters(), {}, joined);
  Frame frame;
  detect::Background background;
  detect::Detection found;
  io::RawImage raw;
  const auto solve = [&](const RawFrame& of, const Wcs* previous) {
    return sky::solve_field(
        found.sources, options.nx, options.nx, night.field,
        {.pointing = *of.info.pointing, .scale_arcsec_px = *of.info.scale_arcsec_px}, {}, previous);
  };
  // The frame before, for its solution and for memory that is there already.
  raw = io::read_image(night.frames[1].path);
  calib::calibrate_into(frame, raw.adu, raw.mask, night.frames[1].info, {}, masters, {});
  detect::estimate_background_into(background, frame);
  found = detect::detect_sources(frame, background);
  const Wcs previous = solve(night.frames[1], nullptr).wcs;

  const phot::ApertureConfig config = ten_apertures();
  std::vector<double> x(night.field.id.size()), y(night.field.id.size());
  sky::Solution solution;
  std::vector<Part> parts{
      {"read", [&] { raw = io::read_image(file.path); }},
      {"calibrate",
       [&] { calib::calibrate_into(frame, raw.adu, raw.mask, file.info, {}, masters, {}); }},
      {"background", [&] { detect::estimate_background_into(background, frame); }},
      {"detect", [&] { found = detect::detect_sources(frame, background); }},
      {"solve", [&] { solution = solve(file, &previous); }},
      {"shape", [&] { keep(shape::fit_sdk_map(found.sources, options.nx, options.nx, {}, {})); }},
      {"measure", [&] {
         sky::to_pixels(solution.wcs, night.field.ra_deg, night.field.dec_deg, x, y);
         keep(phot::measure_frame(frame, background.level_e, background.rms_e, x, y,
                                  night.field.mag, found.fwhm_px, config));
       }}};
  const Cost whole = median_cost(options.n_run, [&] {
    for (Part& part : parts) part.run();
  });
  std::string shares;
  for (Part& part : parts) {
    part.cpu_s = median_cost(options.n_run, part.run).cpu_s;
    shares +=
        fmt::format("{}{} {:.0f} ms", shares.empty() ? "" : ", ", part.name, 1e3 * part.cpu_s);
  }
  Row row =
      make_row("frame", "whole frame",
               fmt::format("{} stars x {} apertures", night.field.size(), config.radii_px.size()),
               whole, Clock::cpu, 1.0, "frames/s");
  row.note = shares;
  table.add(std::move(row));
}

}  // namespace

void time_shape_stages(const Options& options, const Night& night, const FrameProducts& products,
                       Table& table) {
  const Frame& frame = products.frame;
  const auto n_star = static_cast<std::int64_t>(products.x_px.size());
  const phot::ApertureConfig config = ten_apertures();
  const Grid<float> no_map;
  std::vector<phot::LocalBackground> sky;
  const auto timed = [&](const char* stage, const std::string& amount, double work,
                         const char* unit, const std::function<void()>& run) {
    return make_row("frame", stage, amount, median_cost(options.n_run, run), Clock::cpu, work,
                    unit);
  };
  const double kstars = 1e-3 * static_cast<double>(n_star);
  table.add(timed("sky at stars", fmt::format("{} stars", n_star), kstars, "kstars/s", [&] {
    sky = phot::local_backgrounds(frame, no_map, no_map, products.x_px, products.y_px,
                                  products.fwhm_px, config);
  }));
  std::vector<float> level, error;
  std::vector<double> level_d, error_d;
  for (const phot::LocalBackground& s : sky) {
    level_d.push_back(s.level_e);
    error_d.push_back(s.error_e);
    level.push_back(static_cast<float>(s.level_e));
    error.push_back(static_cast<float>(s.error_e));
  }
  const std::vector<double> u = scaled(products.x_px, frame.nx());
  const std::vector<double> v = scaled(products.y_px, frame.ny());
  NamedColumns columns;
  columns.add("u", u);
  columns.add("v", v);
  const shape::ShapeFrame input{.frame = &frame,
                                .x_px = products.x_px,
                                .y_px = products.y_px,
                                .background_e = level,
                                .background_err_e = error,
                                .variables = &columns,
                                .use = {}};
  shape::ShapeConfig how;
  how.model = "bicubic";
  how.terms = "O3{u,v}";
  how.max_stars = 3000;
  PsfMap map;
  Row row = timed("PSF map", "bicubic, 6x6 lines, O3{u,v}", 1.0, "maps/s", [&] {
    map = shape::fit_psf_map({&input, 1}, {}, how).map;
  });
  row.note = fmt::format("{} stars, {} px, {} rounds, {}converged, chi2 {:.3f}, {:.0f} stars/s",
                         map.n_star, map.n_pixel, map.rounds, map.converged ? "" : "not ",
                         map.chi2_dof, static_cast<double>(map.n_star) / row.cost.cpu_s);
  table.add(row);

  const phot::StarShapes shapes{map, columns, n_star};
  phot::PsfFluxes fluxes;
  row = timed("PSF flux", fmt::format("{} stars", n_star), kstars, "kstars/s", [&] {
    fluxes = phot::fit_psf_fluxes(frame, products.x_px, products.y_px, level_d, error_d, shapes, {},
                                  night.field.mag);
  });
  table.add(row);

  for (const bool is_bayer : {false, true}) {
    SubPixelMap subpixels;
    if (is_bayer) {
      subpixels.sensitivity = Grid<double>(2, 2, 0.0);
      subpixels.sensitivity(0, 0) = 4.0;
    }
    phot::WeightedSums meter{frame, subpixels, config.radii_px};
    std::vector<phot::ApertureSum> sums(config.radii_px.size());
    const double kapertures = kstars * static_cast<double>(config.radii_px.size());
    table.add(timed(is_bayer ? "weighted sums, Bayer" : "weighted sums",
                    fmt::format("{} stars x {} apertures", n_star, config.radii_px.size()),
                    kapertures, "kapertures/s", [&] {
                      StarShape scratch;
                      double total = 0.0;
                      for (std::int64_t i = 0; i < n_star; ++i) {
                        const auto k = static_cast<std::size_t>(i);
                        meter.measure(products.x_px[k], products.y_px[k], shapes.at(i, scratch),
                                      fluxes.flux_e[k], level_d[k], sums);
                        total += sums.front().signal;
                      }
                      keep(total);
                    }));
  }
  time_whole_frame(options, night, table);
}

}  // namespace skyweft::bench
