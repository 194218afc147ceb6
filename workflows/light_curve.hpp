// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/units.hpp"
#include "data/flags.hpp"
#include "data/frame_catalog.hpp"
#include "data/star_table.hpp"
#include "io/export_table.hpp"
#include "workflows/archive.hpp"

namespace skyweft::workflows {

/// One star over all frames in one aperture, all stages; columns [frame]. Stages that were not run
/// are NaN throughout.
struct LightCurve {
  StarId star_id = 0;
  SkyPos position;
  double mag = kNaN;
  double colour = kNaN;
  std::int64_t aperture = 0;
  double aperture_radius_px = 0.0;
  std::vector<double> time_bjd_tdb;
  std::vector<double> exposure_s;
  std::vector<std::int64_t> frame_id;
  std::array<std::vector<float>, 4> mags;  ///< per kStages
  std::vector<float> mag_err;
  std::vector<float> flux_e;
  std::vector<float> flux_err_e;
  std::vector<float> x_px;
  std::vector<float> y_px;
  std::vector<float> bg_e;
  std::vector<QualityBits> quality;

  std::int64_t size() const noexcept { return static_cast<std::int64_t>(time_bjd_tdb.size()); }
  /// Magnitudes of the last stage that was run.
  const std::vector<float>& best() const;
};

/// Reads light curves out of an archive; opens each file once.
class LightCurveReader {
 public:
  explicit LightCurveReader(const Archive& archive);

  const StarTable& stars() const noexcept { return stars_; }
  const std::vector<FrameRecord>& frames() const noexcept {
    return frames_;
  }  ///< measured ones, by time

  /// The row of a star id. Throws Error{bad_input} when the archive has no such star.
  std::int64_t row_of(StarId id) const;

  /// The row of the star nearest to `position`. Throws Error{bad_input} when it is further than
  /// `radius`.
  std::int64_t row_near(const SkyPos& position, Angle radius) const;

  /// The light curve of one row; aperture < 0 takes the one chosen by magnitude.
  LightCurve read(std::int64_t row, std::int64_t aperture = -1) const;

 private:
  Archive archive_;
  StarTable stars_;
  std::vector<FrameRecord> frames_;
};

/// The columns of `skyweft lc --format csv` and ecsv.
io::Table as_table(const LightCurve& curve);

/// The FITS table of science.md 2.4, which lightkurve's generic reader, astropy and TOPCAT open.
io::Table as_fits_table(const LightCurve& curve);

/// VARTOOLS text: time, magnitude, error, image id.
std::string as_vartools(const LightCurve& curve);

}  // namespace skyweft::workflows
