// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "io/segments.hpp"
#include "lc/magfit.hpp"
#include "workflows/stages/fit_variables.hpp"
#include "workflows/stages/shape_variables.hpp"
#include "workflows/stages/stages.hpp"

namespace skyweft::workflows {

using FitsOfFrames = std::vector<std::vector<lc::FrameFit>>;      // [ap][frame]
using GroupReferences = std::vector<std::vector<lc::Reference>>;  // [group][ap]

/// What the passes of magnitude fitting share.
struct MagfitInputs {
  const RunContext& run;
  const RunState& state;
  FitVariables variables;
  lc::MagfitModel model;
  bool names_bg = false;
  std::optional<ShapeVariables> shapes;  ///< only when terms name them

  MagfitInputs(const RunContext& run, const RunState& state);
  std::int64_t n_ap() const { return static_cast<std::int64_t>(state.aperture_radius_px.size()); }
  std::int64_t n_frame() const { return static_cast<std::int64_t>(state.measured.size()); }
  const FrameRecord& record(std::int64_t position) const {
    return state
        .records[static_cast<std::size_t>(state.measured[static_cast<std::size_t>(position)])];
  }
};

/// One frame over all stars as magnitudes, in all apertures.
struct FrameMagnitudes {
  std::vector<std::vector<float>> mag;  ///< [ap][star]
  std::vector<std::vector<float>> mag_err;
  std::vector<float> x_px;
  std::vector<float> y_px;
  std::vector<double> bg_e;
  std::vector<QualityBits> quality;

  FrameMagnitudes(const io::Segment& segment, std::int64_t row, double exposure_s);
  FrameSlice slice(std::size_t aperture) const {
    return {.mag = mag[aperture],
            .mag_err = mag_err[aperture],
            .x_px = x_px,
            .y_px = y_px,
            .quality = quality};
  }
};

/// The variables of one frame over all stars; owns those of the points.
class FrameColumns {
 public:
  FrameColumns(const MagfitInputs& inputs, std::int64_t position, std::span<const float> x_px,
               std::span<const float> y_px, std::span<const double> bg_e);
  FrameColumns(const FrameColumns&) = delete;
  FrameColumns& operator=(const FrameColumns&) = delete;
  const lc::NamedColumns& columns() const noexcept { return columns_; }

 private:
  std::array<std::vector<double>, 3> shape_;
  lc::NamedColumns columns_;
};

/// The frame that fixes a group's gauge: reference magnitudes and frame corrections share the
/// freedom of the fit terms, and the corrections of this frame are zero. Every rank reads it.
class ReferenceFrame {
 public:
  ReferenceFrame(const MagfitInputs& inputs, std::int64_t position);

  std::int64_t position() const noexcept { return position_; }
  lc::Reference first_reference(std::size_t aperture) const;
  /// Takes out of `reference` what a correction of this frame could explain: afterwards this
  /// frame's fit is zero. Stars outside this frame are moved by the same polynomial.
  void fix_gauge(lc::Reference& reference, std::size_t aperture) const;

 private:
  const MagfitInputs& inputs_;
  std::int64_t position_;
  FrameMagnitudes frame_;
  std::vector<float> x_px_;  // of all stars, also of those not measured
  std::vector<float> y_px_;
};

/// Fits this rank's frames of the groups that are `active`; their fits, in frame order, take the
/// place of those in `fits` on all ranks. Collective.
void fit_frames(const MagfitInputs& inputs, const GroupReferences& references,
                std::span<const std::uint8_t> active, FitsOfFrames& fits);

}  // namespace skyweft::workflows
