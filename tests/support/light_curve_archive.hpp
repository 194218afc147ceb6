// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "io/files.hpp"
#include "io/journal.hpp"
#include "io/tables.hpp"
#include "support/io_store.hpp"
#include "workflows/archive.hpp"

namespace skyweft::support {

/// What a finished run leaves of light curves, small enough to know every number.
///
/// 40 stars, two apertures, frames 100 to 105 of which 102 was rejected. Star k: id 10 (k + 1), RA
/// 10 + 0.01 k, Dec 0, mag 10 + k, aperture k % 2. Flux 1000 (k + 1) + 10 f + a in 10 s, f the
/// frame; magnitude after magnitude fitting k + 0.1 f + 0.01 a. The stage's file has the frames
/// backwards and lacks frame 105; EPD and TFA were not run. Frame 100 has a map of S, D, K: S = 1 +
/// 2 u, D = 0.5, K = v over 101 x 201 pixels; star k lies at x = k, y = 2 k.
class LightCurveArchive {
 public:
  static constexpr std::int64_t kStars = 40;
  static constexpr std::int64_t kVariable = 5;

  explicit LightCurveArchive(const std::string& name) : folder_(name) {
    const workflows::Archive archive{folder_.path()};
    archive.make_folders();
    io::write_text_file(archive.config(),
                        "[target.mine]\nra_deg = 10.03\ndec_deg = 0.0\n[groups]\nby = "
                        "[\"camera\", \"filter\"]\n");
    write_frames(archive);
    write_stars(archive);
    write_raw(archive, "one", {100, 101});
    write_raw(archive, "two", {105, 103, 104});
    write_magfit(archive);
  }

  const std::filesystem::path& root() const { return folder_.path(); }

  static float flux(std::int64_t star, std::int64_t frame, std::int64_t aperture) {
    return static_cast<float>(1000 * (star + 1) + 10 * (frame - 100) + aperture);
  }
  static float magfit(std::int64_t star, std::int64_t frame, std::int64_t aperture) {
    return static_cast<float>(static_cast<double>(star) + 0.1 * static_cast<double>(frame - 100) +
                              0.01 * static_cast<double>(aperture));
  }

 private:
  static StarCatalog stars() {
    StarCatalog s;
    for (std::int64_t k = 0; k < kStars; ++k) {
      s.id.push_back(10 * (k + 1));
      s.ra_deg.push_back(10.0 + 0.01 * static_cast<double>(k));
      s.dec_deg.push_back(0.0);
      s.pm_ra_mas_yr.push_back(0.0);
      s.pm_dec_mas_yr.push_back(0.0);
      s.mag.push_back(static_cast<float>(10 + k));
      s.colour.push_back(0.5F);
    }
    return s;
  }

  static void write_frames(const workflows::Archive& archive) {
    std::vector<FrameRecord> records;
    for (std::int64_t id = 100; id < 106; ++id) {
      FrameRecord r;
      r.id = id;
      r.file = fmt::format("f{}.fits", id);
      r.state = id == 102 ? FrameState::rejected : FrameState::measured;
      r.time_utc_mid_jd = 2457000.0 + 0.01 * static_cast<double>(id - 100);
      r.time_tdb_mid_jd = r.time_utc_mid_jd + 67.184 / 86400.0;
      r.observer_bary_ls[0] = r.observer_bary_ls[1] = r.observer_bary_ls[2] = 0.0;
      r.exposure_s = 10.0;
      r.camera = "main";
      r.filter = id < 104 ? "V" : "R";
      r.airmass = 1.5;
      r.zero_point = 0.25;
      if (id == 100) {
        // A pixel of 0.001 deg; the middle of 101 x 201 pixels is (50, 100).
        r.wcs.order = 1;
        r.wcs.centre = {Angle::from_deg(10.0), Angle::from_deg(0.0)};
        r.wcs.cx = {50.0, 1000.0, 0.0};
        r.wcs.cy = {100.0, 0.0, 1000.0};
        r.ra_deg = 10.0;
        r.dec_deg = 0.0;
        r.sdk.kind = PsfKind::gaussian;
        r.sdk.terms = "O1{u,v}";
        r.sdk.coefficient = {1.0, 0.5, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0, 1.0};
      }
      records.push_back(std::move(r));
    }
    io::write_frames_table(archive.frames_table(), records, test_stamp());
    io::Journal{archive.journal()}.append(
        io::journal_entry_for(archive.root(), "frames", "frames.h5", "digest"));
  }

