// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include "workflows/light_curve.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>
#include <unordered_map>

#include <fmt/format.h>

#include "core/error.hpp"
#include "io/config_file.hpp"
#include "io/shard.hpp"
#include "io/tables.hpp"
#include "lc/groups.hpp"
#include "lc/magnitudes.hpp"
#include "sky/projection.hpp"
#include "sky/time.hpp"
#include "workflows/light_curve_shapes.hpp"

namespace skyweft::workflows {

/// One file of a stage, open, and where its frames are in ours.
struct LightCurveReader::StageFile {
  std::size_t i_stage = 0;
  io::H5File file;
  std::vector<std::int64_t> place;  ///< [frame of the file] in ours, -1: none; empty: the same
  std::int64_t n_frame = 0;
};

/// Some stars' points: [star][frame of ours][ap] and [star][frame].
struct LightCurveReader::Block {
  std::int64_t first_row = 0;
  StarBlock raw;
  std::array<std::vector<float>, 4> mag;  ///< per kStages; empty: not run
  std::vector<QualityBits> quality;       ///< of all stages but raw
};

namespace {

const std::filesystem::path& existing(const std::filesystem::path& path, const Archive& archive) {
  require_archive(archive);
  if (!std::filesystem::exists(path))
    throw Error{
        Errc::bad_input,
        fmt::format("{} has no light curves yet; `skyweft status {}` says how far the run is",
                    archive.root().string(), archive.root().string())};
  return path;
}

/// One aperture of a star: [frame] out of [star][frame][ap].
std::vector<float> aperture_of(const std::vector<float>& values, std::int64_t star,
                               std::int64_t n_frame, std::int64_t n_ap, std::int64_t aperture) {
  std::vector<float> out(static_cast<std::size_t>(n_frame));
  for (std::int64_t f = 0; f < n_frame; ++f)
    out[static_cast<std::size_t>(f)] =
        values[static_cast<std::size_t>((star * n_frame + f) * n_ap + aperture)];
  return out;
}

template <class T>
std::vector<T> row_of_star(const std::vector<T>& values, std::int64_t star, std::int64_t n_frame) {
  const auto first = values.begin() + star * n_frame;
  return {first, first + n_frame};
}

/// How the archive's run grouped its frames; only this section of its configuration is looked at.
lc::GroupConfig group_config(const Archive& archive) {
  lc::GroupConfig config;
  std::set<std::string, std::less<>> unused;
  read_section(io::read_config(archive.config()), "groups", config, unused);
  return config;
}

}  // namespace

std::size_t LightCurve::last_stage() const {
  for (std::size_t s = mags.size(); s-- > 1;)
    if (std::ranges::any_of(mags[s], [](float v) { return std::isfinite(v); })) return s;
  return 0;
}

LightCurveReader::LightCurveReader(const Archive& archive)
    : archive_(archive), star_file_(io::H5File::open(existing(archive.star_table(), archive))) {
  aperture_radius_px_ = star_file_.read(io::star_column::kRadius);
  n_star_ = star_file_.shape_of(io::star_column::kId).front();
  for (auto& record : io::read_frames_table(archive.frames_table()))
    if (record.state == FrameState::measured) frames_.push_back(std::move(record));
  for (const FrameRecord& record : frames_) frame_id_.push_back(record.id);
  const lc::FrameGroups groups = lc::group_frames(frames_, group_config(archive));
  for (const std::int32_t g : groups.of_frame)
    group_.push_back(groups.names[static_cast<std::size_t>(g)]);
  if (FrameShapes::any(frames_)) shapes_ = std::make_unique<FrameShapes>(frames_);
}

LightCurveReader::~LightCurveReader() = default;

const StarTable& LightCurveReader::stars() const {
  if (!stars_) stars_ = io::read_star_table_h5(archive_.star_table());
  return *stars_;
}

const io::RawStore& LightCurveReader::raw() const {
  if (!raw_) raw_.emplace(archive_.raw_blocks(), frame_id_);
  return *raw_;
}

std::int64_t LightCurveReader::row_of(StarId id) const {
  const std::vector<StarId> ids = star_file_.read(io::star_column::kId);
  const auto it = std::ranges::lower_bound(ids, id);
  if (it == ids.end() || *it != id)
    throw Error{
        Errc::bad_input,
        fmt::format("{} has no star {}; `skyweft export stars` lists them, --position RA,DEC "
                    "finds the nearest",
                    archive_.root().string(), id)};
  return it - ids.begin();
}

std::int64_t LightCurveReader::row_near(const SkyPos& position, Angle radius) const {
  const std::vector<double> ra_deg = star_file_.read(io::star_column::kRa);
  const std::vector<double> dec_deg = star_file_.read(io::star_column::kDec);
  std::int64_t best = -1;
  Angle least = Angle::from_deg(360.0);
  for (std::size_t k = 0; k < ra_deg.size(); ++k) {
    const Angle away =
        sky::separation(position, {Angle::from_deg(ra_deg[k]), Angle::from_deg(dec_deg[k])});
    if (away < least) {
      least = away;
      best = static_cast<std::int64_t>(k);
    }
  }
  if (best < 0 || least > radius)
    throw Error{
        Errc::bad_input,
        fmt::format("no star of the archive lies within {:.1f} arcsec of RA {:.5f} Dec "
                    "{:.5f}; the nearest is {:.1f} arcsec away",
                    radius.arcsec(), position.ra.deg(), position.dec.deg(), least.arcsec())};
  return best;
}

std::vector<LightCurveReader::StageFile> LightCurveReader::stage_files(std::int64_t i_shard) const {
  std::vector<StageFile> out;
  for (std::size_t s = 1; s < kStages.size(); ++s) {
    const auto path = archive_.shard(kStages[s], i_shard);
    if (!std::filesystem::exists(path)) continue;
    StageFile stage{.i_stage = s, .file = io::H5File::open(path), .place = {}, .n_frame = 0};
    const std::vector<FrameId> ids = stage.file.read(io::shard_column::kFrameId);
    stage.n_frame = std::ssize(ids);
    if (ids != frame_id_) {  // a run was interrupted, or is under way
      std::unordered_map<FrameId, std::int64_t> place_of;
      for (std::size_t f = 0; f < frame_id_.size(); ++f)
        place_of.emplace(frame_id_[f], static_cast<std::int64_t>(f));
      for (const FrameId id : ids) {
        const auto at = place_of.find(id);
        stage.place.push_back(at == place_of.end() ? -1 : at->second);
      }
    }
    out.push_back(std::move(stage));
  }
  return out;
}

void LightCurveReader::add_frames(LightCurve& out) const {
  for (std::size_t f = 0; f < frames_.size(); ++f) {
    const FrameRecord& record = frames_[f];
    sky::FrameTime time;
    time.tdb_jd = record.time_tdb_mid_jd;
    std::ranges::copy(record.observer_bary_ls, time.observer_bary_ls.begin());
    std::ranges::copy(record.zenith, time.zenith.begin());
    out.time_bjd_tdb.push_back(sky::bjd_tdb(time, out.position));
    out.time_utc_jd.push_back(record.time_utc_mid_jd);
    out.exposure_s.push_back(record.exposure_s);
    const double airmass =
        std::isfinite(record.zenith[0]) ? sky::airmass(time, out.position) : record.airmass;
    out.airmass.push_back(static_cast<float>(airmass));
    out.filter.push_back(record.filter);
    out.zero_point.push_back(record.zero_point);
  }
  out.frame_id = frame_id_;
  out.group = group_;
  if (shapes_) out.sdk = shapes_->along(out.x_px, out.y_px);
}

LightCurve LightCurveReader::curve_of(std::int64_t row, std::int64_t aperture,
                                      const Block& block) const {
  const auto one = [&](const auto& column) { return star_file_.read_rows(column, row, 1).front(); };
  LightCurve out;
  out.star_id = one(io::star_column::kId);
  out.position = {Angle::from_deg(one(io::star_column::kRa)),
                  Angle::from_deg(one(io::star_column::kDec))};
  out.mag = static_cast<double>(one(io::star_column::kMag));
  out.colour = static_cast<double>(one(io::star_column::kColour));
  out.aperture = aperture < 0 ? one(io::star_column::kAperture) : aperture;
  if (out.aperture >= n_ap())
    throw Error{Errc::usage, fmt::format("aperture {} does not exist; this archive has 0 to {}",
                                         aperture, n_ap() - 1)};
  out.aperture_radius_px = aperture_radius_px_[static_cast<std::size_t>(out.aperture)];
  const std::int64_t star = row - block.first_row;
  const std::int64_t n = block.raw.n_frame;
  const PointColumns& points = block.raw.points;
  out.flux_e = aperture_of(points.flux_e, star, n, n_ap(), out.aperture);
  out.flux_err_e = aperture_of(points.flux_err_e, star, n, n_ap(), out.aperture);
  out.x_px = row_of_star(points.x_px, star, n);
  out.y_px = row_of_star(points.y_px, star, n);
  out.bg_e = row_of_star(points.bg_e, star, n);
  out.bg_err_e = row_of_star(points.bg_err_e, star, n);
  out.quality = row_of_star(points.quality, star, n);
  for (const ExtraColumn& e : points.extra)
    out.extra.push_back({e.name, row_of_star(e.value, star, n)});
  add_frames(out);
  for (std::size_t f = 0; f < static_cast<std::size_t>(n); ++f) {
    const auto flux = static_cast<double>(out.flux_e[f]);
    out.mags[0].push_back(lc::instrumental_mag(flux, out.exposure_s[f]));
    out.mag_err.push_back(lc::instrumental_mag_err(flux, static_cast<double>(out.flux_err_e[f])));
    out.quality[f] |= block.quality[static_cast<std::size_t>(star * n) + f];
  }
  for (std::size_t s = 1; s < kStages.size(); ++s)
    out.mags[s] = block.mag[s].empty() ? std::vector<float>(static_cast<std::size_t>(n), kNaNf)
                                       : aperture_of(block.mag[s], star, n, n_ap(), out.aperture);
  return out;
}

LightCurve LightCurveReader::read(std::int64_t row, std::int64_t aperture) const {
  LightCurve out;
  each(std::span{&row, 1}, aperture, [&](std::int64_t, const LightCurve& curve) { out = curve; });
  return out;
}

void LightCurveReader::each(
    std::span<const std::int64_t> rows, std::int64_t aperture,
    const std::function<void(std::int64_t, const LightCurve&)>& visit) const {
  const std::int64_t n_frame = std::ssize(frame_id_);
  std::int64_t i_shard = -1;
  std::vector<StageFile> stages;
  for (std::size_t i = 0; i < rows.size();) {
    std::size_t end = i + 1;  // the rows in the same chunks
    while (end < rows.size() && rows[end] / io::kChunkStars == rows[i] / io::kChunkStars) ++end;
    if (rows[i] / io::kShardStars != i_shard) {
      i_shard = rows[i] / io::kShardStars;
      stages = stage_files(i_shard);
    }
    const std::int64_t n = rows[end - 1] - rows[i] + 1;
    Block block{.first_row = rows[i], .raw = raw().read(rows[i], n), .mag = {}, .quality = {}};
    block.quality.assign(static_cast<std::size_t>(n * n_frame), 0);
    for (const StageFile& stage : stages) {
      const std::string_view name = kStages[stage.i_stage];
      const std::int64_t at = rows[i] % io::kShardStars;
      auto mag = stage.file.read_rows(io::stage_column::kMag, at, n, name);
      const auto quality = stage.file.read_rows(io::stage_column::kQuality, at, n, name);
      auto& to = block.mag[stage.i_stage];
      if (!stage.place.empty()) to.assign(static_cast<std::size_t>(n * n_frame * n_ap()), kNaNf);
      for (std::int64_t s = 0; s < n; ++s)
        for (std::int64_t f = 0; f < stage.n_frame; ++f) {
          const std::int64_t place =
              stage.place.empty() ? f : stage.place[static_cast<std::size_t>(f)];
          if (place < 0) continue;
          block.quality[static_cast<std::size_t>(s * n_frame + place)] |=
              quality[static_cast<std::size_t>(s * stage.n_frame + f)];
          if (!stage.place.empty())
            std::copy_n(mag.begin() + (s * stage.n_frame + f) * n_ap(), n_ap(),
                        to.begin() + (s * n_frame + place) * n_ap());
        }
      if (stage.place.empty()) to = std::move(mag);
    }
    for (; i < end; ++i) visit(rows[i], curve_of(rows[i], aperture, block));
  }
}

}  // namespace skyweft::workflows
