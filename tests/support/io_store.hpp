// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

// Small records, segments and shards with every member set, for the tests of the stores.

#include <filesystem>
#include <string>
#include <vector>

#include <unistd.h>

#include "data/frame_catalog.hpp"
#include "data/photometry.hpp"
#include "io/schema.hpp"
#include "io/shard.hpp"

namespace skyweft::support {

/// A new empty folder that disappears with the object.
class ScratchFolder {
 public:
  explicit ScratchFolder(const std::string& name)
      : path_(std::filesystem::temp_directory_path() / (name + "." + std::to_string(::getpid()))) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline io::ProductStamp test_stamp() {
  return {.software_version = "0.1.0", .config_digest = "c0ffee", .run_name = "test"};
}

/// A measured record whose numbers all differ; odd ones are rejected and unsolved.
inline FrameRecord test_record(int i) {
  FrameRecord r;
  r.id = 1000 + i;
  r.file = "frame-" + std::to_string(i) + ".fits";
  if (i % 2 == 1) {
    r.state = FrameState::rejected;
    r.stage = "solve";
    r.reason = "3 stars matched, 6 needed \u2013 clouds?";
    r.test = "n_matched";
    r.measured = 3;
    r.threshold = 6;
    return r;
  }
  r.state = FrameState::measured;
  double next = 1.0 / 3.0 + i;
  for (double* v : {&r.time_utc_mid_jd,
                    &r.time_tdb_mid_jd,
                    &r.exposure_s,
                    &r.observer_bary_ls[0],
                    &r.observer_bary_ls[1],
                    &r.observer_bary_ls[2],
                    &r.zenith[0],
                    &r.zenith[1],
                    &r.zenith[2],
                    &r.airmass,
                    &r.hour_angle_deg,
                    &r.ra_deg,
                    &r.dec_deg,
                    &r.scale_arcsec_px,
                    &r.rotation_deg,
                    &r.wcs_rms_px,
                    &r.fwhm_px,
                    &r.elongation,
                    &r.bg_e,
                    &r.bg_rms_e,
                    &r.zero_point,
                    &r.wcs.unit_deg})
    *v = next += 0.1;
  r.n_sources = 321 + i;
  r.n_matched = 300 + i;
  r.wcs.centre = {Angle::from_deg(83.1 + i), Angle::from_deg(-5.3)};
  r.wcs.order = 1 + i / 2;
  for (int k = 0; k < (r.wcs.order + 1) * (r.wcs.order + 2) / 2; ++k) {
    r.wcs.cx.push_back(0.7 * k + i);
    r.wcs.cy.push_back(-1.3 * k + i);
  }
  return r;
}

/// Fills every column with values that tell (point, ap) apart; some are NaN.
inline void fill_points(PointColumns& p, std::int64_t first_value) {
  auto value = static_cast<float>(first_value);
  for (auto* column : {&p.flux_e, &p.flux_err_e, &p.x_px, &p.y_px, &p.bg_e, &p.bg_err_e})
    for (float& v : *column) v = (value += 0.25f);
  if (!p.flux_e.empty()) p.flux_e.front() = kNaNf;
  for (std::size_t i = 0; i < p.quality.size(); ++i)
    p.quality[i] = static_cast<QualityBits>(first_value) + static_cast<QualityBits>(i);
}

inline StarCatalog test_stars(std::int64_t n, std::int64_t first = 0) {
  StarCatalog stars;
  stars.epoch_yr = 2016.0;
  for (std::int64_t i = first; i < first + n; ++i) {
    const auto v = static_cast<double>(i);
    stars.id.push_back(4000000000000000001 + i);  // more digits than a double holds
    stars.ra_deg.push_back(83.0 + v / 7);
    stars.dec_deg.push_back(-5.0 + v / 9);
    stars.pm_ra_mas_yr.push_back(v);
    stars.pm_dec_mas_yr.push_back(-v);
    stars.mag.push_back(static_cast<float>(9 + v / 3));
    stars.colour.push_back(static_cast<float>(v / 11));
  }
  return stars;
}

inline io::ShardHeader test_shard_header(std::int64_t n_star, std::int64_t n_frame,
                                         std::int64_t n_ap, std::int64_t first_star = 0) {
  io::ShardHeader header;
  header.shape = {.first_star = first_star, .n_star = n_star, .n_frame = n_frame, .n_ap = n_ap};
  header.stars = test_stars(n_star, first_star);
  for (std::int64_t i = 0; i < n_frame; ++i) {
    header.frame_id.push_back(77 + i);
    header.time_utc_mid_jd.push_back(2460000.5 + static_cast<double>(i) / 1440);
  }
  for (std::int64_t i = 0; i < n_ap; ++i)
    header.aperture_radius_px.push_back(1.5 + static_cast<double>(i));
  return header;
}

}  // namespace skyweft::support
