// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>

#include "data/star_catalog.hpp"
#include "steps/frame_work.hpp"
#include "workflows/run_config.hpp"

namespace skyweft::workflows {

/// The Julian year of a Julian date; NaN for NaN.
double year_of(double jd);

/// The catalogue's stars on a solved frame and a little around it, at its time. Throws as
/// choose_stars().
StarCatalog stars_on(const RunConfig& config, const steps::FrameWork& work);

/// What the step `solve` is given for single frames, without an archive: the catalogue around each
/// frame's stated place, and the index of the sky where there is one.
class SkyGivens {
 public:
  /// Opens the index. Throws Error{bad_config} when neither catalogue nor index is named,
  /// Error{bad_input} when one cannot be read.
  explicit SkyGivens(const RunConfig& config);
  ~SkyGivens();
  SkyGivens(const SkyGivens&) = delete;
  SkyGivens& operator=(const SkyGivens&) = delete;

  /// Valid until the next call. Reads the catalogue around the frame's pointing, at its time (2000
  /// when that is unknown).
  steps::FrameGivens for_frame(const FrameInfo& info);

 private:
  struct Parts;
  const RunConfig& config_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace skyweft::workflows
