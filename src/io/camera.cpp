// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/camera.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "io/digest.hpp"
#include "io/sexagesimal.hpp"
#include "io/time_stamp.hpp"

namespace skyweft::io {
namespace {

constexpr std::int64_t kMaxCameras = 64;

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

/// Refuses a frame whose header lacks what the test is called after.
[[noreturn]] void refuse(const std::string& path, const char* test, std::string_view why) {
  throw Error{Errc::bad_input, fmt::format("frame {}: {}", printable(path), why)}.because(
      {test, 0.0, 1.0});
}

std::string joined(const KeyList& keys) {
  return fmt::format("{}", fmt::join(keys, ", "));
}

std::optional<double> first_number(const Header& header, const KeyList& keys, double at_least,
                                   double at_most) {
  for (const std::string& key : keys)
    if (const auto value = header.number(key); value && *value >= at_least && *value <= at_most)
      return value;
  return std::nullopt;
}

FrameType type_of(const Header& header, const std::string& path, const CameraConfig& config) {
  for (const std::string& key : config.type_keys) {
    const auto text = header.text(key);
    if (!text) continue;
    const FrameType type = frame_type_of(*text);
    if (type == FrameType::unknown)
      refuse(path, "has_frame_type",
             fmt::format("{} = '{}' is no frame type known here; name another keyword in type_keys",
                         key, printable(*text)));
    return type;
  }
  if (!config.type.empty()) return frame_type_of(config.type);
  refuse(
      path, "has_frame_type",
      fmt::format("no frame type in the header (looked for {}); set the camera's type or type_keys",
                  joined(config.type_keys)));
}

double exposure_of(const Header& header, FrameType type, const std::string& path,
                   const CameraConfig& config) {
  if (config.exposure_s > 0.0) return config.exposure_s;
  constexpr double kLongest_s = 864000.0;
  if (const auto found = first_number(header, config.exposure_keys, 0.0, kLongest_s)) {
    if (*found > 0.0 || type == FrameType::bias) return *found;
    refuse(path, "has_exposure",
           fmt::format("the exposure time is 0 s (from {})", joined(config.exposure_keys)));
  }
  if (type == FrameType::bias) return 0.0;
  refuse(
      path, "has_exposure",
      fmt::format(
          "no usable exposure time in the header (looked for {}); set exposure_s or exposure_keys",
          joined(config.exposure_keys)));
}

/// A stamp that has a time of day, taken from a second keyword where the first is a bare date.
std::optional<UtcTime> full_stamp(const Header& header, const std::string& key,
                                  const std::string& text, const std::string& path,
                                  const CameraConfig& config) {
  const auto stamp = parse_time_stamp(text);
  if (!stamp)
    refuse(path, "has_time",
           fmt::format("{} = '{}' is no time stamp known here", key, printable(text)));
  if (stamp->has_time) return stamp->time;
  for (const std::string& time_key : config.start_time_keys) {
    const auto time = header.text(time_key);
    if (!time) continue;
    if (const auto seconds = parse_time_of_day(*time)) return later(stamp->time, *seconds);
    if (const auto both = parse_time_stamp(*time); both && both->has_time) return both->time;
  }
  return std::nullopt;
}

UtcTime mid_time(const Header& header, double exposure_s, const std::string& path,
                 const CameraConfig& config) {
  if (const auto system = header.text("TIMESYS")) {
    const std::string name = lower_case(*system);
    if (name != "utc" && name != "ut" && name != "gmt")
      refuse(path, "timesys_is_utc",
             fmt::format("TIMESYS is '{}' but only UTC stamps are understood; correct the header",
                         printable(*system)));
  }
  for (const std::string& key : config.mid_keys)
    if (const auto text = header.text(key))
      if (const auto mid = full_stamp(header, key, *text, path, config))
        return later(*mid, config.time_offset_s);
  const double to_mid = config.time_reference == "mid"   ? 0.0
                        : config.time_reference == "end" ? -0.5
                                                         : 0.5;
  for (const std::string& key : config.start_keys)
    if (const auto text = header.text(key))
      if (const auto stamp = full_stamp(header, key, *text, path, config))
        return later(*stamp, to_mid * exposure_s + config.time_offset_s);
  refuse(path, "has_time",
         fmt::format(
             "no time in the header (looked for {}, and {} beside a bare date); set start_keys",
             joined(config.start_keys), joined(config.start_time_keys)));
}

/// GAIN may hold a camera driver's setting; above 20 it is not believed.
std::optional<double> gain_of(const Header& header, const CameraConfig& config) {
  constexpr double kHighest = 1000.0;
  constexpr double kHighestPlain = 20.0;
  if (config.gain_e_per_adu > 0.0) return config.gain_e_per_adu;
  for (const std::string& key : config.gain_keys) {
    const auto gain = header.number(key);
    if (!gain || *gain <= 0.0 || *gain > kHighest) continue;
    if (lower_case(key) != "gain" || *gain <= kHighestPlain) return gain;
  }
  return std::nullopt;
}

std::optional<double> read_noise_of(const Header& header, const CameraConfig& config) {
  if (config.read_noise_e > 0.0) return config.read_noise_e;
  return first_number(header, config.read_noise_keys, 1e-3, 1e4);
}

std::optional<double> saturation_of(const Header& header, const CameraConfig& config) {
  if (config.saturation_adu > 0.0) return config.saturation_adu;
  return first_number(header, config.saturation_keys, 1.0, 1e10);
}

double temperature_of(const Header& header, const CameraConfig& config) {
  constexpr double kZeroCelsius_k = 273.15;
  const auto found = first_number(header, config.temperature_keys, -273.0, 400.0);
  if (!found) return kNaN;
  const bool kelvin =
      config.temperature_unit == "kelvin" || (config.temperature_unit == "auto" && *found > 150.0);
  return kelvin ? *found - kZeroCelsius_k : *found;
}

std::optional<double> ra_deg_of(const Header& header, const std::string& key,
                                const CameraConfig& config) {
  const auto text = header.text(key);
  if (!text) return std::nullopt;
  const bool is_wcs = key.starts_with("CRVAL");
  if (is_wcs && !header.text("CTYPE1").value_or("").starts_with("RA")) return std::nullopt;
  std::optional<double> deg;
  if (const auto number = header.number(key)) {
    if (is_wcs || config.ra_unit == "degrees" || (config.ra_unit == "auto" && *number > 24.0))
      deg = number;
    else if (config.ra_unit == "hours")
      deg = *number * 15.0;
  } else if (const auto hours = parse_sexagesimal(*text)) {
    deg = *hours * 15.0;
  }
  if (deg && *deg < 0.0 && *deg >= -180.0) *deg += 360.0;
  return deg && *deg >= 0.0 && *deg <= 360.0 ? deg : std::nullopt;
}

std::optional<SkyPos> pointing_of(const Header& header, const CameraConfig& config) {
  const std::size_t n = std::min(config.ra_keys.size(), config.dec_keys.size());
  for (std::size_t i = 0; i < n; ++i) {
    const auto ra_deg = ra_deg_of(header, config.ra_keys[i], config);
    auto dec_deg = header.number(config.dec_keys[i]);
    if (!dec_deg) dec_deg = parse_sexagesimal(header.text(config.dec_keys[i]).value_or(""));
    if (ra_deg && dec_deg && std::abs(*dec_deg) <= 90.0)
      return SkyPos{Angle::from_deg(*ra_deg), Angle::from_deg(*dec_deg)};
  }
  return std::nullopt;
}

std::optional<double> scale_of(const Header& header, const CameraConfig& config) {
  constexpr double kSmallest = 0.01;
  constexpr double kLargest = 3600.0;
  const auto sane = [](double v) { return v >= kSmallest && v <= kLargest; };
  if (config.scale_arcsec_px > 0.0) return config.scale_arcsec_px;
  if (const auto found = first_number(header, config.scale_keys, kSmallest, kLargest)) return found;
  const auto cd = [&](const char* key) { return header.number(key).value_or(0.0); };
  const double area_deg2 = std::abs(cd("CD1_1") * cd("CD2_2") - cd("CD1_2") * cd("CD2_1"));
  if (const double scale = std::sqrt(area_deg2) * 3600.0; sane(scale)) return scale;
  if (const double scale = std::sqrt(std::abs(cd("CDELT1") * cd("CDELT2"))) * 3600.0;
      header.has("CTYPE1") && sane(scale))
    return scale;
  const double pixel_um = cd("XPIXSZ");
  const double focal_mm = cd("FOCALLEN");
  if (pixel_um > 0.0 && focal_mm > 0.0 && sane(kArcsecPerRad * 1e-3 * pixel_um / focal_mm))
    return kArcsecPerRad * 1e-3 * pixel_um / focal_mm;
  return std::nullopt;
}

std::string filter_of(const Header& header, const CameraConfig& config) {
  if (!config.filter.empty()) return config.filter;
  for (const std::string& key : config.filter_keys)
    if (const auto text = header.text(key)) return printable(*text);
  return {};
}

FrameId frame_id(const UtcTime& mid, std::int64_t camera_index) {
  constexpr std::int64_t kMillisecondsPerDay = 86400000;
  return (mid.mjd * kMillisecondsPerDay + std::llround(mid.seconds * 1000.0)) * kMaxCameras +
         camera_index;
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

FrameInfo understand(const Header& header, const std::string& path, const std::string& camera_name,
                     std::int64_t camera_index, const CameraConfig& config) {
  if (camera_index < 0 || camera_index >= kMaxCameras)
    throw Error{Errc::bad_config,
                fmt::format("camera {} is number {}, but at most {} cameras are possible",
                            printable(camera_name), camera_index, kMaxCameras)};
  FrameInfo info;
  info.path = path;
  info.camera = camera_name;
  info.type = type_of(header, path, config);
  info.exposure_s = exposure_of(header, info.type, path, config);
  const UtcTime mid = mid_time(header, info.exposure_s, path, config);
  info.time_utc_mid_jd = mid.jd();
  info.id = frame_id(mid, camera_index);
  info.filter = filter_of(header, config);
  info.nx = header.integer("NAXIS1").value_or(0);
  info.ny = header.integer("NAXIS2").value_or(0);
  info.gain_e_per_adu = gain_of(header, config).value_or(info.gain_e_per_adu);
  info.read_noise_e = read_noise_of(header, config).value_or(info.read_noise_e);
  info.saturation_adu = saturation_of(header, config).value_or(info.saturation_adu);
  info.temperature_c = temperature_of(header, config);
  info.pointing = pointing_of(header, config);
  info.scale_arcsec_px = scale_of(header, config);
  return info;
}

std::vector<std::string> doubts_about(const Header& header, const CameraConfig& config) {
  std::vector<std::string> doubts;
  if (!gain_of(header, config)) {
    const auto setting = header.text("GAIN");
    doubts.push_back(
        setting ? fmt::format(
                      "GAIN = {} looks like a driver setting, not electrons per ADU; 1 is used: "
                      "set gain_e_per_adu",
                      printable(*setting))
                : "no gain in the header; 1 electron per ADU is used: set gain_e_per_adu");
  }
  if (!read_noise_of(header, config))
    doubts.emplace_back("no read noise in the header; 0 is used: set read_noise_e");
  if (!saturation_of(header, config))
    doubts.emplace_back("no saturation level in the header: set saturation_adu");
  if (!pointing_of(header, config))
    doubts.emplace_back("no usable pointing in the header: set ra_keys, dec_keys and ra_unit");
  if (!scale_of(header, config))
    doubts.emplace_back("no pixel scale in the header: set scale_arcsec_px");
  return doubts;
}

FrameId id_of_unreadable(const std::string& path) {
  const std::string hex =
      digest_of_text(std::filesystem::path{path}.filename().string()).substr(0, 15);
  std::int64_t bits = 0;  // 60 bits, so the negation below always exists
  std::from_chars(hex.data(), hex.data() + hex.size(), bits, 16);
  return -bits - 1;
}

}  // namespace skyweft::io
