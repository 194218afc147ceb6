// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

extern "C" {  // the header does not say so itself
#include <sep.h>
}

#include "data/frame.hpp"
#include "detect/background.hpp"
#include "detect/extended.hpp"

namespace skyweft::detect {

/// A frame as SEP wants it: sky removed, with noise and unusable pixels. Borrows `sky`.
struct SepImages {
  std::vector<float> signal_e;
  std::vector<float> variance_e2;
  std::vector<std::uint8_t> unusable;
  sep_image by_sky{};       ///< noise is the sky's scatter
  sep_image by_variance{};  ///< noise is the variance
};

/// Only what is saturated may be used although it is not exact. Throws: never.
SepImages prepare_for_sep(const Frame& frame, const Background& sky);

struct FreeSepCatalog {
  void operator()(sep_catalog* c) const noexcept { sep_catalog_free(c); }
};
using SepCatalog = std::unique_ptr<sep_catalog, FreeSepCatalog>;

/// Connected pixels above the threshold, parted and cleaned; SEP's stacks grow as needed. Throws as
/// detect_extended().
SepCatalog extract_with_sep(const sep_image& image, double star_fwhm_px,
                            const ExtendedConfig& config);

/// What smoothing before the threshold adds to second moments along each axis.
double kernel_variance_px2(const ExtendedConfig& config, double star_fwhm_px);

/// Throws Error{numeric} with SEP's words when `status` is not 0.
void check_sep(int status);

}  // namespace skyweft::detect
