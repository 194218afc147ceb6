// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "workflows/stages/known_sky.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.hpp"

namespace skyweft::workflows {
namespace {

using nlohmann::json;

json place_of(const SkyPos& at) {
  return {at.ra.rad(), at.dec.rad()};
}

SkyPos place_in(const json& j) {
  return {Angle::from_rad(j.at(0).get<double>()), Angle::from_rad(j.at(1).get<double>())};
}

}  // namespace

std::string detector_key(const FrameInfo& info) {
  return fmt::format("{}/{}", info.camera, info.channel);
}

std::string known_sky_text(const KnownSky& sky) {
  json out;
  if (sky.centre) out["centre_rad"] = place_of(*sky.centre);
  out["aligned"] = sky.aligned;
  out["reference"] = sky.reference;
  out["frame_digest"] = sky.frame_digest;
  out["masters_digest"] = sky.masters_digest;
  out["solutions"] = json::object();
  for (const auto& [key, wcs] : sky.solutions)
    out["solutions"][key] = {{"centre_rad", place_of(wcs.centre)},
                             {"unit_deg", wcs.unit_deg},
                             {"order", wcs.order},
                             {"cx", wcs.cx},
                             {"cy", wcs.cy},
                             {"colour", {wcs.colour_zero, wcs.colour_x_px, wcs.colour_y_px}}};
  out["fwhm_px"] = sky.fwhm_px;
  return out.dump(1) + "\n";
}

KnownSky parse_known_sky(const std::string& text) {
  try {
    const json in = json::parse(text);
    std::optional<SkyPos> centre;
    if (in.contains("centre_rad")) centre = place_in(in.at("centre_rad"));
    KnownSky sky{.centre = centre,
                 .aligned = in.at("aligned").get<bool>(),
                 .reference = in.at("reference").get<std::string>(),
                 .frame_digest = in.at("frame_digest").get<std::string>(),
                 .masters_digest = in.at("masters_digest").get<std::string>(),
                 .solutions = {},
                 .fwhm_px = in.at("fwhm_px").get<std::map<std::string, double>>()};
    for (const auto& [key, j] : in.at("solutions").items())
      sky.solutions[key] = Wcs{.centre = place_in(j.at("centre_rad")),
                               .unit_deg = j.at("unit_deg").get<double>(),
                               .order = j.at("order").get<int>(),
                               .cx = j.at("cx").get<std::vector<double>>(),
                               .cy = j.at("cy").get<std::vector<double>>(),
                               .colour_zero = j.at("colour").at(0).get<double>(),
                               .colour_x_px = j.at("colour").at(1).get<double>(),
                               .colour_y_px = j.at("colour").at(2).get<double>()};
    return sky;
  } catch (const json::exception& error) {
    throw Error{Errc::bad_input,
                fmt::format("the archive's catalog/known_sky.json cannot be read ({}); remove it "
                            "together with the journal's lines catalog:*, they are made anew",
                            error.what())};
  }
}

}  // namespace skyweft::workflows
