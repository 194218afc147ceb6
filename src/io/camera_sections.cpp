// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/camera_sections.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/log.hpp"
#include "io/camera_values.hpp"
#include "io/fits.hpp"

namespace skyweft::io {
namespace {

/// What one HDU's header says about its pixels; boxes count from the HDU's own corner.
struct HduSections {
  PixelBox hdu;               ///< all its pixels
  std::vector<Section> data;  ///< what may be the data, best first; never empty
  PixelBox overscan;          ///< empty: none
};

std::optional<Section> section_in(const HeaderView& view, const KeyEntry& key, Doubts& doubts) {
  const auto text = view.text(key);
  if (!text) return std::nullopt;
  const auto section = parse_section(*text);
  if (!section)
    doubts.add(fmt::format("{} = '{}' is no section [x1:x2,y1:y2]; it is ignored",
                           printable(key.text), printable(*text)));
  return section;
}

/// The sections of `keys` that lie inside the HDU.
std::vector<Section> sections_in(const HeaderView& view, const KeyEntries& keys,
                                 const PixelBox& hdu, Doubts& doubts) {
  std::vector<Section> out;
  for (const KeyEntry& key : keys) {
    const auto section = section_in(view, key, doubts);
    if (!section) continue;
    if (hdu.contains(section->box))
      out.push_back(*section);
    else
      doubts.add(fmt::format("{} = '{}' lies outside the image of {}x{} pixels; it is ignored",
                             printable(key.text), printable(view.text(key).value_or("")), hdu.nx(),
                             hdu.ny()));
  }
  return out;
}

/// What lies beside the overscan: along x, or along y where it takes whole rows.
PixelBox beside(const PixelBox& hdu, const PixelBox& overscan) {
  PixelBox low = hdu;
  PixelBox high = hdu;
  if (overscan.nx() < hdu.nx()) {
    low.x1 = overscan.x0;
    high.x0 = overscan.x1;
    return low.nx() >= high.nx() ? low : high;
  }
  low.y1 = overscan.y0;
  high.y0 = overscan.y1;
  return low.ny() >= high.ny() ? low : high;
}

HduSections sections_of(const HeaderView& view, const PixelBox& place, const PreparedCamera& camera,
                        Doubts& doubts) {
  HduSections out;
  out.hdu = {0, 0, place.nx(), place.ny()};
  if (!camera.config.trim) {
    out.data = {{out.hdu}};
    return out;
  }
  out.data = sections_in(view, camera.data_section, out.hdu, doubts);
  const auto overscans = sections_in(view, camera.overscan_section, out.hdu, doubts);
  if (!overscans.empty()) out.overscan = overscans.front().box;
  if (!out.data.empty()) return out;
  const PixelBox rest = out.overscan.empty() ? out.hdu : beside(out.hdu, out.overscan);
  if (rest.empty()) {
    doubts.add("the overscan section takes the whole image; it is ignored");
    out.overscan = {};
  }
  out.data = {{rest.empty() ? out.hdu : rest}};
  return out;
}

/// The first of an HDU's data sections that has the detector section's size, binned; nullptr: none.
const Section* fitting(const HduSections& hdu, const PixelBox& detector,
                       const FrameLayout& layout) {
  const auto fits = [&](const Section& data) {
    const std::int64_t off_x = detector.nx() - data.box.nx() * layout.x_binning;
    const std::int64_t off_y = detector.ny() - data.box.ny() * layout.y_binning;
    return std::abs(off_x) < layout.x_binning && std::abs(off_y) < layout.y_binning;
  };
  const auto it = std::ranges::find_if(hdu.data, fits);
  return it == hdu.data.end() ? nullptr : &*it;
}

Amplifier amplifier_of(const Section& data, const PixelBox& place, std::int64_t frame_x0,
                       std::int64_t frame_y0) {
  Amplifier a;
  a.data = {place.x0 + data.box.x0, place.y0 + data.box.y0, place.x0 + data.box.x1,
            place.y0 + data.box.y1};
  a.frame = {frame_x0, frame_y0, frame_x0 + data.box.nx(), frame_y0 + data.box.ny()};
  a.flip_x = data.flip_x;
  a.flip_y = data.flip_y;
  return a;
}

/// Places every HDU where its detector section says; false when the sections do not make sense.
bool place_on_detector(std::span<const Section> detector, std::span<const HduSections> sections,
                       std::span<const PixelBox> hdus, FrameLayout& layout) {
  std::int64_t x0 = kMaxPixels;
  std::int64_t y0 = kMaxPixels;
  for (const Section& d : detector) {
    x0 = std::min(x0, d.box.x0);
    y0 = std::min(y0, d.box.y0);
  }
  std::vector<Amplifier> amplifiers;
  std::int64_t nx = 0;
  std::int64_t ny = 0;
  for (std::size_t i = 0; i < hdus.size(); ++i) {
    const Section* data = fitting(sections[i], detector[i].box, layout);
    if (data == nullptr) return false;
    Amplifier a = amplifier_of(*data, hdus[i], (detector[i].box.x0 - x0) / layout.x_binning,
                               (detector[i].box.y0 - y0) / layout.y_binning);
    a.flip_x = data->flip_x != detector[i].flip_x;
    a.flip_y = data->flip_y != detector[i].flip_y;
    nx = std::max(nx, a.frame.x1);
    ny = std::max(ny, a.frame.y1);
    amplifiers.push_back(std::move(a));
  }
  if (any_overlap(amplifiers, &Amplifier::frame) || !is_believable_frame(nx, ny, layout))
    return false;
  layout.amplifiers = std::move(amplifiers);
  layout.window_x0 = x0 / layout.x_binning;
  layout.window_y0 = y0 / layout.y_binning;
  layout.window_known = true;
  return true;
}

/// Tries one keyword after the other; one that not all HDUs have is no use.
bool find_on_detector(std::span<const HeaderView> views, std::span<const HduSections> sections,
                      std::span<const PixelBox> hdus, const PreparedCamera& camera,
                      FrameLayout& layout, Doubts& doubts) {
  for (const KeyEntry& key : camera.detector_section) {
    std::vector<Section> detector;
    for (const HeaderView& view : views)
      if (const auto section = section_in(view, key, doubts)) detector.push_back(*section);
    if (detector.size() != views.size()) continue;
    if (place_on_detector(detector, sections, hdus, layout)) return true;
    doubts.add(fmt::format("{} does not fit the data sections and the binning; it is ignored",
                           printable(key.text)));
  }
  return false;
}

/// What the HDU's header says about its own amplifier, where several make one image.
void take_numbers(const HeaderView& view, const PreparedCamera& camera, std::size_t i,
                  Amplifier& a) {
  const std::string name = view.header.text("EXTNAME").value_or("");
  a.name = name.empty() ? fmt::format("{}", i + 1) : printable(name);
  a.gain_e_per_adu = gain_of(view, camera).value_or(kNaN);
  a.read_noise_e = read_noise_of(view, camera).value_or(kNaN);
  a.saturation_adu = saturation_of(view, camera).value_or(kNaN);
}

}  // namespace

void take_sections(std::span<const HeaderView> views, std::span<const PixelBox> hdus,
                   const PreparedCamera& camera, FrameLayout& layout, Doubts& doubts) {
  std::vector<HduSections> sections;
  for (std::size_t i = 0; i < views.size(); ++i)
    sections.push_back(sections_of(views[i], hdus[i], camera, doubts));
  if (!find_on_detector(views, sections, hdus, camera, layout, doubts)) {
    std::int64_t y = 0;
    for (std::size_t i = 0; i < views.size(); ++i) {
      layout.amplifiers.push_back(amplifier_of(sections[i].data.front(), hdus[i], 0, y));
      y = layout.amplifiers.back().frame.y1;
    }
    if (views.size() > 1)
      doubts.add(
          "no detector sections tell where the HDUs belong; they are laid on top of each "
          "other: set detector_section_keys or amplifiers");
  }
  for (std::size_t i = 0; i < views.size(); ++i) {
    Amplifier& a = layout.amplifiers[i];
    const PixelBox& over = sections[i].overscan;
    if (!over.empty()) a.overscan = {over.x0, hdus[i].y0 + over.y0, over.x1, hdus[i].y0 + over.y1};
    if (a.overscan.overlaps(a.data)) {
      doubts.add("an overscan section overlaps the data section; it is ignored");
      a.overscan = {};
    }
    if (views.size() > 1) take_numbers(views[i], camera, i, a);
  }
  const Amplifier& only = layout.amplifiers.front();
  const bool all_data = views.size() == 1 && only.data == hdus[0] && only.overscan.empty() &&
                        !only.flip_x && !only.flip_y;
  if (all_data) layout.amplifiers.clear();
}

}  // namespace skyweft::io
