// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/camera_layout.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/log.hpp"
#include "io/camera.hpp"
#include "io/camera_sections.hpp"
#include "io/fits.hpp"

namespace skyweft::io {
namespace {

/// Binning along x (part 0) or y (1) of "2", "2 2", "2x2", "2,2"; 0 when it is none of these.
std::int64_t binning_in(std::string_view text, int part) {
  constexpr double kMost = 64.0;
  for (int k = 0;; ++k) {
    const std::size_t stop = text.find_first_of(" xX,*");
    const auto value = number_in(text.substr(0, stop));
    if (!value || *value < 1.0 || *value > kMost || std::trunc(*value) != *value) return 0;
    if (k == part || stop == std::string_view::npos) return static_cast<std::int64_t>(*value);
    text = trimmed(text.substr(stop + 1));
  }
}

std::int64_t binning_of(const HeaderView& view, const KeyEntries& keys, int part, Doubts& doubts) {
  for (const KeyEntry& key : keys) {
    const auto text = view.text(key);
    if (!text) continue;
    if (const std::int64_t binning = binning_in(*text, part); binning > 0) return binning;
    doubts.add(fmt::format("{} = '{}' is no binning from 1 to 64; it is ignored",
                           printable(key.text), printable(*text)));
  }
  return 1;
}

/// The first column (or row) that the window keywords name, 0-based; nothing when they do not.
std::optional<std::int64_t> window_of(const HeaderView& view, const KeyEntries& keys,
                                      std::int64_t base, Doubts& doubts) {
  constexpr double kFarthest = 1e6;
  for (const KeyEntry& key : keys) {
    const auto value = view.number(key);
    if (!value) continue;
    const double first = *value - static_cast<double>(base);
    if (first >= 0.0 && first <= kFarthest && std::trunc(first) == first)
      return static_cast<std::int64_t>(first);
    doubts.add(fmt::format("{} = {} is no place on the detector counted from {}; it is ignored",
                           printable(key.text), *value, base));
  }
  return std::nullopt;
}

std::int64_t axis_of(const HeaderView& view, const char* key) {
  const std::int64_t n = view.header.integer(key).value_or(0);
  if (n < 0 || n > kMaxPixels)
    refuse(view.path, "image_size", fmt::format("{} = {} is no size of an image", key, n));
  return n;
}

std::int64_t planes_of(const HeaderView& view) {
  const std::int64_t n_axis = view.header.integer("NAXIS").value_or(3);
  if (n_axis < 3) return 1;
  const std::int64_t n = view.header.integer("NAXIS3").value_or(1);
  if (n < 1 || n_axis > 9 || (n_axis > 3 && view.header.integer("NAXIS4").value_or(1) != 1))
    refuse(view.path, "n_plane", "an image has two axes, a cube three");
  return n;
}

/// Where the HDUs lie in the raw image; fills raw_nx, raw_ny and n_plane.
std::vector<PixelBox> stack(std::span<const HeaderView> views, FrameLayout& out) {
  std::vector<PixelBox> boxes;
  const std::string& path = views.front().path;
  out.n_plane = planes_of(views.front());
  for (const HeaderView& view : views) {
    const std::int64_t nx = axis_of(view, "NAXIS1");
    const std::int64_t ny = axis_of(view, "NAXIS2");
    if ((nx == 0 || ny == 0) && views.size() > 1)
      refuse(path, "image_size", "an HDU named in hdus has no image");
    if (planes_of(view) != out.n_plane)
      refuse(path, "n_plane", "the HDUs named in hdus have different numbers of planes");
    boxes.push_back({0, out.raw_ny, nx, out.raw_ny + ny});
    out.raw_nx = std::max(out.raw_nx, nx);
    out.raw_ny += ny;
    if (out.raw_ny > 0 && out.raw_nx > kMaxPixels / out.raw_ny)
      refuse(path, "image_size", fmt::format("{}x{} pixels are too many", out.raw_nx, out.raw_ny));
  }
  return boxes;
}

/// The frame is as large as its amplifiers reach.
void measure(FrameLayout& layout) {
  layout.nx = layout.ny = 0;
  for (const Amplifier& a : layout.amplifiers) {
    layout.nx = std::max(layout.nx, a.frame.x1);
    layout.ny = std::max(layout.ny, a.frame.y1);
  }
}

void take_configured(const std::vector<Amplifier>& amplifiers, const std::string& path,
                     FrameLayout& out) {
  const PixelBox raw{0, 0, out.raw_nx, out.raw_ny};
  for (const Amplifier& a : amplifiers)
    if (!raw.contains(a.data) || (!a.overscan.empty() && !raw.contains(a.overscan)))
      refuse(path, "amplifier_box",
             fmt::format("amplifier {} lies outside the image of {}x{} pixels; check amplifiers",
                         a.name, out.raw_nx, out.raw_ny));
  out.amplifiers = amplifiers;
  measure(out);
  if (!is_believable_frame(out.nx, out.ny, out))
    refuse(path, "amplifier_box",
           fmt::format("the amplifiers make a frame of {}x{} pixels of an image of {}x{}", out.nx,
                       out.ny, out.raw_nx, out.raw_ny));
}

/// Along one axis: the channel's pixels among [low, end).
struct Run {
  std::int64_t low = 0;
  std::int64_t end = 0;
};

Run run_of(std::int64_t low, std::int64_t end, std::int64_t start, std::int64_t step,
           std::int64_t n) {
  const auto at = [&](std::int64_t x) {
    return std::clamp<std::int64_t>(x <= start ? 0 : (x - start + step - 1) / step, 0, n);
  };
  return {at(low), at(end)};
}

/// Where a run's pixels lie in the frame: the mosaic's frame is read every `step` pixels too.
std::int64_t frame_low(const Run& run, std::int64_t start, std::int64_t step, std::int64_t data_low,
                       std::int64_t frame_low, std::int64_t frame_end, bool flip) {
  const std::int64_t first = start + run.low * step - data_low;
  const std::int64_t last = start + (run.end - 1) * step - data_low;
  return flip ? frame_end - 1 - last : frame_low + first;
}

}  // namespace

bool is_believable_frame(std::int64_t nx, std::int64_t ny, const FrameLayout& layout) {
  constexpr std::int64_t kMostGaps = 4;
  const std::int64_t cap = std::min(kMaxPixels, kMostGaps * layout.raw_nx * layout.raw_ny);
  return ny == 0 || nx <= cap / ny;
}

FrameLayout layout_of(std::span<const HeaderView> views, const PreparedCamera& camera,
                      Doubts& doubts) {
  const CameraConfig& config = camera.config;
  const HeaderView& first = views.front();
  const bool all = config.hdus.size() == 1 && config.hdus.front() == "*";
  const std::size_t wanted = all ? views.size() : std::max<std::size_t>(config.hdus.size(), 1);
  if (views.size() != wanted || views.size() > static_cast<std::size_t>(kMaxHdus))
    refuse(first.path, "n_hdu",
           fmt::format("{} images where {} are wanted (at most {}); check hdus", views.size(),
                       wanted, kMaxHdus));
  FrameLayout out;
  const std::vector<PixelBox> hdus = stack(views, out);
  out.x_binning = binning_of(first, camera.x_binning, 0, doubts);
  out.y_binning = binning_of(first, camera.y_binning, 1, doubts);
  out.nx = out.raw_nx;
  out.ny = out.raw_ny;
  if (out.raw_nx > 0 && out.raw_ny > 0) {
    if (!camera.amplifiers.empty()) {
      take_configured(camera.amplifiers, first.path, out);
    } else if (config.trim || views.size() > 1) {
      take_sections(views, hdus, camera, out, doubts);
      if (!out.amplifiers.empty()) measure(out);
      if (!is_believable_frame(out.nx, out.ny, out))
        refuse(first.path, "image_size", "the sections make no frame");
    }
  }
  const auto x = window_of(first, camera.window_x, config.window_base, doubts);
  const auto y = window_of(first, camera.window_y, config.window_base, doubts);
  out.window_x0 = x.value_or(out.window_x0);
  out.window_y0 = y.value_or(out.window_y0);
  out.window_known = out.window_known || x || y;
  return out;
}

FrameLayout layout_of_channel(const FrameLayout& mosaic, const Channel& c,
                              const std::string& path) {
  FrameLayout out = mosaic;
  if (mosaic.raw_nx == 0 || mosaic.raw_ny == 0) return out;
  const Run x = run_of(0, mosaic.raw_nx, c.x, c.x_step, mosaic.raw_nx);
  const Run y = run_of(0, mosaic.raw_ny, c.y, c.y_step, mosaic.raw_ny);
  out.raw_nx = out.nx = x.end;
  out.raw_ny = out.ny = y.end;
  std::int64_t lowest_x = c.x;
  std::int64_t lowest_y = c.y;
  if (!mosaic.amplifiers.empty()) {
    lowest_x = lowest_y = kMaxPixels;
    out.amplifiers.clear();
    for (Amplifier a : mosaic.amplifiers) {
      const Run ax = run_of(a.data.x0, a.data.x1, c.x, c.x_step, out.raw_nx);
      const Run ay = run_of(a.data.y0, a.data.y1, c.y, c.y_step, out.raw_ny);
      if (ax.low >= ax.end || ay.low >= ay.end) continue;
      const Run ox = run_of(a.overscan.x0, a.overscan.x1, c.x, c.x_step, out.raw_nx);
      const Run oy = run_of(a.overscan.y0, a.overscan.y1, c.y, c.y_step, out.raw_ny);
      const std::int64_t fx =
          frame_low(ax, c.x, c.x_step, a.data.x0, a.frame.x0, a.frame.x1, a.flip_x);
      const std::int64_t fy =
          frame_low(ay, c.y, c.y_step, a.data.y0, a.frame.y0, a.frame.y1, a.flip_y);
      lowest_x = std::min(lowest_x, fx);
      lowest_y = std::min(lowest_y, fy);
      a.data = {ax.low, ay.low, ax.end, ay.end};
      const bool has_overscan = ox.low < ox.end && oy.low < oy.end;
      a.overscan = has_overscan ? PixelBox{ox.low, oy.low, ox.end, oy.end} : PixelBox{};
      a.frame = {fx, fy, 0, 0};
      out.amplifiers.push_back(std::move(a));
    }
    for (Amplifier& a : out.amplifiers) {
      const std::int64_t fx = (a.frame.x0 - lowest_x) / c.x_step;
      const std::int64_t fy = (a.frame.y0 - lowest_y) / c.y_step;
      a.frame = {fx, fy, fx + a.data.nx(), fy + a.data.ny()};
    }
    measure(out);
  }
  const bool fits = out.nx > 0 && out.ny > 0 && is_believable_frame(out.nx, out.ny, out) &&
                    !any_overlap(out.amplifiers, &Amplifier::frame);
  if (!fits)
    refuse(path, "channel_size",
           fmt::format("channel {} does not fit an image of {}x{} pixels and its amplifiers; check "
                       "channels",
                       c.name, mosaic.raw_nx, mosaic.raw_ny));
  out.window_x0 = (mosaic.window_x0 + lowest_x) / c.x_step;
  out.window_y0 = (mosaic.window_y0 + lowest_y) / c.y_step;
  out.window_known = mosaic.window_known;
  return out;
}

}  // namespace skyweft::io
