// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "workflows/stages/scan_file.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "core/robust.hpp"
#include "io/camera_keys.hpp"
#include "io/digest.hpp"
#include "io/fits.hpp"
#include "sky/leap_seconds.hpp"
#include "sky/projection.hpp"

namespace skyweft::workflows {
namespace {

/// The headers' text and the file's size: what tells one exposure from another without reading
/// pixels.
std::string digest_of_headers(const std::vector<io::Header>& headers, const std::string& path) {
  io::Digester digester;
  const auto add = [&](const std::string& text) { digester.add(std::as_bytes(std::span{text})); };
  for (const io::Header& header : headers)
    for (const io::HeaderCard& card : header.cards()) add(card.key + "=" + card.value + "\n");
  add(fmt::format("{}\n{}", std::filesystem::path{path}.filename().string(),
                  std::filesystem::file_size(path)));
  return digester.hex();
}

/// `text` with the file named without its folder: an archive may be moved with its frames.
std::string without_folder(std::string text, const std::string& path) {
  const std::string folder = std::filesystem::path{path}.parent_path().string() + "/";
  for (std::size_t at = text.find(folder); at != std::string::npos; at = text.find(folder, at))
    text.erase(at, folder.size());
  return text;
}

void reject(ScannedFrame& frame, std::string test, double measured, double threshold,
            std::string reason) {
  if (!frame.reason.empty()) return;
  frame.test = std::move(test);
  frame.measured = measured;
  frame.threshold = threshold;
  frame.reason = std::move(reason);
}

}  // namespace

std::vector<io::Camera> cameras_of(const RunConfig& config) {
  std::vector<io::Camera> cameras;
  std::int64_t first_index = 0;
  for (const auto& [name, camera] : config.cameras) {
    cameras.emplace_back(name, camera, first_index);
    first_index += cameras.back().n_index();
  }
  return cameras;
}

std::string label_of(const FrameInfo& info) {
  std::string label = std::filesystem::path{info.path}.filename().string();
  if (!info.channel.empty()) label += fmt::format("[{}]", info.channel);
  if (info.layout.plane > 0) label += fmt::format("[plane {}]", info.layout.plane);
  return label;
}

std::vector<ScannedFrame> scan_file(const std::string& path, const RunConfig& config,
                                    std::span<const io::Camera> cameras) {
  std::vector<ScannedFrame> out;
  try {
    const io::Header first = io::read_header(path);
    if (!config.run.select.empty() &&
        !io::HeaderView{first, path}.holds(Expression::parse(config.run.select)))
      return out;
    const io::Camera& camera = io::choose_camera(first, path, cameras);
    const std::vector<io::Header> headers = io::read_headers(path, camera.config().hdus);
    const std::string digest = digest_of_headers(headers, path);
    for (FrameInfo& info : camera.understand(headers, path)) {
      const std::string label = label_of(info);
      ScannedFrame& frame = out.emplace_back();
      frame.info = std::move(info);
      frame.digest = io::digest_of_text(digest + label);
    }
  } catch (const Error& error) {
    if (error.code() == Errc::bad_config) throw;
    ScannedFrame bad;
    bad.info.path = path;
    bad.info.id = io::id_of_unreadable(path);
    bad.reason = without_folder(printable(error.text()), path);
    if (error.test()) {
      bad.test = error.test()->name;
      bad.measured = error.test()->measured;
      bad.threshold = error.test()->threshold;
    }
    std::error_code ignored;
    bad.digest =
        io::digest_of_text(fmt::format("{} {} {}", std::filesystem::path{path}.filename().string(),
                                       std::filesystem::file_size(path, ignored), bad.reason));
    out = {std::move(bad)};
  }
  return out;
}

std::vector<std::string> header_doubts(const RunConfig& config,
                                       const std::vector<ScannedFrame>& lights) {
  std::vector<std::string> out;
  for (const io::Camera& camera : cameras_of(config)) {
    const auto light = std::ranges::find_if(lights, [&](const ScannedFrame& f) {
      return f.reason.empty() && f.info.camera == camera.name();
    });
    if (light == lights.end()) continue;
    try {
      const auto headers = io::read_headers(light->info.path, camera.config().hdus);
      for (const std::string& doubt : camera.doubts(headers, light->info.path))
        out.push_back(fmt::format("camera.{}: {}", camera.name(), printable(doubt)));
      for (const std::string& doubt : io::site_doubts(headers.front(), config.site))
        out.push_back(printable(doubt));
    } catch (const Error&) {
      continue;  // the frame will be set aside with its reason
    }
  }
  double latest_jd = kNaN;
  for (const ScannedFrame& f : lights)
    if (f.reason.empty() && !(f.info.time_utc_mid_jd <= latest_jd))
      latest_jd = f.info.time_utc_mid_jd;
  if (const std::string doubt = sky::doubt_about(config.frame.leap_seconds, latest_jd);
      !doubt.empty())
    out.push_back(doubt);
  return out;
}

void reject_odd_ones(std::vector<ScannedFrame>& lights) {
  // Frames of one camera, channel, binning and window have one size: the commonest.
  using Size = std::pair<std::int64_t, std::int64_t>;
  const auto kind_of = [](const FrameInfo& f) {
    return std::tuple{f.camera, f.channel, f.x_binning, f.y_binning, f.window_x0, f.window_y0};
  };
  std::map<decltype(kind_of(FrameInfo{})), std::map<Size, std::int64_t>> sizes;
  for (const auto& f : lights)
    if (f.reason.empty()) ++sizes[kind_of(f.info)][{f.info.nx, f.info.ny}];
  std::set<FrameId> seen;
  for (auto& f : lights) {
    if (!f.reason.empty()) continue;
    const Size common = std::ranges::max_element(sizes[kind_of(f.info)], {}, [](const auto& s) {
                          return s.second;
                        })->first;
    if (Size{f.info.nx, f.info.ny} != common) {
      reject(f, "frame_nx", static_cast<double>(f.info.nx), static_cast<double>(common.first),
             fmt::format("the frame is {}x{} pixels, the others are {}x{}", f.info.nx, f.info.ny,
                         common.first, common.second));
      continue;
    }
    if (!seen.insert(f.info.id).second)
      reject(f, "duplicate", 2, 1,
             "another frame of this camera has the same mid-exposure time; it is counted once");
  }
}

SortedFrames sort_frames(std::vector<ScannedFrame> all) {
  SortedFrames out;
  for (auto& f : all) {
    const bool is_calibration = f.reason.empty() && f.info.type != FrameType::light;
    (is_calibration ? out.calibration : out.lights).push_back(std::move(f));
  }
  std::ranges::stable_sort(out.lights, [](const ScannedFrame& a, const ScannedFrame& b) {
    const bool a_ok = a.reason.empty();
    const bool b_ok = b.reason.empty();
    if (a_ok != b_ok) return a_ok;
    if (a_ok && a.info.time_utc_mid_jd != b.info.time_utc_mid_jd)
      return a.info.time_utc_mid_jd < b.info.time_utc_mid_jd;
    return a.info.path < b.info.path;
  });
  std::ranges::stable_sort(out.calibration, {}, [](const ScannedFrame& f) { return f.info.path; });
  reject_odd_ones(out.lights);
  return out;
}

std::optional<SkyPos> told_centre(const RunConfig& config,
                                  const std::vector<ScannedFrame>& lights) {
  const FieldOptions& field = config.field;
  if (std::isfinite(field.ra_deg) && std::isfinite(field.dec_deg))
    return SkyPos{Angle::from_deg(field.ra_deg), Angle::from_deg(field.dec_deg)};
  std::vector<double> x;
  std::vector<double> y;
  std::vector<double> z;
  for (const auto& f : lights) {
    if (!f.reason.empty() || !f.info.pointing) continue;
    const auto v = sky::unit_vector(*f.info.pointing);
    x.push_back(v[0]);
    y.push_back(v[1]);
    z.push_back(v[2]);
  }
  if (x.empty()) return std::nullopt;
  return sky::direction_of({median_of_finite(x), median_of_finite(y), median_of_finite(z)});
}

std::optional<Site> site_of(const RunConfig& config, const std::vector<ScannedFrame>& lights) {
  if (const auto site = io::site_from(io::Header{}, config.site)) return site;
  for (const auto& f : lights)
    if (f.reason.empty()) return io::site_from(io::read_header(f.info.path), config.site);
  return std::nullopt;
}

Angle field_radius(const RunConfig& config, const std::vector<ScannedFrame>& lights,
                   const SkyPos& centre, double scale_arcsec_px) {
  if (config.field.radius_deg > 0.0) return Angle::from_deg(config.field.radius_deg);
  double reach_deg = 0.0;
  for (const auto& f : lights) {
    if (!f.reason.empty()) continue;
    const bool found = std::isfinite(scale_arcsec_px);
    const double scale = found ? scale_arcsec_px : f.info.scale_arcsec_px.value_or(0.0);
    const double half = 0.5 *
                        std::hypot(static_cast<double>(f.info.nx), static_cast<double>(f.info.ny)) *
                        scale / 3600.0;
    double away = f.info.pointing ? sky::separation(centre, *f.info.pointing).deg() : 0.0;
    if (found && away > config.frame.solve.pointing_tolerance_deg) away = 0.0;
    reach_deg = std::max(reach_deg, half + away);
  }
  return Angle::from_deg(1.1 * reach_deg + config.frame.solve.pointing_tolerance_deg);
}

}  // namespace skyweft::workflows
