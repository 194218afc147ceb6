// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include "steps/step.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/fields.hpp"
#include "core/log.hpp"

namespace skyweft::steps {
namespace {

constexpr std::array<Step, 12> kRegistry{{
    {"load", "reads the raw frame", kNothing, kRaw, load},
    {"calibrate", "bias, dark, flat, variance and mask, in electrons", kRaw, kFrame, calibrate},
    {"background", "mesh of the sky level and its scatter", kFrame, kBackground, background},
    {"detect", "finds stars, measures centroids and FWHM", kFrame | kBackground, kSources,
     detect_stars},
    {"cosmics", "marks cosmic rays, stars protected", kFrame | kSources, kNothing, mark_cosmics},
    {"solve", "plate solution against the catalogue; time and geometry", kSources, kWcs, solve},
    {"mask", "marks the user's regions on the sky", kFrame | kWcs, kNothing, mask_sky},
    {"save", "writes the calibrated frame as FITS", kFrame, kNothing, save},
    {"places", "places of the listed stars by the plate solution, re-centred if asked",
     kFrame | kSources | kWcs, kPlaces, place_stars},
    {"shape", "shape of the stars as a function of their place",
     kFrame | kBackground | kSources | kPlaces, kShape, fit_shape},
    {"inject", "adds artificial signals of chosen stars to the pixels, as section [inject] says",
     kFrame | kBackground | kSources | kWcs | kPlaces, kNothing, inject},
    {"measure", "forced photometry of the star list: apertures, PSF fit, zero point",
     kFrame | kBackground | kSources | kWcs, kPhotometry, measure},
}};

}  // namespace

std::span<const Step> registry() {
  return kRegistry;
}

std::vector<Step> chain(const std::vector<std::string>& names, std::uint32_t have) {
  std::vector<Step> steps;
  for (const auto& name : names) {
    const auto it = std::ranges::find(kRegistry, std::string_view{name}, &Step::name);
    if (it == kRegistry.end()) {
      std::vector<std::string> known;
      for (const Step& s : kRegistry) known.emplace_back(s.name);
      throw Error{Errc::bad_config,
                  fmt::format("run.steps names an unknown step \"{}\"; did you mean {}?",
                              printable(name), nearest_name(name, known))};
    }
    if ((it->needs & ~have) != 0)
      throw Error{
          Errc::bad_config,
          fmt::format(
              "run.steps: {} needs what no earlier step gives; the usual order is load, calibrate, "
              "background, detect, cosmics, solve, mask, places, shape, measure",
              name)};
    have |= it->gives;
    steps.push_back(*it);
  }
  return steps;
}

void process(FrameWork& work, std::span<const Step> steps, const FrameGivens& givens,
             const FrameOptions& options) {
  FrameRecord& record = work.record;
  for (const Step& step : steps) {
    try {
      step.apply(work, givens, options);
    } catch (const Error& error) {
      if (error.code() == Errc::io || error.code() == Errc::internal ||
          error.code() == Errc::bad_config)
        throw;
      record.state = FrameState::rejected;
      record.stage = std::string{step.name};
      record.reason = printable(error.text());
      if (error.test()) {
        record.test = error.test()->name;
        record.measured = error.test()->measured;
        record.threshold = error.test()->threshold;
      }
      return;
    }
  }
  record.state = FrameState::measured;
}

}  // namespace skyweft::steps
