// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <tuple>

#include "core/fields.hpp"
#include "core/grid.hpp"
#include "data/frame.hpp"

namespace skyweft::detect {

struct BackgroundConfig {
  int mesh_px = 64;
  double clip_sigma = 3.0;
  int max_rounds = 20;
  int filter_px = 3;
  bool filter_small_mesh = false;
  double min_box_fraction = 0.25;
  std::string interpolation = "bicubic";

  static constexpr auto fields() {
    using C = BackgroundConfig;
    return std::tuple{
        field("mesh_px", &C::mesh_px, "px", "side of a background box", at_least(4)),
        field("clip_sigma", &C::clip_sigma, "sigma",
              "drop pixels further than this from the median", between(1.0, 6.0)),
        field("max_rounds", &C::max_rounds, "", "clipping rounds at most", at_least(1)),
        field("filter_px", &C::filter_px, "boxes",
              "side of the median filter of the mesh; 1 is none", at_least(1)),
        field("filter_small_mesh", &C::filter_small_mesh, "",
              "filter also a mesh of fewer than 5 x 5 boxes"),
        field("min_box_fraction", &C::min_box_fraction, "",
              "a box with a smaller share of usable pixels is filled from its neighbours",
              fraction),
        field("interpolation", &C::interpolation, "", "from the mesh to the pixels",
              one_of("bicubic|bilinear"))};
  }
};

/// The sky under the stars, per pixel.
struct Background {
  Grid<float> level_e;          ///< [ny][nx]
  Grid<float> rms_e;            ///< [ny][nx] scatter of one pixel
  double median_level_e = 0.0;  ///< of the mesh
  double median_rms_e = 0.0;
};

/// Estimates level and scatter of the sky in boxes and interpolates them to every pixel.
///
/// Boxes are equal parts of the frame close to mesh_px. In a box the unusable and non-finite
/// pixels are left out, the rest is clipped about the median until nothing changes; the level is
/// the mean when clipping changed sigma by less than 20 %, else 2.5 median - 1.5 mean, or the
/// median when these are more than 0.3 sigma apart (Bertin & Arnouts 1996; science.md 3.6).
/// Medians, means and sigmas come from histograms with bins of 0.01 sigma. Boxes without enough
/// pixels are filled from their neighbours. Natural splines between box centres, straight beyond
/// them; rms_e is kept above half of the mesh's least value. Collective: no. Throws
/// Error{bad_input} when the frame is empty, its mask has another shape, or no box has enough
/// pixels ("background_boxes").
Background estimate_background(const Frame& frame, const BackgroundConfig& config = {});

/// The same into the maps of an earlier frame, whose memory is used again where the shape is the
/// same: getting fresh memory for two maps may take longer than all the rest. On Error `out` is
/// unchanged.
void estimate_background_into(Background& out, const Frame& frame,
                              const BackgroundConfig& config = {});

}  // namespace skyweft::detect
