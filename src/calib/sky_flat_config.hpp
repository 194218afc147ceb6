// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <tuple>

#include "calib/stack.hpp"
#include "core/fields.hpp"

namespace skyweft::calib {

/// How sky flats are chosen and combined; section [skyflat]. The limits of the HATSouth recipe,
/// which are ADU of one camera there, are electrons or parts of the photon noise here: what a level
/// is good for depends on its photons (10000 e-: 1 % per pixel and frame), and a variance says
/// "cloud" only beside the variance that photons alone make.
struct SkyFlatConfig {
  double min_separation_arcsec = 150.0;

  double stamp_fraction = 0.5;
  double stamp_min_valid = 0.5;
  double stamp_max_saturated = 1e-4;
  int stamp_x_terms = 3;
  int stamp_y_terms = 3;
  double stamp_fit_clip = 3.0;
  int stamp_fit_rounds = 1;
  std::string stamp_average = "mean";
  double stamp_clip = 3.0;
  int stamp_rounds = 3;

  std::int64_t judge_min_frames = 5;
  double variance_fit_clip = 2.0;
  int variance_fit_rounds = 10;
  double variance_floor = 0.02;
  double cloudy_frame = 2.0;
  double cloudy_night = 0.25;
  double min_high_mean_e = 10000.0;
  double max_low_mean_e = 5000.0;
  std::int64_t min_high_combine = 10;
  std::int64_t min_low_combine = 5;

  std::int64_t bin_factor = 4;
  std::int64_t filter_size = 12;
  std::int64_t x_nodes = 4;
  std::int64_t y_nodes = 4;
  double surface_clip = 5.0;
  int surface_rounds = 1;
  double reference_clip = 4.0;
  std::int64_t reference_min_frames = 3;
  std::int64_t cloud_filter_size = 8;
  double cloud_area = 0.8;
  double cloud_deviation = 0.05;

  double stack_clip_low = 3.0;
  double stack_clip_high = 2.0;
  int stack_rounds = 3;
  std::int64_t stack_min_frames = 3;

  static constexpr auto fields() {
    using C = SkyFlatConfig;
    return std::tuple{
        field("min_separation", &C::min_separation_arcsec, "arcsec",
              "sky flats that point nearer to each other are not used: their stars do not average "
              "out; 0 uses all",
              non_negative),
        field("stamp_fraction", &C::stamp_fraction, "",
              "part of each axis that the statistics of a flat are from", fraction),
        field("stamp_min_valid", &C::stamp_min_valid, "",
              "part of these pixels that must be usable", fraction),
        field("stamp_max_saturated", &C::stamp_max_saturated, "",
              "part of these pixels that may be saturated", fraction),
        field("stamp_x_terms", &C::stamp_x_terms, "",
              "terms along x of the surface taken out before statistics", between(1, 6)),
        field("stamp_y_terms", &C::stamp_y_terms, "", "terms along y", between(1, 6)),
        field("stamp_fit_clip", &C::stamp_fit_clip, "sigma",
              "pixels further from that surface are left out of its fit", positive),
        field("stamp_fit_rounds", &C::stamp_fit_rounds, "", "rounds of that at most", non_negative),
        field("stamp_average", &C::stamp_average, "", "centre of the clipping of the statistics",
              one_of("mean|median")),
        field("stamp_clip", &C::stamp_clip, "sigma", "clipping of the statistics", positive),
        field("stamp_rounds", &C::stamp_rounds, "", "rounds of that at most", non_negative),
        field("judge_min_frames", &C::judge_min_frames, "",
              "with fewer frames variances are not compared: no cloud test on statistics",
              at_least(5)),
        field("variance_fit_clip", &C::variance_fit_clip, "sigma",
              "frames further from the curve variance(mean) are left out of its fit", positive),
        field("variance_fit_rounds", &C::variance_fit_rounds, "", "rounds of that at most",
              non_negative),
        field("variance_floor", &C::variance_floor, "",
              "scatter about the curve is taken to be at least this part of the photon noise",
              non_negative),
        field("cloudy_frame", &C::cloudy_frame, "sigma", "frames further from the curve are cloudy",
              positive),
        field("cloudy_night", &C::cloudy_night, "",
              "no flat is made when the scatter about the curve is above this part of the photon "
              "noise",
              positive),
        field("min_high_mean", &C::min_high_mean_e, "e-", "flats brighter than this are high",
              non_negative),
        field("max_low_mean", &C::max_low_mean_e, "e-", "flats fainter than this are low",
              non_negative),
        field("min_high_combine", &C::min_high_combine, "", "high flats needed for a master",
              at_least(1)),
        field("min_low_combine", &C::min_low_combine, "", "low flats needed for a low master",
              at_least(1)),
        field("bin_factor", &C::bin_factor, "px", "cells of the large-scale shape", at_least(1)),
        field("filter_size", &C::filter_size, "cells",
              "box of the median that takes stars out of the large-scale shape", at_least(1)),
        field("x_nodes", &C::x_nodes, "", "inner knots along x of the large-scale spline",
              between(0, 64)),
        field("y_nodes", &C::y_nodes, "", "inner knots along y", between(0, 64)),
        field("surface_clip", &C::surface_clip, "sigma", "clipping in the fit of that spline",
              positive),
        field("surface_rounds", &C::surface_rounds, "", "rounds of that at most", non_negative),
        field("reference_clip", &C::reference_clip, "sigma",
              "clipping over the frames in the large-scale reference", positive),
        field("reference_min_frames", &C::reference_min_frames, "",
              "cells of the large-scale reference with fewer frames have no value", at_least(1)),
        field("cloud_filter_size", &C::cloud_filter_size, "cells",
              "box of the median in the cloud test of a corrected frame", at_least(1)),
        field("cloud_area", &C::cloud_area, "", "central part of each axis that is tested",
              fraction),
        field("cloud_deviation", &C::cloud_deviation, "",
              "corrected frames that differ more from the reference are cloudy", positive),
        field("stack_clip_low", &C::stack_clip_low, "sigma", "drop values further below the median",
              positive),
        field("stack_clip_high", &C::stack_clip_high, "sigma",
              "drop values further above the median (stars)", positive),
        field("stack_rounds", &C::stack_rounds, "", "clipping rounds at most", non_negative),
        field("stack_min_frames", &C::stack_min_frames, "",
              "pixels with fewer values left are marked FAULT", at_least(1))};
  }

  /// The clipping of the final stack, for stack_strip().
  StackConfig stack() const {
    return {.clip_low = stack_clip_low,
            .clip_high = stack_clip_high,
            .max_rounds = stack_rounds,
            .min_frames = stack_min_frames};
  }
};

}  // namespace skyweft::calib
