// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "calib/binned.hpp"
#include "calib/masters.hpp"
#include "calib/overscan.hpp"
#include "calib/sky_flat.hpp"
#include "calib/sky_flat_stamp.hpp"
#include "data/frame_catalog.hpp"
#include "workflows/run_config.hpp"

namespace skyweft::workflows {

/// The masters an input is corrected with before it is stacked, cut to its window.
struct InputMasters {
  calib::MasterView bias;
  calib::MasterView dark;
  calib::MasterView shutter;  ///< of flats
};

/// What one calibration frame says when it is seen whole; small enough to be gathered. A strip of
/// its rows can then be corrected without the rest.
struct InputModel {
  std::vector<calib::OverscanLevel> overscan;  ///< one per amplifier
  double level_adu = 0.0;        ///< median of the central quarter, masters subtracted
  double sigma_adu = 0.0;        ///< robust scatter there
  calib::StampStatistics stamp;  ///< of sky flats
  std::string fault;             ///< why the frame cannot be used; empty when it can

  template <class A>
  void serialize(A& archive, unsigned /*version*/) {
    std::int64_t n = static_cast<std::int64_t>(overscan.size());
    archive& n;
    overscan.resize(static_cast<std::size_t>(n));
    for (auto& o : overscan)
      archive& o.model& o.level_adu& o.variance_adu2& o.median_adu& o.sigma_adu;
    archive& level_adu& sigma_adu& stamp.mean_adu& stamp.variance_adu2& stamp.saturated_fraction;
    archive& stamp.valid_fraction& stamp.n_px& fault;
  }
};

/// One calibration frame read whole: overscan, bias and dark subtracted, straightened, in ADU.
struct WholeInput {
  Grid<float> adu;  ///< [ny][nx]
  Mask mask;
  InputModel model;
};

/// Reads one input and measures what InputModel holds, the surface excepted; the mask holds what is
/// unusable in the frame itself. Collective: no. Throws Error{bad_input} naming the file.
WholeInput read_input(const FrameInfo& info, const InputMasters& masters, const RunConfig& config);

/// Reads rows [first_row, first_row + n_row) of one input into `out` [n_row][nx], corrected as its
/// type asks and divided by its level when it is a flat; NaN where unusable. The file is opened and
/// closed, so any number of inputs can be stacked; checksums were verified by read_input().
/// `surface` is the sky flat's model, or null. Collective: no.
void read_strip(const FrameInfo& info, const InputModel& model, const InputMasters& masters,
                const calib::SmoothSurface* surface, std::int64_t first_row, std::int64_t n_row,
                const RunConfig& config, std::span<float> out);

}  // namespace skyweft::workflows
