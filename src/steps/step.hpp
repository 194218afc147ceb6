// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "steps/frame_work.hpp"

namespace skyweft::steps {

/// The parts of a FrameWork that steps need and give; checked before the first byte is read.
enum Part : std::uint32_t {
  kNothing = 0,
  kRaw = 1u << 0,
  kFrame = 1u << 1,
  kBackground = 1u << 2,
  kSources = 1u << 3,
  kWcs = 1u << 4,
  kPhotometry = 1u << 5,
  kPlaces = 1u << 6,
  kShape = 1u << 7,
};

/// A thin adapter between a kernel and the frame that passes by.
struct Step {
  std::string_view name;
  std::string_view meaning;
  std::uint32_t needs;
  std::uint32_t gives;
  void (*apply)(FrameWork&, const FrameGivens&, const FrameOptions&);
};

// One adapter per file; the registry lists them in the usual order.
void load(FrameWork&, const FrameGivens&, const FrameOptions&);
void calibrate(FrameWork&, const FrameGivens&, const FrameOptions&);
void background(FrameWork&, const FrameGivens&, const FrameOptions&);
void detect_stars(FrameWork&, const FrameGivens&, const FrameOptions&);
void mark_cosmics(FrameWork&, const FrameGivens&, const FrameOptions&);
void solve(FrameWork&, const FrameGivens&, const FrameOptions&);
void mask_sky(FrameWork&, const FrameGivens&, const FrameOptions&);
void save(FrameWork&, const FrameGivens&, const FrameOptions&);
void place_stars(FrameWork&, const FrameGivens&, const FrameOptions&);
void fit_shape(FrameWork&, const FrameGivens&, const FrameOptions&);
void inject(FrameWork&, const FrameGivens&, const FrameOptions&);
void measure(FrameWork&, const FrameGivens&, const FrameOptions&);

/// Every step there is.
std::span<const Step> registry();

/// The steps named, in the given order, for a frame that has `have` already. Throws
/// Error{bad_config} for an unknown name or for a step whose needs nothing before it gives.
std::vector<Step> chain(const std::vector<std::string>& names, std::uint32_t have = kNothing);

/// Runs one frame through `steps`. An Error sets the frame aside: its record then carries stage,
/// reason, test, number and threshold, and its photometry stays empty. Collective: no. Throws: only
/// Errc::io and Errc::internal, which are not the frame's fault.
void process(FrameWork& work, std::span<const Step> steps, const FrameGivens& givens,
             const FrameOptions& options);

}  // namespace skyweft::steps
