// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include "workflows/stages/shape_givens.hpp"

#include <filesystem>

#include <fmt/format.h>

#include "core/error.hpp"
#include "io/digest.hpp"
#include "io/psf_map_file.hpp"
#include "io/subpixel_file.hpp"
#include "shape/subpixel.hpp"

namespace skyweft::workflows {

ShapeGivens read_shape_givens(const shape::ShapeConfig& config) {
  ShapeGivens out;
  if (const auto named = shape::named_subpixel_map(config.subpixel_map)) {
    out.subpixels = *named;
  } else if (std::filesystem::exists(config.subpixel_map)) {
    out.subpixels = shape::subpixel_map(io::read_subpixel_sensitivity(config.subpixel_map));
    out.digest += io::digest_of_file(config.subpixel_map);
  } else {
    throw Error{Errc::bad_config,
                fmt::format("shape.subpixel_map: '{}' is neither uniform, bayer, bayer-00, "
                            "bayer-10, bayer-01, bayer-11 nor a FITS file",
                            config.subpixel_map)};
  }
  if (!config.map.empty()) {
    out.map = io::read_psf_map(config.map);
    out.digest += io::digest_of_file(config.map);
  }
  return out;
}

bool has_psf_fluxes(const shape::ShapeConfig& config) {
  return config.model != "none" || !config.map.empty();
}

std::vector<double> product_radii(const RunConfig& config) {
  const phot::ApertureConfig& phot = config.frame.phot;
  std::vector<double> radii = !phot.radii_arcsec.empty() ? phot.radii_arcsec
                              : !phot.radii_fwhm.empty() ? phot.radii_fwhm
                                                         : phot.radii_px;
  if (has_psf_fluxes(config.frame.shape)) radii.push_back(0.0);
  return radii;
}

}  // namespace skyweft::workflows
