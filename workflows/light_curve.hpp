// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/units.hpp"
#include "data/flags.hpp"
#include "data/frame_catalog.hpp"
#include "data/photometry.hpp"
#include "data/star_table.hpp"
#include "io/export_table.hpp"
#include "io/h5.hpp"
#include "io/raw_store.hpp"
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
  double aperture_radius_px = 0.0;  ///< NaN: not known
  std::vector<double> time_bjd_tdb;
  std::vector<double> time_utc_jd;  ///< at the observer
  std::vector<double> exposure_s;
  std::vector<std::int64_t> frame_id;
  std::array<std::vector<float>, 4> mags;  ///< per kStages
  std::vector<float> mag_err;
  std::vector<float> flux_e;
  std::vector<float> flux_err_e;
  std::vector<float> x_px;
  std::vector<float> y_px;
  std::vector<float> bg_e;
  std::vector<float> bg_err_e;
  std::vector<QualityBits> quality;
  std::vector<std::string> group;  ///< observing group (lc/groups.hpp)
  std::vector<std::string> filter;
  std::vector<float> airmass;             ///< of the star
  std::array<std::vector<float>, 3> sdk;  ///< S, D, K at the star; empty when no frame has a map
  std::vector<ExtraColumn> extra;         ///< further columns of the raw photometry
  std::vector<double> zero_point;         ///< of the frames; NaN where unknown

  std::int64_t size() const noexcept { return static_cast<std::int64_t>(time_bjd_tdb.size()); }
  /// Index into kStages of the last stage that was run; 0 when none was.
  std::size_t last_stage() const;
  /// Magnitudes of the last stage that was run.
  const std::vector<float>& best() const { return mags[last_stage()]; }
};

class FrameShapes;

/// Reads light curves out of an archive or a branch of it: of one star, its bytes alone. What is
/// not asked for is not read. Collective: no.
class LightCurveReader {
 public:
  explicit LightCurveReader(const Archive& archive);
  ~LightCurveReader();

  /// The whole of stars.h5, read when first asked for.
  const StarTable& stars() const;
  /// The measured frames, by time.
  const std::vector<FrameRecord>& frames() const noexcept { return frames_; }
  const Archive& archive() const noexcept { return archive_; }
  std::int64_t n_star() const noexcept { return n_star_; }
  std::int64_t n_ap() const noexcept {
    return static_cast<std::int64_t>(aperture_radius_px_.size());
  }

  /// The row of a star id. Throws Error{bad_input} when the archive has no such star.
  std::int64_t row_of(StarId id) const;

  /// The row of the star nearest to `position`. Throws Error{bad_input} when it is further than
  /// `radius`.
  std::int64_t row_near(const SkyPos& position, Angle radius) const;

  /// The light curve of one row; aperture < 0 takes the one chosen by magnitude. Throws
  /// Error{usage} for an aperture that there is not.
  LightCurve read(std::int64_t row, std::int64_t aperture = -1) const;

  /// The same for many rows, which must ascend; stars that lie together on disk are read together.
  void each(std::span<const std::int64_t> rows, std::int64_t aperture,
            const std::function<void(std::int64_t row, const LightCurve& curve)>& visit) const;

 private:
  struct StageFile;
  struct Block;
  LightCurve curve_of(std::int64_t row, std::int64_t aperture, const Block& block) const;
  void add_frames(LightCurve& curve) const;
  std::vector<StageFile> stage_files(std::int64_t i_shard) const;
  const io::RawStore& raw() const;

  Archive archive_;
  io::H5File star_file_;
  std::int64_t n_star_ = 0;
  std::vector<double> aperture_radius_px_;
  std::vector<FrameRecord> frames_;
  std::vector<FrameId> frame_id_;
  std::vector<std::string> group_;          ///< [frame]
  std::unique_ptr<FrameShapes> shapes_;     ///< none when no frame has a map
  mutable std::optional<StarTable> stars_;  ///< once asked for
  mutable std::optional<io::RawStore> raw_;
};

/// The columns of `skyweft lc --format csv`, ecsv and votable. The first 13 are fixed.
io::Table as_table(const LightCurve& curve);

/// Adds the rows of `more` to `table`, which has the same columns.
void append_rows(io::Table& table, const io::Table& more);

/// The same with the star's id as first column, for tables of many stars.
io::Table with_star_id(const LightCurve& curve);

/// The FITS table of science.md 2.4, which lightkurve's generic reader, astropy and TOPCAT open.
io::Table as_fits_table(const LightCurve& curve);

/// VARTOOLS text: time, magnitude, error, image id; points without a magnitude are left out. Of the
/// stage `i_stage` of kStages, or the last that was run.
std::string as_vartools(const LightCurve& curve, std::optional<std::size_t> i_stage = {});

/// The AAVSO's extended file format: UTC, the last stage's magnitudes with the median zero point of
/// the frames added; comparison stars are an ensemble. Throws Error{bad_input} when no frame has a
/// zero point.
std::string as_aavso(const LightCurve& curve, const std::string& star_name,
                     const std::string& observer);

}  // namespace skyweft::workflows
