// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/flags.hpp"

namespace skyweft {

/// A further number that a point may carry, by name.
struct PointExtra {
  std::string_view name;
  std::string_view unit;
  std::string_view meaning;
};

/// The only table of them.
inline constexpr std::array<PointExtra, 14> kPointExtras{{
    {"peak_e", "electron", "brightest pixel of the core above the background"},
    {"coverage", "", "usable share of the largest aperture's area"},
    {"neighbour_light", "", "neighbours' light in the middle aperture over the star's own there"},
    {"psf_chi2", "", "chi squared per degree of freedom of the PSF fit"},
    {"psf_qfit", "", "sum of the PSF fit's absolute residuals over the flux"},
    {"noise_source_e", "electron", "part of the middle aperture's error: photons of the star"},
    {"noise_sky_e", "electron", "part of the middle aperture's error: photons of the sky"},
    {"noise_read_e", "electron", "part of the middle aperture's error: read-out and digitisation"},
    {"noise_dark_e", "electron",
     "part of the middle aperture's error: dark current and its master"},
    {"noise_flat_e", "electron", "part of the middle aperture's error: flat field"},
    {"noise_bias_e", "electron", "part of the middle aperture's error: master bias"},
    {"noise_background_e", "electron", "part of the middle aperture's error: background level"},
    {"noise_scintillation_e", "electron", "part of the middle aperture's error: scintillation"},
    {"noise_total_e", "electron", "error of the middle aperture from these parts"},
}};

/// The entry of that name. Throws Error{bad_config} listing the names there are.
const PointExtra& point_extra(std::string_view name);

/// The names in the table's order, each once: the order in which files and blocks keep them.
/// Throws as point_extra() does.
std::vector<std::string> in_table_order(std::span<const std::string> names);

struct ExtraColumn {
  std::string name;          ///< one of kPointExtras
  std::vector<float> value;  ///< [point]
};

/// What is measured for every (star, frame): columns over points, and over points × apertures.
/// Missing numbers are NaN and `quality` says why. The owner says what order the points have.
struct PointColumns {
  std::vector<float> flux_e;      ///< [point][ap] electrons
  std::vector<float> flux_err_e;  ///< [point][ap]
  std::vector<float> x_px;        ///< [point]
  std::vector<float> y_px;
  std::vector<float> bg_e;           ///< [point] background per pixel
  std::vector<float> bg_err_e;       ///< [point] error of bg_e
  std::vector<QualityBits> quality;  ///< [point]
  std::vector<ExtraColumn> extra{};  ///< those the user asked for, in the order of kPointExtras

  /// All missing; `extra` are names of kPointExtras.
  void resize(std::int64_t n_point, std::int64_t n_ap, std::span<const std::string> extra = {});
  std::vector<std::string> extra_names() const;
  /// Makes these extra columns, all missing; others go. Throws as point_extra() does.
  void keep(std::span<const std::string> names);
  bool operator==(const PointColumns&) const;  ///< bit for bit, so NaN equals NaN
};

/// One frame over all stars: rows in StarCatalog order.
struct FramePhotometry {
  std::int64_t n_star = 0;
  std::int64_t n_ap = 0;
  PointColumns points;  ///< [star], [star][ap]
  bool operator==(const FramePhotometry&) const = default;
};

/// Frame-major: point (frame, star) is row frame·n_star + star.
struct FrameBlock {
  std::int64_t n_frame = 0;
  std::int64_t n_star = 0;
  std::int64_t n_ap = 0;
  PointColumns points;
  bool operator==(const FrameBlock&) const = default;
};

/// Star-major: point (star, frame) is row star·n_frame + frame. A different type from
/// FrameBlock, so the wrong layout does not compile.
struct StarBlock {
  std::int64_t n_star = 0;
  std::int64_t n_frame = 0;
  std::int64_t n_ap = 0;
  PointColumns points;
  bool operator==(const StarBlock&) const = default;
};

FrameBlock make_frame_block(std::int64_t n_frame, std::int64_t n_star, std::int64_t n_ap,
                            std::span<const std::string> extra = {});
StarBlock make_star_block(std::int64_t n_star, std::int64_t n_frame, std::int64_t n_ap,
                          std::span<const std::string> extra = {});

/// Copies one frame's rows into `block` at `i_frame`; shapes must agree.
void put_frame(FrameBlock& block, std::int64_t i_frame, const FramePhotometry& frame);

}  // namespace skyweft
