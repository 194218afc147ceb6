// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "workflows/stages/scan_file.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "core/robust.hpp"
#include "io/camera.hpp"
#include "io/digest.hpp"
#include "io/fits.hpp"
#include "sky/projection.hpp"

namespace skyweft::workflows {
namespace {

/// The header's text and the file's size: what tells one exposure from another without reading
/// pixels.
std::string digest_of_header(const io::Header& header, const std::string& path) {
  io::Digester digester;
  const auto add = [&](const std::string& text) { digester.add(std::as_bytes(std::span{text})); };
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

ScannedFrame scan_file(const std::string& path, const RunConfig& config) {
  ScannedFrame out;
  out.info.path = path;
  out.info.id = io::id_of_unreadable(path);
  try {
    const io::Header header = io::read_header(path);
    const auto& [name, camera] = *config.cameras.begin();
    out.info = io::understand(header, path, name, 0, camera);
    out.digest = digest_of_header(header, path);
  } catch (const Error& error) {
    out.reason = without_folder(printable(error.text()), path);
    if (error.test()) {
      out.test = error.test()->name;
      out.measured = error.test()->measured;
      out.threshold = error.test()->threshold;
    }
    std::error_code ignored;
    out.digest =
        io::digest_of_text(fmt::format("{} {} {}", std::filesystem::path{path}.filename().string(),
                                       std::filesystem::file_size(path, ignored), out.reason));
  }
  return out;
}

void reject_odd_ones(std::vector<ScannedFrame>& lights) {
  std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t> sizes;
  for (const auto& f : lights)
    if (f.reason.empty()) ++sizes[{f.info.nx, f.info.ny}];
  if (sizes.empty()) return;
  const auto common =
      std::ranges::max_element(sizes, {}, [](const auto& s) { return s.second; })->first;
  std::set<FrameId> seen;
  for (auto& f : lights) {
    if (!f.reason.empty()) continue;
    if (std::pair{f.info.nx, f.info.ny} != common) {
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

SkyPos field_centre(const RunConfig& config, const std::vector<ScannedFrame>& lights) {
  const FieldOptions& field = config.field;
  if (std::isfinite(field.ra_deg) && std::isfinite(field.dec_deg))
    return {Angle::from_deg(field.ra_deg), Angle::from_deg(field.dec_deg)};
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
  if (x.empty())
    throw Error{Errc::bad_input,
                "no frame names its pointing (looked for RA/DEC, OBJCTRA/OBJCTDEC, CRVAL1/2 …); "
                "set field.ra_deg and "
                "field.dec_deg, or camera.NAME.ra_keys and dec_keys"}
        .because({"frames_with_pointing", 0.0, 1.0});
  return sky::direction_of({median_of_finite(x), median_of_finite(y), median_of_finite(z)});
}

std::optional<Site> site_of(const RunConfig& config, const std::vector<ScannedFrame>& lights) {
  if (const auto site = io::site_from(io::Header{}, config.site)) return site;
  for (const auto& f : lights)
    if (f.reason.empty()) return io::site_from(io::read_header(f.info.path), config.site);
  return std::nullopt;
}

Angle field_radius(const RunConfig& config, const std::vector<ScannedFrame>& lights,
                   const SkyPos& centre) {
  if (config.field.radius_deg > 0.0) return Angle::from_deg(config.field.radius_deg);
  double reach_deg = 0.0;
  for (const auto& f : lights) {
    if (!f.reason.empty()) continue;
    const double scale = f.info.scale_arcsec_px.value_or(0.0);
    const double half = 0.5 *
                        std::hypot(static_cast<double>(f.info.nx), static_cast<double>(f.info.ny)) *
                        scale / 3600.0;
    const double away = f.info.pointing ? sky::separation(centre, *f.info.pointing).deg() : 0.0;
    reach_deg = std::max(reach_deg, half + away);
  }
  return Angle::from_deg(1.1 * reach_deg + config.frame.solve.pointing_tolerance_deg);
}

}  // namespace skyweft::workflows
