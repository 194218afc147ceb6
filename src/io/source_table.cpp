// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/source_table.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include <fmt/format.h>

namespace skyweft::io {
namespace {

/// "bits: 1 SATURATED, 2 EDGE, …": a table explains its own flags.
std::string bits_text(std::span<const FlagBit> table) {
  std::string out = "bits:";
  for (const FlagBit& bit : table)
    out += fmt::format("{} {} {}", &bit == table.data() ? "" : ",", bit.bit, bit.name);
  return out;
}

template <class T>
std::vector<std::int32_t> as_int(const std::vector<T>& bits) {
  return {bits.begin(), bits.end()};
}

/// Adds columns of a given length; empty ones are left out.
class Builder {
 public:
  explicit Builder(std::int64_t n) : n_(static_cast<std::size_t>(n)) {}
  template <class Values>
  void add(const char* name, const char* unit, std::string meaning, const char* ucd,
           Values values) {
    if (values.size() == n_)
      table.columns.push_back({name, unit, std::move(meaning), ucd, std::move(values)});
  }
  Table table;

 private:
  std::size_t n_;
};

std::string head_of_regions() {
  return "# Region file format: DS9 version 4.1\nglobal color=green width=1\nimage\n";
}

/// The frame's pixel as a viewer counts it, from 1.
PixelPos shown(const PixelMap& place, double x_px, double y_px) {
  return {place.x_step * x_px + place.x_start + 1.0, place.y_step * y_px + place.y_start + 1.0};
}

const char* colour_of(SourceBits flags, SourceClass kind) {
  if (kind == SourceClass::trace) return " # color=red";
  if (kind == SourceClass::extended) return " # color=cyan";
  return (flags & source_flag::saturated) != 0 ? " # color=yellow" : "";
}

}  // namespace

Table source_table(const SourceList& s) {
  Builder b{s.size()};
  b.table.name = "SOURCES";
  b.add("x_px", "pixel", "centre, 0 is the first pixel's centre", "pos.cartesian.x", s.x_px);
  b.add("y_px", "pixel", "centre, 0 is the first pixel's centre", "pos.cartesian.y", s.y_px);
  b.add("pos_err_px", "pixel", "standard error of x and of y", "stat.error;pos", s.pos_err_px);
  b.add("flux_e", "electron", "light within 2 FWHM radius, sky removed", "phot.count", s.flux_e);
  b.add("flux_err_e", "electron", "standard error of flux_e", "stat.error;phot.count",
        s.flux_err_e);
  b.add("snr", "", "signal to noise of the matched filter", "stat.snr", s.snr);
  b.add("peak_e", "electron", "brightest pixel, sky removed", "phot.count;stat.max", s.peak_e);
  b.add("fwhm_px", "pixel", "full width at half maximum", "phys.angSize", s.fwhm_px);
  b.add("elongation", "", "major over minor axis", "src.morph.param", s.elongation);
  const std::string shape = " of the shape exp(-0.5 (S (dx2 + dy2) + D (dx2 - dy2) + 2 K dx dy))";
  b.add("shape_s", "pixel-2", "S" + shape, "src.morph.param", s.shape_s);
  b.add("shape_d", "pixel-2", "D" + shape, "src.morph.param", s.shape_d);
  b.add("shape_k", "pixel-2", "K" + shape, "src.morph.param", s.shape_k);
  b.add("flags", "", bits_text(source_flag::kTable), "meta.code", as_int(s.flags));
  b.add("mask", "", "pixels of the core, " + bits_text(mask::kTable), "meta.code", as_int(s.mask));
  return std::move(b.table);
}

Table source_table(const ExtendedSources& s) {
  Builder b{s.size()};
  b.table.name = "SOURCES";
  b.add("x_px", "pixel", "light-weighted centre, 0 is the first pixel's centre", "pos.cartesian.x",
        s.x_px);
  b.add("y_px", "pixel", "light-weighted centre, 0 is the first pixel's centre", "pos.cartesian.y",
        s.y_px);
  b.add("x_win_px", "pixel", "centre in a Gaussian window", "pos.cartesian.x", s.x_win_px);
  b.add("y_win_px", "pixel", "centre in a Gaussian window", "pos.cartesian.y", s.y_win_px);
  b.add("n_pix", "pixel", "pixels above the threshold", "meta.number", s.n_pix);
  b.add("flux_iso_e", "electron", "light of these pixels", "phot.count", s.flux_iso_e);
  b.add("flux_iso_err_e", "electron", "standard error of flux_iso_e", "stat.error;phot.count",
        s.flux_iso_err_e);
  b.add("flux_auto_e", "electron", "light in the Kron ellipse", "phot.count", s.flux_auto_e);
  b.add("flux_auto_err_e", "electron", "standard error of flux_auto_e", "stat.error;phot.count",
        s.flux_auto_err_e);
  b.add("snr", "", "flux_auto_e over its error", "stat.snr", s.snr);
  b.add("peak_e", "electron", "brightest pixel, sky removed", "phot.count;stat.max", s.peak_e);
  b.add("kron_radius", "", "Kron radius in units of a and b", "phys.angSize", s.kron_radius);
  b.add("half_light_px", "pixel", "radius with half of flux_auto_e", "phys.angSize",
        s.half_light_px);
  b.add("fwhm_px", "pixel", "of a Gaussian with these moments, smoothing taken off", "phys.angSize",
        s.fwhm_px);
  b.add("a_px", "pixel", "rms along the major axis", "phys.angSize.smajAxis", s.a_px);
  b.add("b_px", "pixel", "rms along the minor axis", "phys.angSize.sminAxis", s.b_px);
  b.add("theta_deg", "deg", "major axis from +x towards +y", "pos.posAng", s.theta_deg);
  b.add("elongation", "", "a over b", "src.morph.param", s.elongation);
  const std::string ellipse = " of the ellipse cxx dx2 + cyy dy2 + cxy dx dy = 1";
  b.add("cxx", "pixel-2", "cxx" + ellipse, "src.morph.param", s.cxx);
  b.add("cyy", "pixel-2", "cyy" + ellipse, "src.morph.param", s.cyy);
  b.add("cxy", "pixel-2", "cxy" + ellipse, "src.morph.param", s.cxy);
  const auto n_ap = static_cast<std::size_t>(s.n_ap());
  for (std::size_t ap = 0; ap < n_ap; ++ap) {
    std::vector<float> flux;
    std::vector<float> error;
    for (std::size_t i = 0; i < s.x_px.size(); ++i) {
      flux.push_back(s.aperture_flux_e[i * n_ap + ap]);
      error.push_back(s.aperture_err_e[i * n_ap + ap]);
    }
    const std::string circle = fmt::format("a circle of {} px radius", s.aperture_px[ap]);
    b.add(fmt::format("flux_ap{}_e", ap + 1).c_str(), "electron", "light in " + circle,
          "phot.count", std::move(flux));
    b.add(fmt::format("flux_ap{}_err_e", ap + 1).c_str(), "electron",
          "standard error of the light in " + circle, "stat.error;phot.count", std::move(error));
  }
  std::vector<std::string> kinds;
  for (const SourceClass kind : s.kind) kinds.emplace_back(name_of(kind));
  b.add("class", "", "point, extended or trace, by width and elongation", "src.class",
        std::move(kinds));
  b.add("flags", "", bits_text(source_flag::kTable), "meta.code", as_int(s.flags));
  return std::move(b.table);
}

std::string to_regions(const SourceList& s, const PixelMap& place) {
  std::string out = head_of_regions();
  for (std::size_t i = 0; i < s.x_px.size(); ++i) {
    const PixelPos at = shown(place, s.x_px[i], s.y_px[i]);
    const auto fwhm_px = static_cast<double>(s.fwhm_px[i]);
    const SourceBits flags = i < s.flags.size() ? s.flags[i] : SourceBits{0};
    const bool is_saturated = (s.mask[i] & mask::saturated) != 0;
    out += fmt::format(
        "circle({:.3f},{:.3f},{:.2f}){}\n", at.x_px, at.y_px,
        std::abs(place.x_step) * (std::isfinite(fwhm_px) ? fwhm_px : 3.0),
        colour_of(static_cast<SourceBits>(flags | (is_saturated ? source_flag::saturated : 0)),
                  SourceClass::unknown));
  }
  return out;
}

std::string to_regions(const ExtendedSources& s, const PixelMap& place) {
  std::string out = head_of_regions();
  for (std::size_t i = 0; i < s.x_px.size(); ++i) {
    const PixelPos at = shown(place, s.x_px[i], s.y_px[i]);
    out += fmt::format("ellipse({:.3f},{:.3f},{:.2f},{:.2f},{:.1f}){}\n", at.x_px, at.y_px,
                       3.0 * std::abs(place.x_step) * static_cast<double>(s.a_px[i]),
                       3.0 * std::abs(place.y_step) * static_cast<double>(s.b_px[i]),
                       static_cast<double>(s.theta_deg[i]), colour_of(s.flags[i], s.kind[i]));
  }
  return out;
}

}  // namespace skyweft::io
