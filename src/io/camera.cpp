// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/camera.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "io/camera_layout.hpp"
#include "io/camera_prepared.hpp"
#include "io/camera_time.hpp"
#include "io/camera_values.hpp"
#include "io/digest.hpp"

namespace skyweft::io {
namespace {

FrameId frame_id(const UtcTime& mid, std::int64_t camera_index) {
  constexpr std::int64_t kMillisecondsPerDay = 86400000;
  return (mid.mjd * kMillisecondsPerDay + std::llround(mid.seconds * 1000.0)) * kMaxCameras +
         camera_index;
}

std::vector<HeaderView> views_of(std::span<const Header> headers, const std::string& path) {
  std::vector<HeaderView> views;
  for (const Header& header : headers) views.push_back({header, path});
  return views;
}

/// Everything but type, time and pixels.
FrameInfo values_of(const HeaderView& view, const PreparedCamera& camera) {
  FrameInfo info;
  info.path = view.path;
  info.filter = filter_of(view, camera);
  info.gain_e_per_adu = gain_of(view, camera).value_or(info.gain_e_per_adu);
  info.read_noise_e = read_noise_of(view, camera).value_or(info.read_noise_e);
  info.saturation_adu = saturation_of(view, camera).value_or(info.saturation_adu);
  info.temperature_c = temperature_of(view, camera);
  info.pointing = pointing_of(view, camera);
  info.scale_arcsec_px = scale_of(view, camera);
  info.layout.hdus = camera.config.hdus;
  info.traits = {camera.config.linearity, camera.config.nonlinear_adu, camera.config.read_out,
                 camera.config.bad_pixels, camera.config.shutter_map};
  return info;
}

void lay_out(const FrameLayout& layout, FrameInfo& info) {
  info.nx = layout.nx;
  info.ny = layout.ny;
  info.raw_nx = layout.raw_nx;
  info.raw_ny = layout.raw_ny;
  info.x_binning = layout.x_binning;
  info.y_binning = layout.y_binning;
  info.window_x0 = layout.window_x0;
  info.window_y0 = layout.window_y0;
  info.window_known = layout.window_known;
  info.amplifiers = layout.amplifiers;
}

void lay_out_channel(const FrameLayout& mosaic, const Channel& channel, FrameInfo& info) {
  lay_out(layout_of_channel(mosaic, channel, info.path), info);
  info.channel = channel.name;
  if (info.filter.empty()) info.filter = channel.name;
  if (info.scale_arcsec_px)
    *info.scale_arcsec_px *= std::sqrt(static_cast<double>(channel.x_step * channel.y_step));
  info.layout.x_start = channel.x;
  info.layout.y_start = channel.y;
  info.layout.x_step = channel.x_step;
  info.layout.y_step = channel.y_step;
  info.layout.plane = std::max<std::int64_t>(channel.plane, 0);
}

/// How many exposures the file holds, and the time from one to the next.
struct Series {
  std::int64_t n = 1;
  double cadence_s = 0.0;
};

Series series_of(const FrameLayout& layout, const PreparedCamera& camera, double exposure_s,
                 const std::string& path) {
  const bool by_plane =
      std::ranges::any_of(camera.channels, [](const Channel& c) { return c.plane >= 0; });
  for (const Channel& c : camera.channels)
    if (c.plane >= layout.n_plane)
      refuse(path, "n_plane",
             fmt::format("channel {} is plane {}, but there are {} (from 0)", c.name, c.plane,
                         layout.n_plane));
  if (layout.n_plane == 1 || by_plane || camera.config.cube == "first") return {};
  if (camera.config.cube != "frames")
    refuse(path, "n_plane",
           fmt::format("a cube of {} planes; set cube to frames or first, or channels with plane",
                       layout.n_plane));
  Series out{layout.n_plane,
             camera.config.cube_cadence_s > 0.0 ? camera.config.cube_cadence_s : exposure_s};
  constexpr double kShortest_s = 0.002;  // FrameIds count milliseconds
  if (!(out.cadence_s >= kShortest_s))
    refuse(path, "n_plane", "the planes of a cube follow within 2 ms; set cube_cadence_s");
  const std::int64_t most =
      kMaxFramesPerFile / std::max<std::int64_t>(std::ssize(camera.channels), 1);
  if (out.n > most)
    refuse(path, "n_plane",
           fmt::format("a cube of {} planes is too long (at most {})", out.n, most));
  return out;
}

void doubt_values(const HeaderView& view, const PreparedCamera& camera, Doubts& doubts) {
  if (!gain_of(view, camera)) {
    const auto setting = view.header.text("GAIN");
    doubts.add(setting
                   ? fmt::format("GAIN = {} looks like a driver setting, not electrons per ADU; 1 "
                                 "is used: set gain_e_per_adu",
                                 printable(*setting))
                   : "no gain in the header; 1 electron per ADU is used: set gain_e_per_adu");
  }
  if (!read_noise_of(view, camera))
    doubts.add("no read noise in the header; 0 is used: set read_noise_e");
  if (!saturation_of(view, camera))
    doubts.add("no saturation level in the header: set saturation_adu");
  if (!pointing_of(view, camera))
    doubts.add("no usable pointing in the header: set ra_keys, dec_keys and ra_unit");
  if (!scale_of(view, camera)) doubts.add("no pixel scale in the header: set scale_arcsec_px");
}

std::string named(std::span<const Camera* const> cameras) {
  std::string out;
  for (const Camera* camera : cameras) out += (out.empty() ? "" : ", ") + printable(camera->name());
  return out;
}

}  // namespace

Camera::Camera(std::string name, const CameraConfig& config, std::int64_t first_index)
    : name_(std::move(name)),
      first_index_(first_index),
      prepared_(std::make_shared<const PreparedCamera>(prepare_camera(name_, config))) {
  if (first_index < 0 || first_index > kMaxCameras - n_index())
    throw Error{Errc::bad_config,
                fmt::format("camera {} has number {} and {} channel(s), but at most {} cameras and "
                            "channels are possible",
                            printable(name_), first_index, n_index(), kMaxCameras)};
}

const CameraConfig& Camera::config() const noexcept {
  return prepared_->config;
}

std::int64_t Camera::n_index() const noexcept {
  return std::max<std::int64_t>(std::ssize(prepared_->channels), 1);
}

bool Camera::is_conditional() const noexcept {
  return prepared_->when.has_value();
}

bool Camera::takes(const Header& header, const std::string& path) const {
  return !prepared_->when || HeaderView{header, path}.holds(*prepared_->when);
}

std::vector<FrameInfo> Camera::understand(std::span<const Header> headers,
                                          const std::string& path) const {
  if (headers.empty()) refuse(path, "n_hdu", "the file has no image");
  const auto views = views_of(headers, path);
  const HeaderView& view = views.front();
  Doubts ignored;
  const FrameType type = type_of(view, *prepared_);
  const double exposure_s = exposure_of(view, *prepared_, type);
  const FrameLayout layout = layout_of(views, *prepared_, ignored);
  const UtcTime mid = mid_time(view, *prepared_, exposure_s, layout.n_plane > 1, ignored);
  const Series series = series_of(layout, *prepared_, exposure_s, path);
  FrameInfo base = values_of(view, *prepared_);
  base.camera = name_;
  base.type = type;
  base.exposure_s = exposure_s;
  std::vector<FrameInfo> channels;
  if (prepared_->channels.empty()) {
    lay_out(layout, base);
    channels.push_back(std::move(base));
  } else {
    for (const Channel& channel : prepared_->channels)
      lay_out_channel(layout, channel, channels.emplace_back(base));
  }
  std::vector<FrameInfo> out;
  for (std::int64_t plane = 0; plane < series.n; ++plane) {
    const UtcTime time = later(mid, static_cast<double>(plane) * series.cadence_s);
    if (!is_believed(time)) refuse(path, "has_time", "the cube ends after 2100");
    for (std::size_t c = 0; c < channels.size(); ++c) {
      FrameInfo& info = out.emplace_back(channels[c]);
      info.time_utc_mid_jd = time.jd();
      info.id = frame_id(time, first_index_ + static_cast<std::int64_t>(c));
      if (series.n > 1) info.layout.plane = plane;
    }
  }
  return out;
}

std::vector<std::string> Camera::doubts(std::span<const Header> headers,
                                        const std::string& path) const {
  Doubts doubts;
  if (headers.empty()) return {};
  const auto views = views_of(headers, path);
  const HeaderView& view = views.front();
  const auto collect = [](auto&& look) {
    try {
      look();
    } catch (const Error&) {  // understand() says so
    }
  };
  bool is_cube = false;
  collect([&] { doubt_values(view, *prepared_, doubts); });
  collect([&] { is_cube = layout_of(views, *prepared_, doubts).n_plane > 1; });
  collect([&] {
    const double exposure_s = exposure_of(view, *prepared_, type_of(view, *prepared_));
    mid_time(view, *prepared_, exposure_s, is_cube, doubts);
  });
  return doubts.texts;
}

const Camera& choose_camera(const Header& header, const std::string& path,
                            std::span<const Camera> cameras) {
  std::vector<const Camera*> conditional;
  std::vector<const Camera*> others;
  for (const Camera& camera : cameras) {
    if (!camera.is_conditional())
      others.push_back(&camera);
    else if (camera.takes(header, path))
      conditional.push_back(&camera);
  }
  const auto& found = conditional.empty() ? others : conditional;
  if (found.size() == 1) return *found.front();
  if (found.empty())
    refuse(path, "has_camera", "no camera takes it; check the cameras' conditions (when)");
  throw Error{Errc::bad_config,
              fmt::format("frame {}: several cameras take it ({}); make their conditions (when) "
                          "exclude each other",
                          printable(path), named(found))};
}

FrameInfo understand(const Header& header, const std::string& path, const std::string& camera_name,
                     std::int64_t camera_index, const CameraConfig& config) {
  return Camera{camera_name, config, camera_index}.understand({&header, 1}, path).front();
}

FrameId id_of_unreadable(const std::string& path) {
  const std::string hex =
      digest_of_text(std::filesystem::path{path}.filename().string()).substr(0, 15);
  std::int64_t bits = 0;  // 60 bits, so the negation below always exists
  std::from_chars(hex.data(), hex.data() + hex.size(), bits, 16);
  return -bits - 1;
}

}  // namespace skyweft::io