  static void write_stars(const workflows::Archive& archive) {
    StarTable table;
    table.stars = stars();
    table.aperture_radius_px = {2.0, 3.0};
    for (std::int64_t k = 0; k < kStars; ++k) {
      table.n_points.push_back(5);
      table.aperture.push_back(static_cast<std::int32_t>(k % 2));
      table.expected_loss.push_back(kNaNf);
      for (int a = 0; a < 2; ++a) {
        table.median_mag.push_back(15.0F);
        for (auto& stage : table.scatter) stage.push_back(k == kVariable ? 0.04F : 0.01F);
        table.noise_model.push_back(0.01F);
      }
    }
    io::write_star_table_h5(archive.star_table(), table, test_stamp());
  }

  static void write_head(io::H5File& file, const std::vector<FrameId>& frames) {
    io::detail::write_stars(file, stars(), {2.0, 3.0});
    file.write_scale(io::shard_column::kFrameId, frames);
    file.write_one(io::shard_column::kFirstStar, std::int64_t{0});
  }

  static void write_raw(const workflows::Archive& archive, const std::string& name,
                        const std::vector<FrameId>& frames) {
    namespace c = io::raw_column;
    const auto path = archive.raw_block(name);
    io::H5File file = io::H5File::create(path, test_stamp());
    write_head(file, frames);
    const auto n = static_cast<std::int64_t>(frames.size());
    std::vector<float> fluxes;
    std::vector<float> errors;
    std::vector<float> x;
    std::vector<float> y;
    std::vector<QualityBits> quality;
    for (std::int64_t k = 0; k < kStars; ++k)
      for (const FrameId f : frames) {
        for (std::int64_t a = 0; a < 2; ++a) {
          fluxes.push_back(flux(k, f, a));
          errors.push_back(10.0F);
        }
        x.push_back(static_cast<float>(k));
        y.push_back(static_cast<float>(2 * k));
        quality.push_back(f == 101 ? quality::edge : 0);
      }
    file.write(c::kFlux, {kStars, n, 2}, fluxes, io::kRawGroup);
    file.write(c::kFluxErr, {kStars, n, 2}, errors, io::kRawGroup);
    file.write(c::kX, {kStars, n}, x, io::kRawGroup);
    file.write(c::kY, {kStars, n}, y, io::kRawGroup);
    file.write(c::kBg, {kStars, n}, x, io::kRawGroup);
    file.write(c::kBgErr, {kStars, n}, y, io::kRawGroup);
    file.write(c::kQuality, {kStars, n}, quality, io::kRawGroup);
    file.close();
    io::Journal{archive.journal()}.append(io::journal_entry_for(
        archive.root(), "raw:" + name, path.lexically_relative(archive.root()), "digest"));
  }

  static void write_magfit(const workflows::Archive& archive) {
    namespace c = io::stage_column;
    const std::vector<FrameId> frames{104, 103, 101, 100};
    io::H5File file = io::H5File::create(archive.shard("magfit", 0), test_stamp());
    write_head(file, frames);
    std::vector<float> mag;
    std::vector<QualityBits> quality;
    for (std::int64_t k = 0; k < kStars; ++k)
      for (const FrameId f : frames) {
        for (std::int64_t a = 0; a < 2; ++a) mag.push_back(magfit(k, f, a));
        quality.push_back(f == 101 ? quality::magfit_extrapolated : 0);
      }
    file.write(c::kMag, {kStars, 4, 2}, mag, "magfit");
    file.write(c::kQuality, {kStars, 4}, quality, "magfit");
    file.close();
  }

  ScratchFolder folder_;
};

}  // namespace skyweft::support
