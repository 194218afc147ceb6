// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/camera_values.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "core/log.hpp"
#include "core/text.hpp"
#include "io/camera.hpp"

namespace skyweft::io {
namespace {

constexpr std::array kTypes = std::to_array<std::pair<std::string_view, FrameType>>({
    {"light", FrameType::light},        {"lightframe", FrameType::light},
    {"object", FrameType::light},       {"science", FrameType::light},
    {"sci", FrameType::light},          {"expose", FrameType::light},
    {"image", FrameType::light},        {"target", FrameType::light},
    {"scienceframe", FrameType::light}, {"bias", FrameType::bias},
    {"biasframe", FrameType::bias},     {"zero", FrameType::bias},
    {"offset", FrameType::bias},        {"zeroframe", FrameType::bias},
    {"dark", FrameType::dark},          {"darkframe", FrameType::dark},
    {"flat", FrameType::flat},          {"flatframe", FrameType::flat},
    {"flatfield", FrameType::flat},     {"skyflat", FrameType::flat},
    {"domeflat", FrameType::flat},      {"twflat", FrameType::flat},
    {"twilightflat", FrameType::flat},  {"dflat", FrameType::flat},
    {"sflat", FrameType::flat},         {"flatlamp", FrameType::flat},
    {"lampflat", FrameType::flat},
});

std::optional<double> ra_deg_of(const HeaderView& view, const KeyEntry& key,
                                const PreparedCamera& camera) {
  const auto text = view.text(key);
  if (!text) return std::nullopt;
  const bool is_wcs = key.text.starts_with("CRVAL");
  if (is_wcs && !view.header.text("CTYPE1").value_or("").starts_with("RA")) return std::nullopt;
  std::optional<double> deg;
  if (const auto number = view.number(key)) {
    if (is_wcs || camera.config.ra_unit == "degrees" ||
        (camera.config.ra_unit == "auto" && *number > 24.0))
      deg = number;
    else if (camera.config.ra_unit == "hours")
      deg = *number * 15.0;
  } else if (const auto hours = sexagesimal_spelled(*text)) {
    deg = *hours * 15.0;
  }
  if (deg && *deg < 0.0 && *deg >= -180.0) *deg += 360.0;
  return deg && *deg >= 0.0 && *deg <= 360.0 ? deg : std::nullopt;
}

}  // namespace

FrameType frame_type_of(std::string_view text) {
  std::string letters;
  for (const char c : lower_case(text))
    if (c >= 'a' && c <= 'z') letters += c;
  const auto* const it =
      std::ranges::find(kTypes, letters, [](const auto& entry) { return entry.first; });
  return it == kTypes.end() ? FrameType::unknown : it->second;
}

FrameType type_of(const HeaderView& view, const PreparedCamera& camera) {
  for (const KeyEntry& key : camera.type) {
    const auto text = view.text(key);
    if (!text) continue;
    const FrameType type = frame_type_of(*text);
    if (type == FrameType::unknown)
      refuse(view.path, "has_frame_type",
             fmt::format("{} = '{}' is no frame type known here; name another keyword in type_keys",
                         printable(key.text), printable(*text)));
    return type;
  }
  if (!camera.config.type.empty()) return frame_type_of(camera.config.type);
  refuse(
      view.path, "has_frame_type",
      fmt::format("no frame type in the header (looked for {}); set the camera's type or type_keys",
                  joined(camera.type)));
}

double exposure_of(const HeaderView& view, const PreparedCamera& camera, FrameType type) {
  if (camera.config.exposure_s > 0.0) return camera.config.exposure_s;
  constexpr double kLongest_s = 864000.0;
  if (const auto found = first_number(view, camera.exposure, 0.0, kLongest_s)) {
    if (*found > 0.0 || type == FrameType::bias) return *found;
    refuse(view.path, "has_exposure",
           fmt::format("the exposure time is 0 s (from {})", joined(camera.exposure)));
  }
  if (type == FrameType::bias) return 0.0;
  refuse(
      view.path, "has_exposure",
      fmt::format(
          "no usable exposure time in the header (looked for {}); set exposure_s or exposure_keys",
          joined(camera.exposure)));
}

/// GAIN may hold a camera driver's setting; above 20 it is not believed.
std::optional<double> gain_of(const HeaderView& view, const PreparedCamera& camera) {
  constexpr double kHighest = 1000.0;
  constexpr double kHighestPlain = 20.0;
  if (camera.config.gain_e_per_adu > 0.0) return camera.config.gain_e_per_adu;
  for (const KeyEntry& key : camera.gain) {
    const auto gain = view.number(key);
    if (!gain || *gain <= 0.0 || *gain > kHighest) continue;
    if (lower_case(key.text) != "gain" || *gain <= kHighestPlain) return gain;
  }
  return std::nullopt;
}

std::optional<double> read_noise_of(const HeaderView& view, const PreparedCamera& camera) {
  if (camera.config.read_noise_e > 0.0) return camera.config.read_noise_e;
  return first_number(view, camera.read_noise, 1e-3, 1e4);
}

std::optional<double> saturation_of(const HeaderView& view, const PreparedCamera& camera) {
  if (camera.config.saturation_adu > 0.0) return camera.config.saturation_adu;
  return first_number(view, camera.saturation, 1.0, 1e10);
}

double temperature_of(const HeaderView& view, const PreparedCamera& camera) {
  constexpr double kZeroCelsius_k = 273.15;
  constexpr double kUnset = 1e-9;  // drivers without a sensor leave numbers like 8.7e-34
  const auto found = first_number(view, camera.temperature, -273.0, 400.0);
  if (!found || (*found != 0.0 && std::abs(*found) < kUnset)) return kNaN;
  const bool kelvin = camera.config.temperature_unit == "kelvin" ||
                      (camera.config.temperature_unit == "auto" && *found > 150.0);
  return kelvin ? *found - kZeroCelsius_k : *found;
}

std::optional<SkyPos> pointing_of(const HeaderView& view, const PreparedCamera& camera) {
  const std::size_t n = std::min(camera.ra.size(), camera.dec.size());
  for (std::size_t i = 0; i < n; ++i) {
    const auto ra_deg = ra_deg_of(view, camera.ra[i], camera);
    auto dec_deg = view.number(camera.dec[i]);
    if (!dec_deg) dec_deg = sexagesimal_spelled(view.text(camera.dec[i]).value_or(""));
    if (ra_deg && dec_deg && std::abs(*dec_deg) <= 90.0)
      return SkyPos{Angle::from_deg(*ra_deg), Angle::from_deg(*dec_deg)};
  }
  return std::nullopt;
}

std::optional<double> scale_of(const HeaderView& view, const PreparedCamera& camera) {
  constexpr double kSmallest = 0.01;
  constexpr double kLargest = 3600.0;
  const auto sane = [](double v) { return v >= kSmallest && v <= kLargest; };
  if (camera.config.scale_arcsec_px > 0.0) return camera.config.scale_arcsec_px;
  if (const auto found = first_number(view, camera.scale, kSmallest, kLargest)) return found;
  const auto cd = [&](const char* key) { return view.header.number(key).value_or(0.0); };
  const double area_deg2 = std::abs(cd("CD1_1") * cd("CD2_2") - cd("CD1_2") * cd("CD2_1"));
  if (const double scale = std::sqrt(area_deg2) * 3600.0; sane(scale)) return scale;
  if (const double scale = std::sqrt(std::abs(cd("CDELT1") * cd("CDELT2"))) * 3600.0;
      view.header.has("CTYPE1") && sane(scale))
    return scale;
  const double pixel_um = cd("XPIXSZ");
  const double focal_mm = cd("FOCALLEN");
  if (pixel_um > 0.0 && focal_mm > 0.0 && sane(kArcsecPerRad * 1e-3 * pixel_um / focal_mm))
    return kArcsecPerRad * 1e-3 * pixel_um / focal_mm;
  return std::nullopt;
}

std::string filter_of(const HeaderView& view, const PreparedCamera& camera) {
  if (!camera.config.filter.empty()) return camera.config.filter;
  for (const KeyEntry& key : camera.filter)
    if (const auto text = view.text(key)) return printable(*text);
  return {};
}

}  // namespace skyweft::io
