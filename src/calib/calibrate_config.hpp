// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <tuple>

#include "core/fields.hpp"

namespace skyweft::calib {

struct CalibConfig {
  bool bias = true;
  bool dark = true;
  bool flat = true;
  std::string missing_master = "fail";
  bool dark_scale_exposure = true;
  double dark_temperature_kappa = 0.0;
  double saturated_fraction_max = 0.05;
  double no_data_fraction_max = 0.5;
  double suspect_fraction = 0.8;
  double low_flat = 0.2;
  double flat_error_max = 0.01;
  double pedestal_adu = 0.0;

  static constexpr auto fields() {
    return std::tuple{
        field("bias", &CalibConfig::bias, "", "subtract the master bias"),
        field("dark", &CalibConfig::dark, "", "subtract the master dark"),
        field("flat", &CalibConfig::flat, "", "divide by the master flat"),
        field("missing_master", &CalibConfig::missing_master, "",
              "when a wanted master does not exist: stop, set the frame aside, or do without",
              one_of("fail|skip|uncorrected")),
        field("dark_scale_exposure", &CalibConfig::dark_scale_exposure, "",
              "use darks of another exposure time, scaled, where none of equal time exists"),
        field("dark_temperature_kappa", &CalibConfig::dark_temperature_kappa, "1/degC",
              "scale the master dark by exp(kappa (frame - dark temperature)); 0 does not"),
        field("saturated_fraction_max", &CalibConfig::saturated_fraction_max, "",
              "set a frame aside when more of its pixels are saturated", fraction),
        field("no_data_fraction_max", &CalibConfig::no_data_fraction_max, "",
              "set a frame aside when more of its pixels have no value", fraction),
        field("suspect_fraction", &CalibConfig::suspect_fraction, "",
              "pixels above this part of the saturation level are marked SUSPECT", fraction),
        field("low_flat", &CalibConfig::low_flat, "",
              "pixels with a flat field below this are marked LOWFLAT", fraction),
        field(
            "flat_error_max", &CalibConfig::flat_error_max, "",
            "pixels whose flat field is less certain are marked LOWFLAT; at least three times the "
            "master's median error",
            positive),
        field("pedestal_adu", &CalibConfig::pedestal_adu, "adu",
              "level without light, subtracted where there is no master bias")};
  }
};

}  // namespace skyweft::calib
